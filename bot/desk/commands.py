"""``bot people``: the accounts of the desk."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar

import typer

from bot.clock import system_clock
from bot.db import Database
from bot.desk.service import AgentService
from bot.staff.model import Role

Result = TypeVar("Result")
OpenDatabase = Callable[[], AbstractContextManager[str]]

_Name = Annotated[str, typer.Argument(help="What the person logs in with.")]


def make_people_app(open_database: OpenDatabase) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    """
    app = typer.Typer(help="Accounts of the desk.", no_args_is_help=True)

    @app.command("add")
    def add(
        username: _Name,
        name: Annotated[str, typer.Argument(help="As colleagues and customers read it.")],
        role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.agent,
        unit: Annotated[str | None, typer.Option(help="Code of the outlet or centre the person works for.")] = None,
        province: Annotated[str | None, typer.Option(help="Of a provincial role, like 浙江省.")] = None,
    ) -> None:
        """Make an account; its first password is printed once."""
        password = secrets.token_urlsafe(9)
        _with(open_database, lambda agents: agents.create(username, name, password, role, unit=unit, province=province))
        typer.echo(f"{username} ({role.value}), password {password}")

    @app.command("list")
    def show() -> None:
        """Every account: name, role, where, and whether it is open."""
        for one in _with(open_database, lambda agents: agents.everybody()):
            place = one.unit or one.province or "-"
            typer.echo(
                f"{one.username:20} {one.role:24} {place:12} {'open' if one.is_active else 'closed'}  {one.name}"
            )

    @app.command("close")
    def close(username: _Name) -> None:
        """Close an account; whoever is logged in with it is out at once."""
        _with(open_database, lambda agents: agents.set_active(username, active=False))

    @app.command("open")
    def reopen(username: _Name) -> None:
        """Open an account again."""
        _with(open_database, lambda agents: agents.set_active(username, active=True))

    return app


def _with(open_database: OpenDatabase, use: Callable[[AgentService], Awaitable[Result]]) -> Result:
    async def run(url: str) -> Result:
        database = Database(url)
        try:
            return await use(AgentService(database, system_clock))
        finally:
            await database.close()

    with open_database() as url:
        return asyncio.run(run(url))
