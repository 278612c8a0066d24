"""Keeping the counters: the hours that are due are counted, and their days summed up, in one transaction each."""

from datetime import date, datetime, time, timedelta
from time import monotonic

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import CHINA, Clock, local
from bot.conversations.model import Message
from bot.db import Database
from bot.studio.insight.counting import count_hour
from bot.studio.insight.slices import due, is_settled
from bot.studio.insight.tables import DayCount, SliceCount, StudioSlice

TASK = "studio.count"
EVERY_MINUTE = "* * * * *"
_BUDGET_S = 20.0
_KEPT = timedelta(days=3)


class Counters:
    """Counts what happened, an hour at a time; see `bot.studio.insight.slices` for which and how often.

    Parameters
    ----------
    budget_s: seconds one run may take; what is due beyond that is left to the next, so a long past is caught up with
        little by little, the newest first.
    """

    def __init__(self, database: Database, clock: Clock, *, budget_s: float = _BUDGET_S) -> None:
        self._database = database
        self._clock = clock
        self._budget_s = budget_s
        self._first: datetime | None = None

    async def run(self, _: datetime | None = None) -> int:
        """Count what is due; returns how many hours that were."""
        began = monotonic()
        done = 0
        for hour in await self._due():
            if done and monotonic() - began > self._budget_s:
                break
            async with self._database.transaction() as session:
                await self._count(session, hour)
            done += 1
        await self._forget()
        return done

    async def _due(self) -> list[datetime]:
        async with self._database.transaction() as session:
            self._first = self._first or await session.scalar(select(func.min(Message.created_at)))
            if self._first is None:
                return []
            rows = await session.execute(select(StudioSlice.at, StudioSlice.counted_at))
            counted = {at: counted_at for at, counted_at in rows}  # noqa: C416  rows are no pairs to mypy
        return due(self._first, self._clock(), counted)

    async def _count(self, session: AsyncSession, hour: datetime) -> None:
        now = self._clock()
        await count_hour(session, hour)
        row = upsert(StudioSlice).values(at=hour, counted_at=now)
        await session.execute(row.on_conflict_do_update(index_elements=["at"], set_={"counted_at": now}))
        await _sum_up(session, local(hour).date())

    async def _forget(self) -> None:
        """Hours that can change no more are in the counters of their day, and of no use by themselves."""
        now = self._clock()
        async with self._database.transaction() as session:
            await session.execute(delete(SliceCount).where(SliceCount.at.in_(await _closed(session, now))))


async def _closed(session: AsyncSession, now: datetime) -> list[datetime]:
    """Hours of days that are over for good: all 24 of them are settled."""
    query = select(StudioSlice).where(StudioSlice.at.in_(select(SliceCount.at)), StudioSlice.at < now - _KEPT)
    days = {local(row.at).date() for row in await session.scalars(query)}
    found: list[datetime] = []
    for day in days:
        begin = beginning(day)
        of_day = StudioSlice.at >= begin, StudioSlice.at < begin + timedelta(days=1)
        hours = (await session.scalars(select(StudioSlice).where(*of_day))).all()
        if len(hours) == 24 and all(is_settled(row.at, row.counted_at) for row in hours):
            found += [row.at for row in hours]
    return found


_SUM = text(
    "INSERT INTO studio_day_counts (metric, day, channel, key, n, total)"
    " SELECT metric, :day, channel, key, sum(n), sum(total) FROM studio_slice_counts"
    " WHERE at >= :begin AND at < :until GROUP BY metric, channel, key"
)


async def _sum_up(session: AsyncSession, day: date) -> None:
    begin = beginning(day)
    await session.execute(delete(DayCount).where(DayCount.day == day))
    await session.execute(_SUM, {"day": day, "begin": begin, "until": begin + timedelta(days=1)})


def beginning(day: date) -> datetime:
    """The first moment of a day in China."""
    return datetime.combine(day, time(), CHINA)
