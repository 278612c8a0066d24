"""``bot deliveries``: what could not be sent, to look at, send again or drop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from bot.clock import local, system_clock
from bot.db import Database
from bot.delivery.model import Delivery, SendState
from bot.delivery.service import DeliveryService
from bot.delivery.words import masked, why_not

Result = TypeVar("Result")
OpenDatabase = Callable[[], AbstractContextManager[str]]
_Id = Annotated[UUID, typer.Argument(help="As 'bot deliveries list' prints it.")]


def make_deliveries_app(open_database: OpenDatabase) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    """
    app = typer.Typer(help="What is sent to customers: dead letters, and what waits.", no_args_is_help=True)

    def use(do: Callable[[DeliveryService], Awaitable[Result]]) -> Result:
        with open_database() as url:
            return asyncio.run(_with_service(url, do))

    @app.command("list")
    def show(
        state: Annotated[SendState, typer.Option(help="Which ones.")] = SendState.dead,
        channel: Annotated[str | None, typer.Option(help="Only of this channel.")] = None,
        limit: int = 50,
    ) -> None:
        """Print deliveries, newest first; the dead ones unless told otherwise."""
        for row in use(lambda service: service.found(state=state, channel=channel, limit=limit)):
            typer.echo(_line(row))

    @app.command("resend")
    def resend(delivery_id: _Id) -> None:
        """Send one again, from the part that failed; the worker does it as soon as it runs."""
        typer.echo(_line(use(lambda service: service.resend(delivery_id))))

    @app.command("drop")
    def drop(delivery_id: _Id) -> None:
        """Give one up; what waits behind it goes on."""
        typer.echo(_line(use(lambda service: service.drop(delivery_id))))

    return app


async def _with_service(url: str, do: Callable[[DeliveryService], Awaitable[Result]]) -> Result:
    database = Database(url)
    try:
        return await do(DeliveryService(database, system_clock))
    finally:
        await database.close()


def _line(row: Delivery) -> str:
    when = f"{local(row.created_at):%Y-%m-%d %H:%M}"
    problem = why_not(row) or ""
    code = f" [{row.code}]" if row.code else ""
    return f"{row.id}  {when}  {row.channel:10s} {masked(row.recipient)}  {row.state}  {problem}{code}".rstrip()
