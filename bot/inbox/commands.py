"""``bot inbox``: what platforms pushed and nobody could read, to look at, read again or drop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar

import typer

from bot.clock import local, system_clock
from bot.db import Database
from bot.inbox.model import InboxLetter, LetterState
from bot.inbox.shelf import Shelf

Result = TypeVar("Result")
OpenDatabase = Callable[[], AbstractContextManager[str]]
_Id = Annotated[int, typer.Argument(help="As 'bot inbox list' prints it.")]


def make_inbox_app(open_database: OpenDatabase) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    """
    app = typer.Typer(help="What platforms pushed at us and could not be read.", no_args_is_help=True)

    def use(do: Callable[[Shelf], Awaitable[Result]]) -> Result:
        with open_database() as url:
            return asyncio.run(_with_shelf(url, do))

    @app.command("list")
    def show(
        state: Annotated[LetterState, typer.Option(help="Which ones.")] = LetterState.aside,
        limit: int = 50,
        body: Annotated[bool, typer.Option(help="Print what stands in them, too.")] = False,
    ) -> None:
        """Print letters, newest first; those put aside unless told otherwise."""
        for row in use(lambda shelf: shelf.found(state=state, limit=limit)):
            typer.echo(_line(row))
            if body:
                typer.echo(json.dumps(row.body, ensure_ascii=False, indent=2))

    @app.command("retry")
    def retry(letter_id: _Id) -> None:
        """Read one again that was put aside; the worker does it as soon as it runs."""
        typer.echo(_line(use(lambda shelf: shelf.retry(letter_id))))

    @app.command("drop")
    def drop(letter_id: _Id) -> None:
        """Nobody needs it any more."""
        typer.echo(_line(use(lambda shelf: shelf.drop(letter_id, at=system_clock()))))

    return app


async def _with_shelf(url: str, do: Callable[[Shelf], Awaitable[Result]]) -> Result:
    database = Database(url)
    try:
        return await do(Shelf(database))
    finally:
        await database.close()


def _line(row: InboxLetter) -> str:
    when = f"{local(row.received_at):%Y-%m-%d %H:%M}"
    return f"{row.id}  {when}  {row.channel}  {row.state}  {row.error or ''}".rstrip()
