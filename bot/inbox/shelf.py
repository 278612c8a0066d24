"""Letters that wait, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.bell import ring
from bot.db import Database
from bot.errors import IllegalMoveError, NotFoundError
from bot.inbox.model import InboxLetter, LetterState
from bot.inbox.ports import Letter
from bot.inbox.postgres import BELL

PORTION = 20
"""So many letters of a lane are taken from the shelf at once."""
# Losing the note that a letter was read has it read again, which does no harm; so nobody waits for the disk.
_DONE = text("""
    UPDATE inbox SET state = 'done', closed_at = :at, next_at = NULL, error = NULL
    WHERE id = :id AND set_config('synchronous_commit', 'off', true) = 'off'
""")


@dataclass(frozen=True)
class Filed:
    """A letter with its place."""

    id: int
    letter: Letter
    attempts: int
    failing_since: datetime | None

    @classmethod
    def of(cls, row: InboxLetter) -> "Filed":
        letter = Letter(row.channel, row.key, row.lane, row.body, row.received_at)
        return cls(row.id, letter, row.attempts, row.failing_since)


class Shelf:
    """Where letters stand until they are forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, channel: str, lane: str, *, now: datetime) -> list[Filed]:
        """The next letters of a lane, in order; none while its first has to wait."""
        query = (
            select(InboxLetter)
            .where(
                InboxLetter.channel == channel,
                InboxLetter.lane == lane,
                InboxLetter.state == LetterState.waiting.value,
            )
            .order_by(InboxLetter.id)
            .limit(PORTION)
        )
        async with self._database.transaction() as session:
            rows = (await session.scalars(query)).all()
        if rows and rows[0].next_at is not None and rows[0].next_at > now:
            return []
        return [Filed.of(row) for row in rows]

    async def done(self, filed: Filed, *, at: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(_DONE, {"id": filed.id, "at": at})

    async def again(self, filed: Filed, error: str, *, since: datetime, at: datetime) -> None:
        """It is read again, not before ``at``."""
        await self._mark(filed.id, attempts=filed.attempts + 1, error=error, failing_since=since, next_at=at)

    async def put_aside(self, filed: Filed, error: str, *, at: datetime) -> None:
        """It is not read again unless somebody wants it."""
        aside = LetterState.aside.value
        await self._mark(filed.id, state=aside, closed_at=at, error=error, attempts=filed.attempts + 1, next_at=None)

    async def found(
        self, *, state: LetterState | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[InboxLetter]:
        """Letters, newest first; ``before`` is the id to go on from."""
        query = select(InboxLetter).order_by(InboxLetter.id.desc()).limit(limit)
        if state is not None:
            query = query.where(InboxLetter.state == state.value)
        if before is not None:
            query = query.where(InboxLetter.id < before)
        async with self._database.transaction() as session:
            return (await session.scalars(query)).all()

    async def retry(self, letter_id: int) -> InboxLetter:
        """Read one again that was put aside.  Raises `NotFoundError`, `IllegalMoveError`."""
        async with self._database.transaction() as session:
            row = await self._aside(session, letter_id)
            row.state, row.attempts = LetterState.waiting.value, 0
            row.failing_since = row.next_at = row.closed_at = None
            await ring(session, BELL)
            return row

    async def drop(self, letter_id: int, *, at: datetime) -> InboxLetter:
        """Nobody needs it; its key is kept for as long as any.  Raises `NotFoundError`, `IllegalMoveError`."""
        async with self._database.transaction() as session:
            row = await self._aside(session, letter_id)
            row.state, row.closed_at = LetterState.done.value, at
            return row

    async def forget(self, *, before: datetime) -> int:
        """Delete what was done before; returns how many.  What was put aside stays until somebody decides."""
        is_over = InboxLetter.state == LetterState.done.value, InboxLetter.closed_at < before
        async with self._database.transaction() as session:
            return len((await session.execute(delete(InboxLetter).where(*is_over).returning(InboxLetter.id))).all())

    async def _mark(self, letter_id: int, **values: Any) -> None:
        async with self._database.transaction() as session:
            await session.execute(update(InboxLetter).where(InboxLetter.id == letter_id).values(**values))

    async def _aside(self, session: AsyncSession, letter_id: int) -> InboxLetter:
        row = await session.get(InboxLetter, letter_id, with_for_update=True)
        if row is None:
            raise NotFoundError(f"没有这封来信：{letter_id}")
        if row.state != LetterState.aside:
            raise IllegalMoveError(f"来信 {letter_id} 的状态是 {row.state}，只能处理被搁置的")
        return row
