"""``bot notices``: what customers are told, and what became of it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from bot.clock import local
from bot.db import Database
from bot.notices.catalogue import catalogue
from bot.notices.model import NoticeRow, NoticeState
from bot.notices.service import NoticeService
from bot.settings import Settings, get_settings

OpenDatabase = Callable[[Settings], AbstractContextManager[str]]


def make_notices_app(open_database: OpenDatabase) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    """
    app = typer.Typer(help="What customers are told of our own accord.", no_args_is_help=True)

    @app.command("list")
    def list_(
        subject: Annotated[str | None, typer.Argument(help="A waybill or ticket number; all when left out.")] = None,
        state: Annotated[NoticeState | None, typer.Option(help="Only those that got so far.")] = None,
        limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    ) -> None:
        """Notices, newest first: when, what, how it was told or why not."""
        with open_database(get_settings()) as url:
            for row in asyncio.run(_found(url, subject, state, limit)):
                typer.echo(_line(row))

    @app.command("kinds")
    def kinds() -> None:
        """Every kind with its text."""
        for name, kind in catalogue().kinds.items():
            typer.echo(f"{name:16} {kind.title}：{kind.text}")

    return app


async def _found(url: str, subject: str | None, state: NoticeState | None, limit: int) -> Sequence[NoticeRow]:
    database = Database(url, pool_size=1)
    try:
        return await NoticeService(database).found(subject=subject, state=state, limit=limit)
    finally:
        await database.close()


def _line(row: NoticeRow) -> str:
    """Without the recipient: whoever reads a terminal need not know."""
    how = row.channel or row.why or ""
    return f"{local(row.created_at):%Y-%m-%d %H:%M:%S}  {row.kind:16} {row.subject:20} {row.state:8} {how}"
