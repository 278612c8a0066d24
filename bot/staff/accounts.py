"""The accounts: who there is, with which role, where, in which teams; passwords and second factors of them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import AccountExistsError, NotFoundError, RefusedError
from bot.staff import audit, waits
from bot.staff.model import SYSTEM, Actor, Role
from bot.staff.passwords import Passwords, refuse_weak
from bot.staff.people import Person
from bot.staff.schemas import AccountChange, AccountView, NewAccount
from bot.staff.sessions import end_all
from bot.staff.tables import Agent, TeamMember
from bot.staff.teams import put_into
from bot.staff.words import staff_words

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
RESERVED = {"system", "bot", "api", "rule", "agent", "unknown", "single_sign_on"}
_NEVER_EMPTY = {"name", "role", "capacity", "skills", "teams"}
_ENDS_SESSIONS = {"role", "unit", "province"}


@dataclass(frozen=True)
class Wanted:
    """Which accounts: everything that is given has to fit; ``text`` is part of a name, an e-mail or a unit."""

    text: str = ""
    role: Role | None = None
    team: str | None = None
    active: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if text := self.text.strip():
            columns = (Agent.username, Agent.name, Agent.email, Agent.unit, Agent.province)
            found.append(or_(*(column.icontains(text, autoescape=True) for column in columns)))
        if self.role is not None:
            found.append(Agent.role == self.role.value)
        if self.team is not None:
            found.append(Agent.username.in_(select(TeamMember.username).where(TeamMember.team == self.team)))
        if self.active is not None:
            found.append(Agent.is_active == self.active)
        return found


class Accounts:
    """Every change is audited in its own transaction; a change of role or workplace ends the person's sessions."""

    def __init__(self, database: Database, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords

    # -- reading ---------------------------------------------------------------------------------

    async def get(self, username: str) -> AccountView:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            agent = await account_of(session, username)
            (view,) = await self._views(session, [agent])
        return view

    async def search(self, wanted: Wanted, *, after: str | None = None, limit: int = 50) -> list[AccountView]:
        """By username, from the one behind ``after``."""
        query = select(Agent).where(*wanted.conditions()).order_by(Agent.username).limit(limit)
        if after:
            query = query.where(Agent.username > after)
        async with self._database.transaction() as session:
            return await self._views(session, list(await session.scalars(query)))

    async def count(self, wanted: Wanted | None = None) -> int:
        query = select(func.count()).select_from(Agent).where(*(wanted or Wanted()).conditions())
        async with self._database.transaction() as session:
            return await session.scalar(query) or 0

    async def _views(self, session: AsyncSession, agents: list[Agent]) -> list[AccountView]:
        names = [agent.username for agent in agents]
        teams: dict[str, list[str]] = {name: [] for name in names}
        members = select(TeamMember).where(TeamMember.username.in_(names)).order_by(TeamMember.team)
        for member in await session.scalars(members):
            teams[member.username].append(member.team)
        now = self._clock()
        waiting = {name for name in names if await _waits(session, name, now)}
        return [_view(agent, teams[agent.username], waits=agent.username in waiting) for agent in agents]

    # -- changing --------------------------------------------------------------------------------

    async def create(self, wanted: NewAccount, *, password: str | None = None, by: Actor = SYSTEM) -> Person:
        """A new account; without a password nobody gets in before one is chosen by link.

        Raises `AccountExistsError`, `WeakPasswordError`, and `RefusedError` without a workplace or for a bad name.
        """
        said = staff_words().refusals
        if not _USERNAME.fullmatch(wanted.username) or wanted.username.lower() in RESERVED:
            raise RefusedError(said["bad_username"])
        if password is not None:
            refuse_weak(password, wanted.username)
        hashed = await self._passwords.hash(password) if password is not None else ""
        async with self._database.transaction() as session:
            taken = select(Agent.username).where(func.lower(Agent.username) == wanted.username.lower())
            if await session.scalar(taken) is not None:
                raise AccountExistsError(said["exists"].format(username=wanted.username))
            agent = self._fresh(wanted, hashed)
            await _refuse_taken_email(session, agent)
            session.add(agent)
            await session.flush()
            await put_into(session, agent.username, wanted.teams)
            kept = wanted.model_dump(mode="json", exclude={"username"}, exclude_defaults=True)
            audit.record_by(session, "account.created", by, at=self._clock(), about=agent.username, **kept)
        return Person.of(agent)

    async def change(self, username: str, wanted: AccountChange, *, by: Actor) -> AccountView:
        """Raises `NotFoundError`, `AccountExistsError` for another's e-mail, and `RefusedError`."""
        told = wanted.model_dump(exclude_unset=True)
        given = {key: value for key, value in told.items() if value is not None or key not in _NEVER_EMPTY}
        teams = given.pop("teams", None)
        async with self._database.transaction() as session:
            agent = await account_of(session, username, lock=True)
            changed = {key: _plain(value) for key, value in given.items() if _plain(value) != getattr(agent, key)}
            if agent.role == Role.admin and changed.get("role", Role.admin) != Role.admin:
                await refuse_last_admin(session, username)
            for key, value in changed.items():
                setattr(agent, key, value)
            _check_workplace(agent)
            await _refuse_taken_email(session, agent)
            if teams is not None and await put_into(session, username, teams):
                changed["teams"] = sorted(teams)
            if changed:
                audit.record_by(session, "account.changed", by, at=self._clock(), about=username, **changed)
            if _ENDS_SESSIONS & changed.keys():
                await end_all(session, username)
            await session.flush()
            (view,) = await self._views(session, [agent])
        return view

    async def set_active(self, username: str, *, active: bool, by: Actor = SYSTEM, why: str | None = None) -> None:
        """Close or reopen an account; closing ends its sessions at once.

        Raises `NotFoundError`, and `RefusedError` for the last administrator and for oneself.
        """
        async with self._database.transaction() as session:
            agent = await account_of(session, username, lock=True)
            if not active:
                if by.username == username:
                    raise RefusedError(staff_words().refusals["oneself"])
                if agent.role == Role.admin:
                    await refuse_last_admin(session, username)
                await end_all(session, username)
            agent.is_active = active
            what = "account.opened" if active else "account.closed"
            audit.record_by(session, what, by, at=self._clock(), about=username, why=why)

    async def unlock(self, username: str, *, by: Actor = SYSTEM) -> None:
        """Let somebody try again at once who was tried too often.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            await account_of(session, username)
            await waits.forgive(session, waits.by_name(username))
            await waits.forgive(session, waits.by_code(username))
            audit.record_by(session, "account.unlocked", by, at=self._clock(), about=username)

    def _fresh(self, wanted: NewAccount, hashed: str) -> Agent:
        agent = Agent(
            username=wanted.username,
            name=wanted.name,
            password_hash=hashed,
            role=wanted.role.value,
            unit=wanted.unit,
            province=wanted.province,
            email=_plain(wanted.email, lower=True),
            is_active=True,
            capacity=wanted.capacity,
            skills=list(wanted.skills),
            created_at=self._clock(),
        )
        _check_workplace(agent)
        return agent


async def account_of(session: AsyncSession, username: str, *, lock: bool = False) -> Agent:
    """Raises `NotFoundError`."""
    agent = await session.get(Agent, username, with_for_update=lock)
    if agent is None:
        raise NotFoundError(staff_words().refusals["unknown_person"])
    return agent


def _view(agent: Agent, teams: list[str], *, waits: bool) -> AccountView:
    return AccountView(
        username=agent.username,
        name=agent.name,
        role=Role(agent.role),
        unit=agent.unit,
        province=agent.province,
        email=agent.email,
        capacity=agent.capacity,
        skills=tuple(agent.skills),
        teams=tuple(teams),
        is_active=agent.is_active,
        has_password=bool(agent.password_hash),
        second_factor=agent.totp_secret is not None,
        single_sign_on=agent.subject is not None,
        waits=waits,
        seen_at=agent.seen_at,
        created_at=agent.created_at,
    )


async def _waits(session: AsyncSession, username: str, now: datetime) -> bool:
    counters = (waits.by_name(username), waits.by_code(username))
    return any([await waits.is_waiting(session, counter, now=now) for counter in counters])


async def refuse_last_admin(session: AsyncSession, username: str) -> None:
    """Locks the administrators, so that of two who leave at once one stays.  Raises `RefusedError` for the last."""
    admins = select(Agent.username).where(Agent.role == Role.admin.value, Agent.is_active).order_by(Agent.username)
    if set(await session.scalars(admins.with_for_update())) <= {username}:
        raise RefusedError(staff_words().refusals["last_admin"])


async def _refuse_taken_email(session: AsyncSession, agent: Agent) -> None:
    agent.email = _plain(agent.email, lower=True)
    if agent.email is None:
        return
    with session.no_autoflush:
        owner = await session.scalar(select(Agent.username).where(Agent.email == agent.email))
    if owner not in (None, agent.username):
        raise AccountExistsError(staff_words().refusals["email_taken"])


def _check_workplace(agent: Agent) -> None:
    role, said = Role(agent.role), staff_words().refusals
    if role.needs_unit and not agent.unit:
        raise RefusedError(said["no_unit"])
    if role.needs_province and not agent.province:
        raise RefusedError(said["no_province"])


def _plain(value: Any, *, lower: bool = False) -> Any:
    """As the column keeps it."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Role):
        return value.value
    return value.lower() if lower and isinstance(value, str) else value
