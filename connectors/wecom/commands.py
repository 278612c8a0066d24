"""``bot simulate wecom``."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.clock import local, system_clock
from bot.settings import get_settings

if TYPE_CHECKING:
    from connectors.wecom.chatting import Chat

_LOOK_EVERY_S = 0.2


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
    import uvicorn

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
        chat = Chat(simulator, user, lambda text: typer.echo(f"{local(system_clock()):%H:%M:%S} < {text}"))
        server = uvicorn.Server(uvicorn.Config(simulator.app, port=port, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        looking = asyncio.create_task(_look(chat))
        typer.echo(f"WeCom customer service is simulated on port {port}; you are {user}.\n{HELP}")
        await chat.typed("/enter")
        while line := await asyncio.to_thread(sys.stdin.readline):
            await chat.typed(line)
        # What is still on its way may arrive.
        await asyncio.sleep(1)
        looking.cancel()
        server.should_exit = True
        await serving


async def _look(chat: "Chat") -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        chat.refresh()
