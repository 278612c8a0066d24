"""Requests that carry an ``Idempotency-Key``: the same one twice is done once and answered twice."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import Clock
from bot.db import Base, Database
from bot.errors import IllegalMoveError
from bot.tickets.words import ticket_words

LONGEST_KEY = 200
KEPT_FOR = timedelta(days=7)
_RUNS_AT_MOST = timedelta(minutes=1)


class TicketRequest(Base):
    """A request that was done, or is being done (then without an answer)."""

    __tablename__ = "ticket_requests"
    __table_args__ = (Index(None, "at"),)

    who: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[str | None]
    at: Mapped[datetime]


@dataclass(frozen=True)
class Answered:
    """What was answered the first time; ``body`` is JSON."""

    status: int
    body: str


@dataclass(frozen=True)
class Reserved:
    """A key that is ours to answer."""

    who: str
    key: str


class RequestLog:
    """Remembers requests for a week.

    A request that died half-way leaves its key without an answer; after a minute another try may have it.  That the
    move itself happens once is up to its ``turn``.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def reserve(self, who: str, key: str, route: str, body: bytes) -> Reserved | Answered:
        """Raises `IllegalMoveError` for a key that was used for another request, or whose request still runs."""
        if len(key) > LONGEST_KEY:
            raise _refused("key_long")
        now = self._clock()
        digest = hashlib.sha256(route.encode() + b"\n" + body).hexdigest()
        values = {"who": who, "key": key, "digest": digest, "at": now}
        put = insert(TicketRequest).values(values).on_conflict_do_nothing().returning(TicketRequest.key)
        async with self._database.transaction() as session:
            if await session.scalar(put) is not None:
                return Reserved(who, key)
            known = await session.get(TicketRequest, (who, key), with_for_update=True)
            if known is None or known.digest != digest:
                raise _refused("key_reused")
            if known.status is not None and known.answer is not None:
                return Answered(known.status, known.answer)
            if now - known.at < _RUNS_AT_MOST:
                raise _refused("key_running")
            known.at = now
            return Reserved(who, key)

    async def answer(self, reserved: Reserved, answered: Answered) -> None:
        """Remember what was answered."""
        mine = update(TicketRequest).where(TicketRequest.who == reserved.who, TicketRequest.key == reserved.key)
        async with self._database.transaction() as session:
            await session.execute(mine.values(status=answered.status, answer=answered.body))

    async def release(self, reserved: Reserved) -> None:
        """It failed for a reason that is ours: the key may be tried again at once."""
        mine = delete(TicketRequest).where(TicketRequest.who == reserved.who, TicketRequest.key == reserved.key)
        async with self._database.transaction() as session:
            await session.execute(mine)

    async def forget(self, now: datetime) -> None:
        """Drop what is older than a week."""
        async with self._database.transaction() as session:
            await session.execute(delete(TicketRequest).where(TicketRequest.at < now - KEPT_FOR))


def _refused(reason: str) -> IllegalMoveError:
    return IllegalMoveError(ticket_words().api[reason])
