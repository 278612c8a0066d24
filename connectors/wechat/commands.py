"""``bot wechat`` and ``bot simulate wechat``."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.clock import system_clock
from bot.errors import SettingsError
from bot.settings import Settings, get_settings

if TYPE_CHECKING:
    from connectors.wechat.api import WeChatApi

OpenDatabase = Callable[[Settings], AbstractContextManager[str]]


def make_wechat_app(open_database: OpenDatabase) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    """
    app = typer.Typer(help="WeChat Official Account: the menu.", no_args_is_help=True)
    menu_app = typer.Typer(help="The menu below the chat.", no_args_is_help=True)
    app.add_typer(menu_app, name="menu")

    @menu_app.command("push")
    def push(
        file: Annotated[Path | None, typer.Argument(help="A menu file; by default BOT_WECHAT_MENU.")] = None,
        check: Annotated[bool, typer.Option("--check", help="Only check the file.")] = False,
    ) -> None:
        """Check a menu file against WeChat's limits and publish it; followers see it after some five minutes."""
        from connectors.wechat.menu import FILE, read_menu
        from connectors.wechat.publishing import publish

        menu = read_menu(file or get_settings().wechat_menu or FILE)
        if check:
            typer.echo("the menu is in order")
            return
        with open_database(get_settings()) as url:
            asyncio.run(_with_api(url, lambda api: publish(api, menu)))
        typer.echo("the menu is published; followers see it after some five minutes")

    @menu_app.command("show")
    def show() -> None:
        """Print the menu as WeChat has it."""
        from connectors.wechat.publishing import published

        with open_database(get_settings()) as url:
            found = asyncio.run(_with_api(url, published))
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))

    return app


def simulate_wechat(
    openid: Annotated[str, typer.Option(help="Who you are.")] = "oSimulatedFollower1",
    port: Annotated[int, typer.Option(help="Where the simulated WeChat listens.")] = 8092,
    platform: Annotated[str, typer.Option(help="Where the platform listens; by default as configured.")] = "",
    settings: Annotated[bool, typer.Option("--settings", help="Only print lines for .env, and end.")] = False,
) -> None:
    """Chat with the running platform as a follower on WeChat.  /help shows what you can do; Ctrl-D ends."""
    from connectors.wechat.chatting import settings_lines

    if settings:
        typer.echo("\n".join(settings_lines(port)))
        return
    known = get_settings()
    asyncio.run(_chat(openid, port, platform or f"http://{known.host}:{known.port}"))


async def _chat(openid: str, port: int, platform: str) -> None:
    import httpx

    from connectors.simulated_phone import chat, show_line
    from connectors.wechat.chatting import HELP, Chat, account_to_simulate
    from connectors.wechat.simulator import WeChatSimulator
    from connectors.wechat.webhook import PATH

    account = account_to_simulate(get_settings())
    async with httpx.AsyncClient(timeout=10) as http:
        simulator = WeChatSimulator(
            system_clock,
            http=http,
            callback_url=platform.rstrip("/") + PATH,
            app_id=account.app_id,
            secret=account.secret.get_secret_value(),
            token=account.token.get_secret_value(),
            aes_key=account.aes_keys[0].get_secret_value() if account.aes_keys else "A" * 43,
            mode=account.mode.value,
        )
        said = f"WeChat is simulated on port {port}, in {account.mode} mode; you are {openid}."
        await chat(simulator, Chat(simulator, openid, show_line), port=port, said=[said, HELP])


async def _with_api(url: str, use: Callable[["WeChatApi"], Awaitable[Any]]) -> Any:
    import httpx

    from bot.db import Database
    from connectors.wechat.account import WeChatAccount
    from connectors.wechat.api import WeChatApi

    account = WeChatAccount.of(get_settings())
    if account is None:
        raise SettingsError("no WeChat account is configured, see connectors/wechat/README.md")
    database = Database(url)
    try:
        async with httpx.AsyncClient() as http:
            return await use(WeChatApi(account, http, database, system_clock))
    finally:
        await database.close()
