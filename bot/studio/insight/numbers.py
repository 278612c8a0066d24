"""The numbers of a period, read from the counters of its days."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import CHINA, Clock, local
from bot.db import Database
from bot.errors import BadQueryError
from bot.staff.model import Actor
from bot.studio.insight.kinds import GIVEN_UP, RESOLVED, Metric
from bot.studio.insight.model import (
    LONGEST,
    Asked,
    Contacts,
    DayNumbers,
    EntryUse,
    Heard,
    MendedDay,
    Period,
    Ratings,
    Report,
)
from bot.studio.insight.ports import MissSource
from bot.studio.insight.tables import DayCount, StudioSlice
from bot.studio.insight.words import insight_words
from bot.studio.roles import refuse_unless_looks
from bot.studio.sets.kinds import FALLBACK, OUT_OF_SCOPE

Counted = Iterable[tuple[str, int, float]]
"""Key, n, total."""


class Numbers:
    """The one door to the counters, for whoever may look."""

    def __init__(self, database: Database, clock: Clock, misses: MissSource) -> None:
        self._database = database
        self._clock = clock
        self._misses = misses

    def last(self, days: int) -> Period:
        """So many days, today the last."""
        today = local(self._clock()).date()
        return Period(today - timedelta(days=days - 1), today)

    async def report(self, actor: Actor, period: Period, *, channel: str | None = None) -> Report:
        """Raises `BadQueryError` for a period that makes no sense."""
        refuse_unless_looks(actor)
        refuse_if_odd(period)
        async with self._database.transaction() as session:
            contacts = await _by_day(session, Metric.contact, period, channel)
            heard = await _by_channel(session, period, channel)
            intents = await _summed(session, Metric.heard, period, channel)
            rated = await _by_day(session, Metric.rating, period, channel)
            before = contacts_of(await _summed(session, Metric.contact, period.before, channel))
            intents_before = await _summed(session, Metric.heard, period.before, channel)
            entries = await self._entries(session, period, channel)
            unanswered = await _summed(session, Metric.unanswered, period, channel)
            counted_at = await session.scalar(select(func.max(StudioSlice.counted_at)))
            channels = tuple((await session.scalars(_channels(period))).all())
        return Report(
            period=period,
            channel=channel,
            channels=channels,
            counted_at=counted_at,
            days=tuple(_day(day, contacts[day], heard[day], rated[day]) for day in period.each()),
            contacts=contacts_of(_added(row for rows in contacts.values() for row in rows)),
            before=before,
            heard=heard_of(intents),
            heard_before=heard_of(intents_before),
            bot_ratings=ratings_of(_added(row for rows in rated.values() for row in rows), "bot"),
            agent_ratings=ratings_of(_added(row for rows in rated.values() for row in rows), "agent"),
            asked=asked_of(intents, intents_before),
            entries=entries,
            unanswered=sum(n for _, n, _ in unanswered),
            mended=tuple(await self._mended(period)),
        )

    async def entries(self, period: Period) -> tuple[EntryUse, ...]:
        """Answers of the knowledge base, the most used first."""
        async with self._database.transaction() as session:
            return await self._entries(session, period, None)

    async def totals(self, period: Period) -> tuple[Contacts, Heard, int]:
        """How contacts ended, what was heard, and questions the knowledge base had no answer to."""
        async with self._database.transaction() as session:
            contacts = await _summed(session, Metric.contact, period, None)
            heard = await _summed(session, Metric.heard, period, None)
            unanswered = await _summed(session, Metric.unanswered, period, None)
        return contacts_of(contacts), heard_of(heard), sum(n for _, n, _ in unanswered)

    async def _entries(self, session: AsyncSession, period: Period, channel: str | None) -> tuple[EntryUse, ...]:
        answered = await _summed(session, Metric.answered, period, channel)
        suggested = await _summed(session, Metric.suggested, period, channel)
        return entries_of(answered, suggested)

    async def _mended(self, period: Period) -> list[MendedDay]:
        begin = datetime.combine(period.since, time(), CHINA)
        return await self._misses.mended(begin, begin + timedelta(days=period.days))


def refuse_if_odd(period: Period) -> None:
    if period.until < period.since or period.until - period.since > LONGEST:
        raise BadQueryError(insight_words().refusals["period"])


def contacts_of(rows: Counted) -> Contacts:
    found = {key: (n, int(total)) for key, n, total in rows}
    resolved, repeated = found.pop(RESOLVED, (0, 0))
    given_up, _ = found.pop(GIVEN_UP, (0, 0))
    return Contacts(resolved, repeated, given_up, {why: n for why, (n, _) in sorted(found.items())})


def heard_of(rows: Counted) -> Heard:
    rows = list(rows)
    by_intent = {intent: n for intent, n, _ in rows}
    n = sum(by_intent.values())
    confidence = sum(total for _, _, total in rows) / n if n else 0.0
    return Heard(n, by_intent.get(FALLBACK, 0), by_intent.get(OUT_OF_SCOPE, 0), confidence)


def ratings_of(rows: Counted, about: str) -> Ratings:
    scores = ((key.partition(":"), n) for key, n, _ in rows)
    return Ratings({int(score): n for (who, _, score), n in scores if who == about})


def asked_of(rows: Counted, before: Counted) -> tuple[Asked, ...]:
    """What is wanted most comes first; what was not understood is nothing that was wanted."""
    known = {intent: n for intent, n, _ in before}
    wanted = [Asked(intent, n, known.get(intent, 0)) for intent, n, _ in rows if intent != FALLBACK]
    return tuple(sorted(wanted, key=lambda one: (-one.n, one.intent)))


def entries_of(answered: Counted, suggested: Counted) -> tuple[EntryUse, ...]:
    outcomes: dict[str, dict[str, int]] = defaultdict(dict)
    for key, n, _ in suggested:
        topic, _, outcome = key.rpartition(":")
        outcomes[topic][outcome] = n
    given = {topic: (n, int(bad)) for topic, n, bad in answered}
    uses = [
        EntryUse(topic, *given.get(topic, (0, 0)), **outcomes.get(topic, {})) for topic in sorted({*given, *outcomes})
    ]
    return tuple(sorted(uses, key=lambda use: (-use.n, -use.suggested, use.topic)))


def _day(day: date, contacts: Counted, heard: Mapping[str, Counted], rated: Counted) -> DayNumbers:
    return DayNumbers(
        day=day,
        contacts=contacts_of(contacts),
        heard=heard_of(_added(row for rows in heard.values() for row in rows)),
        channels={channel: heard_of(rows) for channel, rows in sorted(heard.items())},
        bot_ratings=ratings_of(rated, "bot"),
        agent_ratings=ratings_of(rated, "agent"),
    )


def _added(rows: Counted) -> list[tuple[str, int, float]]:
    n, total = Counter[str](), Counter[str]()
    for key, count, sum_of in rows:
        n[key] += count
        total[key] += sum_of  # type: ignore[assignment]  # a Counter of floats adds up as well
    return [(key, n[key], float(total[key])) for key in n]


def _where(metric: Metric, period: Period, channel: str | None) -> list[object]:
    found: list[object] = [DayCount.metric == metric.value, DayCount.day >= period.since, DayCount.day <= period.until]
    return [*found, DayCount.channel == channel] if channel else found


def _channels(period: Period) -> Select[str]:
    query = select(DayCount.channel).where(*_where(Metric.heard, period, None))  # type: ignore[arg-type]
    return query.distinct().order_by(DayCount.channel)


async def _summed(
    session: AsyncSession, metric: Metric, period: Period, channel: str | None
) -> list[tuple[str, int, float]]:
    n, total = func.sum(DayCount.n), func.sum(DayCount.total)
    query = select(DayCount.key, n, total).where(*_where(metric, period, channel))  # type: ignore[arg-type]
    return [(key, int(n), float(total)) for key, n, total in await session.execute(query.group_by(DayCount.key))]


async def _by_day(
    session: AsyncSession, metric: Metric, period: Period, channel: str | None
) -> dict[date, list[tuple[str, int, float]]]:
    n, total = func.sum(DayCount.n), func.sum(DayCount.total)
    query = select(DayCount.day, DayCount.key, n, total).where(*_where(metric, period, channel))  # type: ignore[arg-type]
    found: dict[date, list[tuple[str, int, float]]] = defaultdict(list)
    for day, key, count, sum_of in await session.execute(query.group_by(DayCount.day, DayCount.key)):
        found[day].append((key, int(count), float(sum_of)))
    return found


async def _by_channel(
    session: AsyncSession, period: Period, channel: str | None
) -> dict[date, dict[str, list[tuple[str, int, float]]]]:
    """What was heard; of intents only those apart that were not understood or are none of our business."""
    kind = case((DayCount.key.in_((FALLBACK, OUT_OF_SCOPE)), DayCount.key), else_="")
    counted = func.sum(DayCount.n), func.sum(DayCount.total)
    query = select(DayCount.day, DayCount.channel, kind, *counted).where(*_where(Metric.heard, period, channel))  # type: ignore[arg-type]
    found: dict[date, dict[str, list[tuple[str, int, float]]]] = defaultdict(lambda: defaultdict(list))
    for day, name, key, n, total in await session.execute(query.group_by(DayCount.day, DayCount.channel, kind)):
        found[day][name].append((key, int(n), float(total)))
    return found
