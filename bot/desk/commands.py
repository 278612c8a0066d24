"""``bot people``: the accounts of the desk."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Annotated, TypeVar

import typer

from bot.clock import system_clock
from bot.db import Database
from bot.desk.people_endpoints import link_to
from bot.desk.service import AgentService
from bot.staff.model import SYSTEM, Role
from bot.staff.schemas import AccountChange
from bot.staff.teams import TeamCard, Teams

Result = TypeVar("Result")
OpenDatabase = Callable[[], AbstractContextManager[str]]

_Name = Annotated[str, typer.Argument(help="What the person logs in with.")]


def make_people_app(open_database: OpenDatabase, base_url: Callable[[], str] = str) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    base_url: where links to choose a password lead.
    """
    app = typer.Typer(help="Accounts of the desk.", no_args_is_help=True)

    @app.command("create", hidden=True)
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

    @app.command("deactivate", hidden=True)
    @app.command("close")
    def close(username: _Name) -> None:
        """Close an account; whoever is logged in with it is out at once."""
        _with(open_database, lambda agents: agents.set_active(username, active=False))

    @app.command("open")
    def reopen(username: _Name) -> None:
        """Open an account again."""
        _with(open_database, lambda agents: agents.set_active(username, active=True))

    _add_changes(app, open_database)
    _add_ways_in(app, open_database, base_url)
    return app


def _add_changes(app: typer.Typer, open_database: OpenDatabase) -> None:
    @app.command("role")
    def role(
        username: _Name,
        role: Annotated[Role, typer.Argument(help="What the person may do from now on.")],
        unit: Annotated[str | None, typer.Option(help="Of an outlet agent.")] = None,
        province: Annotated[str | None, typer.Option(help="Of a provincial role.")] = None,
    ) -> None:
        """Give somebody another role; their sessions end."""
        given = {"role": role, "unit": unit, "province": province}
        wanted = AccountChange.model_validate({name: value for name, value in given.items() if value is not None})
        _with(open_database, lambda agents: agents.accounts.change(username, wanted, by=SYSTEM))

    @app.command("team")
    def team(
        name: Annotated[str, typer.Argument(help="Like claims; made where there is none.")],
        label: Annotated[str | None, typer.Option(help="As people read it.")] = None,
        skill: Annotated[list[str] | None, typer.Option(help="What it is for: an intent, a category. Repeat.")] = None,
        member: Annotated[list[str] | None, typer.Option(help="Usernames; these and nobody else. Repeat.")] = None,
    ) -> None:
        """Make or change a team, and show it."""
        made = _with(open_database, lambda agents: _put_team(agents.teams, name, label, skill, member))
        typer.echo(f"{made.name}  {made.label}  {', '.join(made.skills) or '-'}: {', '.join(made.members) or '-'}")

    @app.command("teams")
    def teams() -> None:
        """Every team with its people."""
        for one in _with(open_database, lambda agents: agents.teams.all()):
            typer.echo(f"{one.name:20} {one.label}  {', '.join(one.skills) or '-'}: {', '.join(one.members) or '-'}")


def _add_ways_in(app: typer.Typer, open_database: OpenDatabase, base_url: Callable[[], str]) -> None:
    @app.command("reset")
    def reset(username: _Name) -> None:
        """Print a link by which the person chooses a new password: once, within a day."""
        typer.echo(link_to(base_url(), _with(open_database, lambda agents: agents.own.make_link(username))))

    @app.command("unlock")
    def unlock(username: _Name) -> None:
        """End the wait after too many failed logins."""
        _with(open_database, lambda agents: agents.accounts.unlock(username))

    @app.command("forget-second-factor")
    def forget_second_factor(username: _Name) -> None:
        """For somebody who lost authenticator and recovery codes; their sessions end."""
        _with(open_database, lambda agents: agents.own.take_second_factor(username, by=SYSTEM))


async def _put_team(
    teams: Teams, name: str, label: str | None, skills: list[str] | None, members: list[str] | None
) -> TeamCard:
    """What is not given stays."""
    if name not in {one.name for one in await teams.all()}:
        await teams.create(name, label or name, skills=skills or (), by=SYSTEM)
    elif label is not None or skills:
        await teams.change(name, label=label, skills=skills or None, by=SYSTEM)
    if members:
        await teams.set_members(name, members, by=SYSTEM)
    return await teams.get(name)


def _with(open_database: OpenDatabase, use: Callable[[AgentService], Awaitable[Result]]) -> Result:
    async def run(url: str) -> Result:
        database = Database(url)
        try:
            return await use(AgentService(database, system_clock))
        finally:
            await database.close()

    with open_database() as url:
        return asyncio.run(run(url))
