"""``bot simulate wecom``."""

import asyncio
from typing import Annotated

import typer

from bot.clock import system_clock
from bot.settings import get_settings


def simulate_wecom(
    user: Annotated[str, typer.Option(help="Who you are: an external_userid.")] = "wmSimulatedCustomer1",
    port: Annotated[int, typer.Option(help="Where the simulated WeCom listens.")] = 8093,
    platform: Annotated[str, typer.Option(help="Where the platform listens; by default as configured.")] = "",
    settings: Annotated[bool, typer.Option("--settings", help="Only print lines for .env, and end.")] = False,
) -> None:
    """Chat with the running platform as a customer of WeCom customer service.  /help shows what you can do."""
    from connectors.wecom.chatting import settings_lines

    if settings:
        typer.echo("\n".join(settings_lines(port)))
        return
    known = get_settings()
    asyncio.run(_chat(user, port, platform or f"http://{known.host}:{known.port}"))


async def _chat(user: str, port: int, platform: str) -> None:
    import httpx

    from connectors.simulated_phone import chat, show_line
    from connectors.wecom.chatting import HELP, Chat, account_to_simulate
    from connectors.wecom.simulator import WeComSimulator
    from connectors.wecom.webhook import PATH

    account = account_to_simulate(get_settings())
    async with httpx.AsyncClient(timeout=10) as http:
        simulator = WeComSimulator(
            system_clock,
            http=http,
            callback_url=platform.rstrip("/") + PATH,
            corp_id=account.corp_id,
            secret=account.secret.get_secret_value(),
            token=account.token.get_secret_value(),
            aes_key=account.aes_keys[0].get_secret_value(),
        )
        said = f"WeCom customer service is simulated on port {port}; you are {user}."
        await chat(simulator, Chat(simulator, user, show_line), port=port, said=[said, HELP], first="/enter")
