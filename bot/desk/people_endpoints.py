"""People and teams over HTTP: ``/api/v1/people`` and ``/api/v1/teams``.  Administrators change, supervisors look."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query

from bot.desk.service import AgentService
from bot.errors import AccountExistsError, BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route
from bot.staff.accounts import Wanted
from bot.staff.model import Actor, Role
from bot.staff.own_account import Link
from bot.staff.schemas import (
    AccountChange,
    AccountView,
    LinkView,
    NewAccount,
    NewAccountView,
    NewTeam,
    People,
    SessionView,
    TeamChange,
    TeamView,
    TokenView,
    Why,
)
from bot.staff.words import staff_words

SEE_PEOPLE = frozenset({Role.supervisor, Role.admin})
_STATUS: tuple[tuple[type[BotError], int], ...] = ((NotFoundError, 404), (AccountExistsError, 409), (RefusedError, 409))
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is logged in."},
    403: {"description": "Not for this role."},
}


def one_of(actor_of: Callable[..., Any], roles: frozenset[Role], refusal: str) -> Callable[..., Any]:
    """A dependency that lets these roles through and gives the `Actor`; others read why not."""

    async def allowed(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role not in roles:
            raise HTTPException(403, staff_words().refusals[refusal])
        return actor

    return allowed


def link_to(base_url: str, link: Link) -> str:
    """The address to choose a password at; what opens it stays behind the #, so that no server logs it."""
    return f"{base_url.rstrip('/')}/desk/reset#{link.token}"


