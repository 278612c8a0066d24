"""Adapters: misses as their tables have them, the dates of published answers, titles from the draft."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select, text

from bot.db import Database
from bot.studio.insight.model import MendedDay
from bot.studio.insight.ports import ContentSource, Expiring, Trouble
from bot.studio.misses.kinds import MissCause
from bot.studio.misses.tables import Miss, MissGroup
from knowledge_base.entries import FaqEntry

_UPSET = (MissCause.dissatisfied, MissCause.upset, MissCause.low_rating)
_MENDED = text(
    "SELECT (mended_at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(*),"
    " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM mended_at - at)) / 3600"
    " FROM misses WHERE state = 'mended' AND mended_at >= :since AND mended_at < :until GROUP BY 1 ORDER BY 1"
)


class MissTables:
    """The port `MissSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def troubles(self, since: datetime, *, limit: int) -> list[Trouble]:
        people = func.count().filter(Miss.causes.contains([MissCause.handed_over.value]))
        is_upset = [Miss.causes.contains([cause.value]) for cause in _UPSET]
        upset = func.count().filter(or_(*is_upset))
        lost = func.count().filter(or_(Miss.causes.contains([MissCause.handed_over.value]), *is_upset))
        week = func.count()
        recent = (
            select(
                Miss.group_id,
                week.label("week"),
                people.label("people"),
                upset.label("upset"),
                lost.label("lost"),
            )
            .where(Miss.at >= since, Miss.group_id.is_not(None))
            .group_by(Miss.group_id)
            .order_by(lost.desc(), week.desc())
            .limit(limit * 2)
            .subquery()
        )
        query = (
            select(MissGroup, recent.c.week, recent.c.people, recent.c.upset, recent.c.lost)
            .join(recent, recent.c.group_id == MissGroup.id)
            .where(MissGroup.open > 0)
            .order_by(recent.c.lost.desc(), recent.c.week.desc())
            .limit(limit)
        )
        async with self._database.transaction() as session:
            rows = (await session.execute(query)).all()
        return [_trouble(group, *map(int, counted)) for group, *counted in rows]

    async def mended(self, since: datetime, until: datetime) -> list[MendedDay]:
        async with self._database.transaction() as session:
            rows = (await session.execute(_MENDED, {"since": since, "until": until})).all()
        return [MendedDay(day, int(n), round(float(hours), 2)) for day, n, hours in rows]


class PublishedEntries:
    """The port `ExpirySource`.  ``entries`` gives what customers are answered with now."""

    def __init__(self, entries: Callable[[], Iterable[FaqEntry]]) -> None:
        self._entries = entries

    async def expiring(self, after: date, until: date) -> Sequence[Expiring]:
        return [
            Expiring(entry.id, entry.question, entry.valid_until)
            for entry in self._entries()
            if entry.valid_until is not None and after <= entry.valid_until <= until
        ]


def _trouble(group: MissGroup, week: int, people: int, upset: int, lost: int) -> Trouble:
    counted = week, people, upset, lost
    return Trouble(group.id, group.name, group.open, *counted, group.target, group.agree, group.asked)


class DraftTitles:
    """What intents and topics are called in the draft."""

    def __init__(self, content: ContentSource) -> None:
        self._content = content

    async def intents(self) -> dict[str, str]:
        return {line.name: line.zh for line in await self._content.intents()}

    async def topics(self) -> dict[str, str]:
        return {line.id: line.question or line.covers for line in await self._content.topics()}
