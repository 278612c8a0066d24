"""How often each answer is given and what follows: counted by day, so that looking is quick however many there were.

Every answer of the knowledge base leaves a service summary that names its topic.  Nobody asks customers whether that
one answer helped, so it is judged by what follows: a person is asked for within ten minutes; the same is asked again
within ten minutes, or the customer says that it did not help; and the score given to the bot at the end of the contact.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import CHINA, Clock, local
from bot.db import Database
from bot.studio.faq.tables import FaqDay, FaqDayCounted

LOOKED_BACK = 30
"""Days that the list tells of, today included."""
OPEN_DAYS = 3
"""So long after a day somebody may still rate it."""
ENOUGH = 10
"""Fewer uses than this say nothing about an answer."""
LOW_HELPED = 0.7
LOW_SCORE = 3.5
_ENOUGH_RATED = 5
_LOCK = 2_077_031
_REMEMBERED = timedelta(minutes=1)

_COUNT = text(
    """
    WITH used AS MATERIALIZED (
        SELECT conversation_id, at, substring(text FROM '[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*') AS topic,
               coalesce(nullif(split_part(turn, ':', 2), '')::bigint, 0) AS seq
        FROM service_summaries
        WHERE at >= :since AND at < :until AND wrap_up_code = 'faq'
    ), followed AS (
        SELECT used.topic,
            EXISTS (
                SELECT FROM conversation_moves AS moved
                WHERE moved.conversation_id = used.conversation_id AND moved.move IN ('queue', 'promise')
                  AND moved.at >= used.at AND moved.at <= used.at + interval '10 minutes'
            ) AS handed_over,
            EXISTS (
                SELECT FROM service_summaries AS again
                WHERE again.conversation_id = used.conversation_id AND again.wrap_up_code = 'faq'
                  AND again.at > used.at AND again.at <= used.at + interval '10 minutes'
                  AND substring(again.text FROM '[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*') = used.topic
            ) OR EXISTS (
                SELECT FROM messages AS said
                WHERE said.conversation_id = used.conversation_id AND said.seq > used.seq AND said.author = 'customer'
                  AND said.created_at <= used.at + interval '10 minutes'
                  AND said.understood ->> 'intent' = 'dissatisfied'
            ) AS asked_again,
            (
                SELECT rating.score FROM conversation_ratings AS rating
                WHERE rating.conversation_id = used.conversation_id AND rating.about = 'bot'
                  AND rating.seq >= used.seq AND rating.score IS NOT NULL
                  AND rating.offered_at <= used.at + interval '24 hours'
                ORDER BY rating.seq LIMIT 1
            ) AS score
        FROM used WHERE used.topic IS NOT NULL
    )
    SELECT topic, count(*) AS uses, count(*) FILTER (WHERE handed_over) AS handed_over,
           count(*) FILTER (WHERE asked_again) AS asked_again,
           count(*) FILTER (WHERE handed_over OR asked_again) AS unhelped,
           count(score) AS rated, coalesce(sum(score), 0) AS scores
    FROM followed GROUP BY topic
    """
)


@dataclass(frozen=True)
class TopicUse:
    """What became of the answers to one topic; ``score`` is the mean of 1 to 5, None where nobody rated."""

    uses: int = 0
    handed_over: int = 0
    asked_again: int = 0
    unhelped: int = 0
    rated: int = 0
    scores: int = 0

    @property
    def helped(self) -> float | None:
        """The share of answers after which the customer asked neither again nor for a person."""
        return 1 - self.unhelped / self.uses if self.uses else None

    @property
    def score(self) -> float | None:
        return self.scores / self.rated if self.rated else None

    @property
    def is_low(self) -> bool:
        """Enough customers were not content."""
        is_unhelpful = self.uses >= ENOUGH and (self.helped or 0) < LOW_HELPED
        return is_unhelpful or (self.rated >= _ENOUGH_RATED and (self.score or 0) < LOW_SCORE)


NEVER = TopicUse()


class FaqUse:
    """The one door to the counters."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: tuple[datetime, dict[str, TopicUse]] | None = None

    async def count(self, _: datetime | None = None) -> list[date]:
        """Count the days of the last month that are not counted for good; returns them.  Safe to run at any time."""
        today = local(self._clock()).date()
        async with self._database.transaction() as session:
            days = await _to_count(session, today)
        for day in days:
            await self._count_day(day)
        return days

    async def latest(self) -> dict[str, TopicUse]:
        """By topic, of the last 30 days; at most a minute old."""
        now = self._clock()
        if self._known is None or now - self._known[0] > _REMEMBERED:
            self._known = now, await self._sums(local(now).date() - timedelta(days=LOOKED_BACK - 1))
        return self._known[1]

    async def days(self, topic: str) -> list[tuple[date, TopicUse]]:
        """The days of the last 30 on which it was used, oldest first."""
        since = local(self._clock()).date() - timedelta(days=LOOKED_BACK - 1)
        query = select(FaqDay).where(FaqDay.topic == topic, FaqDay.day >= since).order_by(FaqDay.day)
        async with self._database.transaction() as session:
            return [(row.day, _use(row)) for row in await session.scalars(query)]

    async def _sums(self, since: date) -> dict[str, TopicUse]:
        columns = [func.sum(getattr(FaqDay, name)) for name in TopicUse.__dataclass_fields__]
        query = select(FaqDay.topic, *columns).where(FaqDay.day >= since).group_by(FaqDay.topic)
        async with self._database.transaction() as session:
            return {topic: TopicUse(*map(int, sums)) for topic, *sums in await session.execute(query)}

    async def _count_day(self, day: date) -> None:
        """Whoever counts the same day at the same time waits, and gets the same."""
        since = datetime(day.year, day.month, day.day, tzinfo=CHINA)
        async with self._database.transaction() as session:
            await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            found = await session.execute(_COUNT, {"since": since, "until": since + timedelta(days=1)})
            rows = [{"day": day, **row} for row in found.mappings()]
            await session.execute(delete(FaqDay).where(FaqDay.day == day))
            if rows:
                await session.execute(insert(FaqDay), rows)
            now = self._clock()
            counted = upsert(FaqDayCounted).values(day=day, at=now)
            await session.execute(counted.on_conflict_do_update(index_elements=["day"], set_={"at": now}))


async def _to_count(session: AsyncSession, today: date) -> list[date]:
    """Days that were never counted, or before their ratings were all in."""
    first = today - timedelta(days=LOOKED_BACK - 1)
    counted = {row.day: row.at for row in await session.scalars(select(FaqDayCounted))}
    days = [first + timedelta(days=number) for number in range(LOOKED_BACK)]
    return [day for day in days if (at := counted.get(day)) is None or not _is_final(day, at)]


def _is_final(day: date, counted_at: datetime) -> bool:
    return local(counted_at).date() >= day + timedelta(days=OPEN_DAYS)


def _use(row: FaqDay) -> TopicUse:
    return TopicUse(**{name: getattr(row, name) for name in TopicUse.__dataclass_fields__})
