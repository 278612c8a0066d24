"""The one door to the people of the desk: accounts, passwords, sessions."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select

from bot.clock import Clock
from bot.db import Database
from bot.desk import audit
from bot.desk.model import Agent, DeskSession
from bot.desk.words import desk_words
from bot.errors import (
    AccountExistsError,
    LoginLockedError,
    LoginRefusedError,
    NotFoundError,
    RefusedError,
    WeakPasswordError,
)
from bot.staff.model import Actor, Role

SESSION_LASTS = timedelta(hours=12)
PASSWORD_AT_LEAST = 8
_HASHES_AT_ONCE = 2
FIRST_ADMIN = "admin"


@dataclass(frozen=True)
class Person:
    """Who is at the desk: what the rest of the desk needs to know about an account.

    ``unit`` is the outlet, centre or headquarters the person works for; ``province`` where a provincial role judges.
    """

    username: str
    name: str
    role: Role
    unit: str | None = None
    province: str | None = None

    @classmethod
    def of(cls, agent: Agent) -> "Person":
        return cls(agent.username, agent.name, Role(agent.role), agent.unit, agent.province)

    @property
    def actor(self) -> Actor:
        """The person as the one behind a change."""
        return Actor(f"agent:{self.username}", self.role, self.unit, self.province)


class AgentService:
    """Accounts and sessions.

    Parameters
    ----------
    hasher: argon2id with the library's defaults (64 MiB, 3 passes) unless a test wants a cheaper one.
    """

    def __init__(self, database: Database, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def create(
        self,
        username: str,
        name: str,
        password: str,
        role: Role,
        *,
        unit: str | None = None,
        province: str | None = None,
    ) -> Person:
        """A new account.  Raises `AccountExistsError`, `WeakPasswordError`, and `RefusedError` without a workplace.

        Parameters
        ----------
        unit: needed for an outlet agent: the code of the outlet.
        province: needed for provincial roles, as outlets have it (浙江省).
        """
        _check_workplace(role, unit, province)
        hashed = await self._hash(password)
        async with self._database.transaction() as session:
            if await session.get(Agent, username) is not None:
                raise AccountExistsError(f"account {username} exists already")
            agent = Agent(
                username=username,
                name=name,
                password_hash=hashed,
                role=role.value,
                unit=unit,
                province=province,
                is_active=True,
                failed_logins=0,
                created_at=self._clock(),
            )
            session.add(agent)
            audit.record(session, "account.created", who="system", why=username, at=self._clock())
            return Person.of(agent)

    async def ensure_first_admin(self, password: str) -> bool:
        """An administrator for a desk that has nobody yet; returns whether one was made."""
        async with self._database.transaction() as session:
            people = await session.scalar(select(func.count()).select_from(Agent))
        if people:
            return False
        await self.create(FIRST_ADMIN, desk_words().roles[Role.admin], password, Role.admin)
        return True

    async def everybody(self) -> list[Agent]:
        """Every account, by name."""
        async with self._database.transaction() as session:
            return list(await session.scalars(select(Agent).order_by(Agent.username)))

    async def set_active(self, username: str, *, active: bool) -> None:
        """Close or reopen an account; closing ends its sessions at once.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            agent = await session.get(Agent, username, with_for_update=True)
            if agent is None:
                raise NotFoundError(f"there is no account {username}")
            agent.is_active = active
            audit.record(
                session, f"account.{'opened' if active else 'closed'}", who="system", why=username, at=self._clock()
            )
            if not active:
                await session.execute(delete(DeskSession).where(DeskSession.username == username))

    async def authenticate(self, username: str, password: str) -> Person:
        """The person with this name and password.

        An unknown name takes as long as a wrong password and reads the same: `LoginRefusedError`.  Only who has the
        right password learns that the account is locked: `LoginLockedError`.
        """
        async with self._database.transaction() as session:
            known = await session.get(Agent, username)
        is_right = await self._verify(known.password_hash if known else self._nobody, password)
        if known is None:
            raise LoginRefusedError("no such account, or the password is wrong")
        return await self._judge(username, is_right=is_right)

    async def log_in(self, username: str, password: str, *, replacing: str | None = None) -> tuple[Person, str]:
        """Authenticate and open a session; the session the browser had before ends.  Returns its new token."""
        person = await self.authenticate(username, password)
        token = secrets.token_urlsafe(32)
        now = self._clock()
        async with self._database.transaction() as session:
            await session.execute(delete(DeskSession).where(DeskSession.expires_at < now))
            if replacing:
                await session.execute(delete(DeskSession).where(DeskSession.token_hash == _digest(replacing)))
            session.add(
                DeskSession(
                    token_hash=_digest(token),
                    username=person.username,
                    created_at=now,
                    expires_at=now + SESSION_LASTS,
                )
            )
        return person, token

    async def log_out(self, token: str) -> None:
        async with self._database.transaction() as session:
            ended = await session.get(DeskSession, _digest(token))
            if ended is not None:
                await session.delete(ended)
                audit.record(session, "logout", who=ended.username, at=self._clock())

    async def of_session(self, token: str | None) -> Person | None:
        """Who this cookie belongs to; None once it is over, or the account closed."""
        if not token:
            return None
        query = (
            select(Agent)
            .join(DeskSession, DeskSession.username == Agent.username)
            .where(
                DeskSession.token_hash == _digest(token),
                DeskSession.expires_at > self._clock(),
                Agent.is_active,
            )
        )
        async with self._database.transaction() as session:
            agent = (await session.scalars(query)).first()
        return Person.of(agent) if agent else None

    async def _judge(self, username: str, *, is_right: bool) -> Person:
        """Count the attempt, committed before anybody is refused."""
        now = self._clock()
        async with self._database.transaction() as session:
            agent = await session.get(Agent, username, with_for_update=True)
            if agent is None or not agent.is_active:
                verdict = "login.refused"
            elif agent.is_locked(at=now):
                verdict = "login.locked" if is_right else "login.refused"
            elif is_right:
                agent.login_succeeded()
                verdict = "login"
            else:
                agent.login_failed(at=now)
                verdict = "login.refused"
            audit.record(session, verdict, who=username, at=now)
        if verdict == "login.locked":
            raise LoginLockedError("the account is locked for a while")
        if verdict != "login" or agent is None:
            raise LoginRefusedError("no such account, or the password is wrong")
        return Person.of(agent)

    async def _hash(self, password: str) -> str:
        if len(password) < PASSWORD_AT_LEAST:
            raise WeakPasswordError(f"a password needs at least {PASSWORD_AT_LEAST} characters")
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verify(self, hashed: str, password: str) -> bool:
        """Argon2 takes memory on purpose, so only a few run at once, however many try to log in."""
        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except (VerificationError, InvalidHashError):
                return False


def _check_workplace(role: Role, unit: str | None, province: str | None) -> None:
    if role is Role.outlet_agent and not unit:
        raise RefusedError(desk_words().refusals["no_unit"])
    if role in (Role.provincial_agent, Role.provincial_arbitrator) and not province:
        raise RefusedError(desk_words().refusals["no_province"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