def people_router(agents: AgentService, actor_of: Callable[..., Any], *, base_url: str) -> APIRouter:
    """The routes of accounts.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    base_url: where links to choose a password lead.
    """
    router = APIRouter(
        prefix="/api/v1/people", tags=["people"], route_class=refusing_route(_STATUS), responses=_REFUSED
    )
    see = Annotated[Actor, Depends(one_of(actor_of, SEE_PEOPLE, "only_supervisor"))]
    change = Annotated[Actor, Depends(one_of(actor_of, frozenset({Role.admin}), "only_admin"))]
    accounts = agents.accounts

    @router.get("", summary="Find people")
    async def people(
        _: see,
        q: Annotated[str, Query(max_length=80, description="Part of username, name, e-mail or workplace.")] = "",
        role: Role | None = None,
        team: str | None = None,
        active: bool | None = None,
        after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> People:
        """Accounts by username, a page at a time."""
        wanted = Wanted(q, role, team, active)
        found = await accounts.search(wanted, after=after, limit=limit + 1)
        page, more = found[:limit], len(found) > limit
        total = await accounts.count(wanted)
        return People(people=tuple(page), total=total, next=page[-1].username if more else None)

    @router.post("", status_code=201, summary="Make an account")
    async def create(body: NewAccount, actor: change) -> NewAccountView:
        """The answer holds a link by which the person chooses a password: hand it over, it is shown once."""
        person = await accounts.create(body, by=actor)
        link = await agents.own.make_link(person.username, by=actor)
        return NewAccountView(person=await accounts.get(person.username), password=_link(base_url, link))

    @router.get("/{username}", summary="One account")
    async def person(username: str, _: see) -> AccountView:
        return await accounts.get(username)

    @router.patch("/{username}", summary="Change an account")
    async def edit(username: str, body: AccountChange, actor: change) -> AccountView:
        """What is left out stays.  Another role or workplace ends the person's sessions at once."""
        return await accounts.change(username, body, by=actor)

    @router.post("/{username}/deactivate", status_code=204, summary="Close an account")
    async def deactivate(username: str, body: Why, actor: change) -> None:
        """Sessions and tokens stop at once; nothing is deleted."""
        await accounts.set_active(username, active=False, by=actor, why=body.why)

    @router.post("/{username}/activate", status_code=204, summary="Open an account again")
    async def activate(username: str, body: Why, actor: change) -> None:
        await accounts.set_active(username, active=True, by=actor, why=body.why)

    @router.post("/{username}/unlock", status_code=204, summary="End the wait after failed logins")
    async def unlock(username: str, actor: change) -> None:
        await accounts.unlock(username, by=actor)

    @router.post("/{username}/reset", status_code=201, summary="Make a link to choose a new password")
    async def reset(username: str, actor: change) -> LinkView:
        """It works once, for a day, and ends earlier ones."""
        return _link(base_url, await agents.own.make_link(username, by=actor))

    @router.delete("/{username}/second-factor", status_code=204, summary="Take a lost second factor away")
    async def take_second_factor(username: str, actor: change, why: str | None = None) -> None:
        await agents.own.take_second_factor(username, by=actor, why=why)

    _add_sessions(router, agents, change)
    return router


def _add_sessions(router: APIRouter, agents: AgentService, change: Any) -> None:
    """Where somebody is logged in, and with what programs; only for administrators."""

    @router.get("/{username}/sessions", summary="Where somebody is logged in")
    async def sessions(username: str, _: change) -> list[SessionView]:
        await agents.accounts.get(username)
        return [SessionView.model_validate(each) for each in await agents.sessions.of_person(username)]

    @router.delete("/{username}/sessions", status_code=204, summary="Log somebody out everywhere")
    async def end_sessions(username: str, actor: change) -> None:
        await agents.accounts.get(username)
        await agents.sessions.end_others(username, but=None, by=actor)

    @router.delete("/{username}/sessions/{session_id}", status_code=204, summary="Log somebody out on one browser")
    async def end_session(username: str, session_id: UUID, actor: change) -> None:
        await agents.sessions.end(username, session_id, by=actor)

    @router.get("/{username}/tokens", summary="What programs act for somebody")
    async def tokens(username: str, _: change) -> list[TokenView]:
        await agents.accounts.get(username)
        return [TokenView.model_validate(each) for each in await agents.tokens.of_person(username)]

    @router.delete("/{username}/tokens/{token_id}", status_code=204, summary="End a program's token")
    async def end_token(username: str, token_id: UUID, actor: change) -> None:
        await agents.tokens.end(username, token_id, by=actor)


def teams_router(agents: AgentService, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes of teams: whoever works here sees them, to hand conversations over."""
    router = APIRouter(prefix="/api/v1/teams", tags=["teams"], route_class=refusing_route(_STATUS), responses=_REFUSED)
    see = Annotated[Actor, Depends(actor_of)]
    change = Annotated[Actor, Depends(one_of(actor_of, frozenset({Role.admin}), "only_admin"))]
    teams = agents.teams

    @router.get("", summary="All teams")
    async def every(_: see) -> list[TeamView]:
        return [TeamView.model_validate(each) for each in await teams.all()]

    @router.post("", status_code=201, summary="Make a team")
    async def create(body: NewTeam, actor: change) -> TeamView:
        made = await teams.create(body.name, body.label, purpose=body.purpose, skills=body.skills, by=actor)
        if body.members:
            made = await teams.set_members(body.name, body.members, by=actor)
        return TeamView.model_validate(made)

    @router.get("/{name}", summary="One team")
    async def team(name: str, _: see) -> TeamView:
        return TeamView.model_validate(await teams.get(name))

    @router.patch("/{name}", summary="Change a team")
    async def edit(name: str, body: TeamChange, actor: change) -> TeamView:
        changed = await teams.change(name, label=body.label, purpose=body.purpose, skills=body.skills, by=actor)
        if body.members is not None:
            changed = await teams.set_members(name, body.members, by=actor)
        return TeamView.model_validate(changed)

    @router.delete("/{name}", status_code=204, summary="Dissolve a team")
    async def delete(name: str, actor: change) -> None:
        await teams.delete(name, by=actor)

    return router


def _link(base_url: str, link: Link) -> LinkView:
    return LinkView(link=link_to(base_url, link), expires_at=link.expires_at)
