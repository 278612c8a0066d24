"""Who is logged in where."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFoundError
from bot.staff import audit
from bot.staff.model import Actor
from bot.staff.people import Caller, Person
from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, DeskSession
from bot.staff.tokens import digest, fresh
from bot.staff.words import staff_words

_SEEN_EVERY = timedelta(minutes=1)
_OF_TOKEN = (
    select(Agent, DeskSession.seen_at)
    .join(DeskSession, DeskSession.username == Agent.username)
    .where(
        DeskSession.token_hash == bindparam("digest"),
        DeskSession.expires_at > bindparam("now"),
        DeskSession.seen_at > bindparam("idle_since"),
        Agent.is_active,
    )
)
"""Asked with every request, and made once."""


@dataclass(frozen=True)
class OpenSession:
    """A session as its owner sees it; ``is_this`` is the one that asks."""

    id: UUID
    begun_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    device: str
    method: str
    is_this: bool


class Sessions:
    """Server-side sessions.  A session is over when it idled too long, in any case after a while, or when ended."""

    def __init__(self, database: Database, clock: Clock, settings: PeopleSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    async def of_token(self, token: str | None) -> Person | None:
        """Who this cookie belongs to; None once it is over, or the account closed."""
        if not token:
            return None
        now = self._clock()
        asked = {"digest": digest(token), "now": now, "idle_since": now - self._settings.idle}
        async with self._database.transaction() as session:
            found = (await session.execute(_OF_TOKEN, asked)).first()
            if found is None:
                return None
            if now - found.seen_at >= _SEEN_EVERY:
                await self._touch(session, token, now)
            return Person.of(found.Agent)

    async def is_open(self, token: str) -> bool:
        """Whether it still counts; asking does not keep it alive."""
        now = self._clock()
        query = (
            select(DeskSession.id)
            .join(Agent, Agent.username == DeskSession.username)
            .where(
                DeskSession.token_hash == digest(token),
                DeskSession.expires_at > now,
                DeskSession.seen_at > now - self._settings.idle,
                Agent.is_active,
            )
        )
        async with self._database.transaction() as session:
            return await session.scalar(query) is not None

    async def open_among(self, tokens: Collection[str]) -> set[str]:
        """Those of these sessions that still count, in one question; asking does not keep them alive."""
        now, by_hash = self._clock(), {digest(token): token for token in tokens}
        query = (
            select(DeskSession.token_hash)
            .join(Agent, Agent.username == DeskSession.username)
            .where(
                DeskSession.token_hash.in_(by_hash),
                DeskSession.expires_at > now,
                DeskSession.seen_at > now - self._settings.idle,
                Agent.is_active,
            )
        )
        async with self._database.transaction() as session:
            return {by_hash[found] for found in await session.scalars(query)}

    async def of_person(self, username: str, *, asking: str | None = None) -> list[OpenSession]:
        """The sessions that count, the last used first; ``asking`` is the token of the one that asks."""
        now = self._clock()
        query = (
            select(DeskSession)
            .where(
                DeskSession.username == username,
                DeskSession.expires_at > now,
                DeskSession.seen_at > now - self._settings.idle,
            )
            .order_by(DeskSession.seen_at.desc(), DeskSession.created_at.desc())
        )
        this = digest(asking) if asking else None
        async with self._database.transaction() as session:
            return [_shown(row, is_this=row.token_hash == this) for row in await session.scalars(query)]

    async def end(self, username: str, session_id: UUID, *, by: Actor) -> None:
        """End one session of a person.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            query = select(DeskSession).where(DeskSession.id == session_id, DeskSession.username == username)
            row = (await session.scalars(query)).first()
            if row is None:
                raise NotFoundError(staff_words().refusals["unknown_session"])
            await session.delete(row)
            audit.record_by(session, "session.ended", by, at=self._clock(), about=username, sessions=1)

    async def end_others(self, username: str, *, but: str | None, by: Actor) -> int:
        """End every session of a person but that of a token; returns how many ended."""
        async with self._database.transaction() as session:
            count = await end_all(session, username, but=but)
            audit.record_by(session, "session.ended", by, at=self._clock(), about=username, sessions=count)
        return count

    async def log_out(self, token: str, *, address: str | None = None) -> None:
        async with self._database.transaction() as session:
            ended = await session.get(DeskSession, digest(token))
            if ended is not None:
                await session.delete(ended)
                audit.record(session, "logout", who=ended.username, at=self._clock(), address=address)

    async def open(
        self, session: AsyncSession, agent: Agent, *, method: str, caller: Caller, replacing: str | None
    ) -> str:
        """A new session with a token of its own; the one the browser had before ends.  Returns the token."""
        now = self._clock()
        await session.execute(delete(DeskSession).where(DeskSession.expires_at < now))
        if replacing:
            await session.execute(delete(DeskSession).where(DeskSession.token_hash == digest(replacing)))
        token = fresh()
        session.add(
            DeskSession(
                token_hash=digest(token),
                username=agent.username,
                created_at=now,
                seen_at=now,
                expires_at=now + self._settings.lasts,
                address=caller.network,
                device=caller.short_device,
                method=method,
            )
        )
        agent.seen_at = now
        audit.record(session, "login", who=agent.username, at=now, address=caller.network, method=method)
        return token

    async def _touch(self, session: AsyncSession, token: str, now: datetime) -> None:
        row = await session.get(DeskSession, digest(token))
        if row is not None:
            row.seen_at = now
            (await session.get_one(Agent, row.username)).seen_at = now


async def end_all(session: AsyncSession, username: str, *, but: str | None = None) -> int:
    """Within the transaction of whatever ends them; returns how many there were."""
    ending = delete(DeskSession).where(DeskSession.username == username)
    if but:
        ending = ending.where(DeskSession.token_hash != digest(but))
    return len((await session.scalars(ending.returning(DeskSession.id))).all())


def _shown(row: DeskSession, *, is_this: bool) -> OpenSession:
    return OpenSession(
        row.id, row.created_at, row.seen_at, row.expires_at, row.address, row.device, row.method, is_this
    )
