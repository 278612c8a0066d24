"""``bot callback``: who is connected by the callback channel."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar

import typer

from bot.clock import system_clock
from bot.db import Database
from bot.outbox.sending import HttpxSender
from connectors.callback.accounts import CallbackAccounts, Keys

Result = TypeVar("Result")
OpenDatabase = Callable[[], AbstractContextManager[str]]
_BY = "command line"

_Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and dashes, like shop-app.")]
_Url = Annotated[str, typer.Option(help="Where we call it: https://...")]


def make_callback_app(open_database: OpenDatabase, allow_private: Callable[[], bool]) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    allow_private: whether addresses of the own network may be called.
    """
    app = typer.Typer(help="Apps, mini-programs and call centres on the callback channel.", no_args_is_help=True)

    def run(use: Callable[[CallbackAccounts], Awaitable[Result]]) -> Result:
        return _with(open_database, allow_private(), use)

    @app.command("add")
    def add(
        name: _Name,
        url: _Url,
        title: Annotated[str, typer.Option(help="As colleagues read it.")] = "",
        vouches: Annotated[bool, typer.Option(help="Phone numbers that it signs count as verified.")] = False,
    ) -> None:
        """Connect somebody; token and signing secret are printed once."""
        _print(run(lambda accounts: accounts.add(name, url, title=title, vouches=vouches, by=_BY)))

    @app.command("list")
    def show() -> None:
        """Everybody who is connected."""
        for one in run(lambda accounts: accounts.everybody()):
            typer.echo(f"{one.name:32} {'open' if one.is_active else 'closed':7} {one.url}  {one.title}")

    @app.command("rotate")
    def rotate(name: _Name) -> None:
        """New token and secret; the old ones are worth nothing at once."""
        _print(run(lambda accounts: accounts.rotate(name, by=_BY)))

    @app.command("move")
    def move(name: _Name, url: _Url) -> None:
        """Call it somewhere else."""
        run(lambda accounts: accounts.move(name, url, by=_BY))

    @app.command("close")
    def close(name: _Name) -> None:
        """It can neither call nor is it called."""
        run(lambda accounts: accounts.close(name, by=_BY))

    @app.command("open")
    def reopen(name: _Name) -> None:
        """Undo a close."""
        run(lambda accounts: accounts.reopen(name, by=_BY))

    return app


def _print(keys: Keys) -> None:
    account = keys.account
    typer.echo(f"account  {account.name}  ({account.url})\ntoken    {keys.token}\nsecret   {account.secret}")


def _with(
    open_database: OpenDatabase, allow_private: bool, use: Callable[[CallbackAccounts], Awaitable[Result]]
) -> Result:
    async def run(url: str) -> Result:
        database, sender = Database(url), HttpxSender(allow_private=allow_private)
        try:
            return await use(CallbackAccounts(database, system_clock, sender))
        finally:
            await sender.close()
            await database.close()

    with open_database() as url:
        return asyncio.run(run(url))
