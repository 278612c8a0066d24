"""Keeping the condition of waybills true: judge, write what changed, and tell whoever has to act.

Everything happens in the caller's transaction: what made the system look, the new condition, its history and the
tickets that follow are committed together or not at all.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

import numpy as np
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.rules.model import RuleBook
from bot.waybills.arrays import literals
from bot.waybills.columns import LISTS, SEND, StateColumns, columns_from, states_of
from bot.waybills.instructions import agreed_until
from bot.waybills.judging import Judgement, judge, rules_digest
from bot.waybills.model import Condition

USUAL_LIFE = timedelta(days=100)
"""Older waybills are looked for only when a number is not among the younger ones."""


@dataclass(frozen=True)
class Changed:
    """One waybill whose condition has just become another.  ``tells_outlet``: its holder has to know."""

    waybill_no: str
    before: Condition
    after: Condition
    because: tuple[str, ...]
    facts: dict[str, Any]
    holding_outlet: str
    tells_outlet: bool


@dataclass(frozen=True)
class RuleCase:
    """A waybill for which a rule wants a ticket."""

    waybill_no: str
    category: str
    because: tuple[str, ...]
    facts: dict[str, Any]


class Consequences(Protocol):
    """What follows from a judgement outside of waybills.  Both are called within the judging transaction."""

    async def changed(self, session: AsyncSession, changes: Sequence[Changed], *, at: datetime) -> None:
        """Conditions became others."""
        ...

    async def open_tickets(self, session: AsyncSession, cases: Sequence[RuleCase], *, at: datetime) -> list[str]:
        """Open what rules want, once per waybill and category; returns the numbers of the waybills that got one."""
        ...

    async def close_tickets(self, session: AsyncSession, waybill_nos: Sequence[str], *, at: datetime) -> list[str]:
        """The cause of tickets that a rule opened is gone; returns the numbers of waybills that lost one."""
        ...


class NoConsequences:
    """For imports before anybody works with them, and for tests."""

    async def changed(self, session: AsyncSession, changes: Sequence[Changed], *, at: datetime) -> None:
        """Nobody is told."""

    async def open_tickets(self, session: AsyncSession, cases: Sequence[RuleCase], *, at: datetime) -> list[str]:  # noqa: ARG002
        return []

    async def close_tickets(self, session: AsyncSession, waybill_nos: Sequence[str], *, at: datetime) -> list[str]:  # noqa: ARG002
        return []


class Conditions:
    """Judges waybills and makes the judgement stand."""

    def __init__(self, book: Callable[[], RuleBook], clock: Clock, consequences: Consequences | None = None) -> None:
        self._book = book
        self._clock = clock
        self._consequences = consequences or NoConsequences()
        self._digested: tuple[RuleBook, str] | None = None

    def lead_to(self, consequences: Consequences) -> None:
        """Consequences that need these conditions themselves come later; for the composition root."""
        self._consequences = consequences

    @property
    def rules(self) -> str:
        """The digest of the rules that judge from now on."""
        return self._digest(self._book())

    async def refresh(self, session: AsyncSession, numbers: Sequence[str], *, trigger: str) -> int:
        """Judge these waybills now; returns how many changed.  Their rows should be locked by the caller."""
        if not numbers:
            return 0
        now = self._clock()
        states = await known_states(session, numbers, now=now)
        return await self.settle(session, states, trigger=trigger, now=now)

    async def settle(
        self,
        session: AsyncSession,
        states: StateColumns,
        *,
        trigger: str,
        now: datetime,
        facts: Mapping[str, Sequence[Any]] | None = None,
    ) -> int:
        """Judge states that were read before, and write what is still as it was read.

        ``facts``: columns of `TRACK_COLUMNS` that were read anew from the tracks and are written along; ``states`` has
        them already.
        """
        if not len(states):
            return 0
        book = self._book()
        judged = judge(states, book, now_s=now.timestamp())
        numbers = judged.states.waybill_no.tolist()
        still = await _write(session, judged, self._digest(book), facts)
        changes = _changes(judged, [place for place in judged.changed() if numbers[place] in still], still)
        if changes:
            await _remember(session, changes, trigger=trigger, at=now)
            await self._consequences.changed(session, changes, at=now)
        await self._open(session, judged, still, now)
        await self._close(session, judged, still, now)
        return len(changes)

    async def hold(self, session: AsyncSession, waybill_no: str) -> None:
        """Keep others from judging this waybill until the transaction ends.

        For whoever counts something of it before telling: a count made without it may be old by the time it is written.
        """
        await session.execute(_HOLD, {"no": waybill_no})

    async def _done(
        self, session: AsyncSession, statement: TextClause, values: Mapping[str, Any], trigger: str
    ) -> None:
        """Change what people did with one waybill, and judge it as it is now."""
        block = await session.scalar(statement, {**values, **LISTS})
        await self.settle(session, columns_from(block or b""), trigger=trigger, now=self._clock())

    async def tickets_changed(
        self, session: AsyncSession, waybill_no: str, *, open_tickets: int, settled: bool
    ) -> None:
        """The number of open service tickets is now this; ``settled``: the last one was closed and passed review."""
        values = {"no": waybill_no, "open": open_tickets, "at": self._clock() if settled else None}
        await self._done(session, _TICKETS, values, "ticket")

    async def contacted(self, session: AsyncSession, waybill_no: str) -> None:
        """Somebody asked about the parcel and got a summary."""
        await self._done(session, _CONTACTED, {"no": waybill_no, "at": self._clock()}, "summary")

    async def agreed(self, session: AsyncSession, waybill_no: str, reason: str, words: str) -> None:
        """Another delivery was agreed (``reason`` as in the table ``redelivery``): from now on this is the promise."""
        zone = await session.scalar(_ZONE, {"no": waybill_no}) or ""
        until = agreed_until(self._book(), reason, words, zone, now=self._clock())
        await self._done(session, _AGREED, {"no": waybill_no, "at": until}, "instruction")

    async def consented(self, session: AsyncSession, waybill_no: str, *, to_station: bool) -> None:
        """The consignee agreed to a locker or station, or refused it."""
        await self._done(session, _CONSENTED, {"no": waybill_no, "consent": to_station}, "instruction")

    def _digest(self, book: RuleBook) -> str:
        """Reckoned once for each book."""
        if self._digested is None or self._digested[0] is not book:
            self._digested = (book, rules_digest(book))
        return self._digested[1]

    async def _open(self, session: AsyncSession, judged: Judgement, still: Collection[str], now: datetime) -> None:
        wanted = np.flatnonzero(judged.opens_ticket != "").tolist()
        cases = _cases(judged, [place for place in wanted if judged.states.waybill_no[place] in still])
        if cases:
            opened = await self._consequences.open_tickets(session, cases, at=now)
            await session.execute(_COUNT_TICKETS, {"numbers": opened, "by": 1})

    async def _close(self, session: AsyncSession, judged: Judgement, still: Collection[str], now: datetime) -> None:
        gone = (judged.states.counts["open_tickets"] > 0) & judged.is_met
        numbers = [number for number in judged.states.waybill_no[gone].tolist() if number in still]
        if not numbers:
            return
        closed = await self._consequences.close_tickets(session, numbers, at=now)
        if closed:
            await session.execute(_COUNT_TICKETS, {"numbers": closed, "by": -1})
            await self.refresh(session, closed, trigger="ticket")


async def known_states(session: AsyncSession, numbers: Sequence[str], *, now: datetime) -> StateColumns:
    """The states of these waybills; the younger ones are looked for first."""
    states = await states_of(session, list(numbers), oldest=now - USUAL_LIFE)
    if len(states) < len(set(numbers)):
        states = await states_of(session, list(numbers), oldest=datetime(2000, 1, 1, tzinfo=timezone.utc))
    return states


async def _write(
    session: AsyncSession, judged: Judgement, rules: str, facts: Mapping[str, Sequence[Any]] | None
) -> dict[str, str]:
    """Write the judgements of states that nobody changed since they were read; returns who holds each of these."""
    reasons: dict[tuple[str, ...], int] = {}
    places = [reasons.setdefault(judged.because(place), len(reasons)) for place in range(len(judged.states))]
    columns: dict[str, Sequence[Any]] = {
        "numbers": judged.states.waybill_no.tolist(),
        "shipped": judged.states.moments["shipped_at"].tolist(),
        "versions": judged.states.version.tolist(),
        "conditions": judged.condition.tolist(),
        "reasons": list(map(json.dumps, reasons)),
        "places": [place + 1 for place in places],
        "warn": _or_none(judged.warn_at),
        "next": _or_none(judged.next_check_at),
    }
    statement = _JUDGED if facts is None else _JUDGED_ANEW
    values = literals(columns | dict(facts or {})) | {"rules": rules}
    return {str(row.waybill_no): str(row.holding_outlet) for row in await session.execute(statement, values)}


def _or_none(seconds: Any) -> list[float | None]:
    return [None if value != value else value for value in seconds.tolist()]


def _changes(judged: Judgement, places: list[int], holders: Mapping[str, str]) -> list[Changed]:
    numbers = [str(judged.states.waybill_no[place]) for place in places]
    return [
        Changed(
            waybill_no=number,
            before=Condition(judged.states.names["condition"][place]),
            after=Condition(judged.condition[place]),
            because=judged.because(place),
            facts=seen,
            holding_outlet=holders[number],
            tells_outlet=bool(judged.tells_outlet[place]),
        )
        for number, place, seen in zip(numbers, places, judged.facts_at(places), strict=True)
    ]


def _cases(judged: Judgement, places: list[int]) -> list[RuleCase]:
    numbers, categories = judged.states.waybill_no, judged.opens_ticket
    return [
        RuleCase(str(numbers[place]), str(categories[place]), judged.because(place), seen)
        for place, seen in zip(places, judged.facts_at(places), strict=True)
    ]


async def _remember(session: AsyncSession, changes: Sequence[Changed], *, trigger: str, at: datetime) -> None:
    columns = {
        "numbers": [change.waybill_no for change in changes],
        "before": [change.before.value for change in changes],
        "after": [change.after.value for change in changes],
        "because": [json.dumps(change.because) for change in changes],
        "facts": [json.dumps(change.facts) for change in changes],
    }
    await session.execute(_HISTORY, literals(columns) | {"at": at, "trigger": trigger})


TRACK_COLUMNS = {
    "status": "text",
    "leg": "text",
    "leg_since": "timestamptz",
    "last_at": "timestamptz",
    "holding_outlet": "text",
    "failed_attempts": "int",
    "loops": "int",
    "skipped_out_for_delivery": "bool",
    "station_without_consent": "bool",
    "refused_then_delivered": "bool",
    "heading_away": "bool",
    "delivered_at": "timestamptz",
    "told": "jsonb",
}
"""What a track says, and the type of each in PostgreSQL."""
_JUDGED_COLUMNS = {
    "numbers": "text",
    "shipped": "float8",
    "versions": "int",
    "conditions": "text",
    "places": "int",
    "warn": "float8",
    "next": "float8",
}


def _update(facts: Mapping[str, str]) -> TextClause:
    """Judgements, and with them facts, of many waybills at once, where nobody changed them meanwhile.

    One statement for both: each version of a row costs a place in every index.
    """
    columns = {**_JUDGED_COLUMNS, **facts}
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    changed = [f"{name} = t.{name}" for name in facts] + (["version = s.version + 1"] if facts else [])
    return text(
        f"""
        UPDATE waybill_states AS s
        SET condition = t.conditions, rules = :rules, because = CAST((CAST(:reasons AS text[]))[t.places] AS jsonb),
            {", ".join(["warn_at = to_timestamp(t.warn)", "next_check_at = to_timestamp(t.next)", *changed])}
        FROM unnest({arrays}) AS t({", ".join(columns)})
        WHERE s.waybill_no = t.numbers AND s.shipped_at = to_timestamp(t.shipped) AND s.version = t.versions
        RETURNING s.waybill_no, s.holding_outlet
        """  # noqa: S608
    )


_JUDGED, _JUDGED_ANEW = _update({}), _update(TRACK_COLUMNS)
_HISTORY = text(
    """
    INSERT INTO condition_changes (waybill_no, at, before, after, trigger, because, facts)
    SELECT waybill_no, :at, before, after, :trigger, CAST(because AS jsonb), CAST(facts AS jsonb)
    FROM unnest(CAST(:numbers AS text[]), CAST(:before AS text[]), CAST(:after AS text[]), CAST(:because AS text[]),
                CAST(:facts AS text[])) AS t(waybill_no, before, after, because, facts)
    """
)
_HOLD = text("SELECT FROM waybill_states WHERE waybill_no = :no FOR UPDATE")


def _changed(changes: str) -> TextClause:
    """What people did with one waybill, and its state after that as one block."""
    return text(
        f"WITH changed AS (UPDATE waybill_states SET {changes}, version = version + 1 "  # noqa: S608
        f"WHERE waybill_no = :no RETURNING *) SELECT string_agg({SEND}, '') FROM changed"
    )


_TICKETS = _changed("open_tickets = :open, settled_at = coalesce(:at, settled_at)")
_CONTACTED = _changed("contacted_at = greatest(contacted_at, :at)")
_AGREED = _changed("agreed_at = :at")
_CONSENTED = _changed("station_consent = :consent, station_without_consent = NOT :consent AND status = 'at_station'")
_ZONE = text("SELECT zone FROM waybill_states WHERE waybill_no = :no")
_COUNT_TICKETS = text(
    "UPDATE waybill_states SET open_tickets = greatest(0, open_tickets + :by), version = version + 1 "
    "WHERE waybill_no = ANY(:numbers)"
)
