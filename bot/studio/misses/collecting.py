"""Misses found as conversations go on: a little every minute, from where the last run stopped, nothing twice."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.studio.misses import stored
from bot.studio.misses.grouping import Grouping
from bot.studio.misses.kinds import MissCause, MissState
from bot.studio.misses.masking import Masked, Masker
from bot.studio.misses.reading import LOOK_BACK, Bubble, Finding, blamed, find
from bot.studio.misses.signs import Signs
from bot.studio.misses.stored import Cut, Touched
from bot.studio.misses.tables import Miss, MissCursor, MissRead

logger = logging.getLogger(__name__)

SETTLED = timedelta(seconds=30)
"""What happened so lately may still be being written: moods, what agents made of suggestions."""
CONVERSATIONS, RATINGS = "conversations", "ratings"
_BATCH = 200
_BATCHES = 50
_RANKING = 5
_BEGINNING = (datetime(1970, 1, 1, tzinfo=timezone.utc), UUID(int=0))


@dataclass(frozen=True)
class Collected:
    """What one run did: conversations and ratings read, and misses that were new."""

    read: int
    misses: int


@dataclass(frozen=True)
class _Found:
    """A miss with everything around it, ready to be kept."""

    conversation: Touched
    finding: Finding
    bubble: Bubble
    masked: Masked
    cut: Cut

    @property
    def key(self) -> tuple[UUID, int]:
        return self.conversation.id, self.finding.seq


@dataclass(frozen=True)
class _Batch:
    """What was read, and where the cursor stands after it."""

    found: list[_Found]
    reads: dict[UUID, int]
    read: int
    cursor: tuple[datetime, UUID]


class Collector:
    """Searches what was stored since the last run.

    Nothing is open while sentences are encoded: one transaction reads, another keeps, and moves the cursor with it.  So
    a run that is killed is done again, and finds the same.

    Parameters
    ----------
    signs: gives how the bot words that it does not know.
    """

    def __init__(
        self, database: Database, clock: Clock, grouping: Grouping, masker: Masker, signs: Callable[[], Signs]
    ) -> None:
        self._database = database
        self._clock = clock
        self._grouping = grouping
        self._masker = masker
        self._signs = signs

    async def collect(self, *, batches: int = _BATCHES) -> Collected:
        """At most so many batches, so that a long history is worked off run by run."""
        read = misses = 0
        for name, read_batch in ((CONVERSATIONS, self._conversations), (RATINGS, self._ratings)):
            for _ in range(batches):
                batch = await read_batch()
                if batch is None:
                    break
                misses += await self._keep(name, batch)
                read += batch.read
        return Collected(read, misses)

    # -- reading -------------------------------------------------------------------------------------

    async def _conversations(self) -> _Batch | None:
        signs, until = self._signs(), self._clock() - SETTLED
        async with self._database.transaction() as session:
            at, place = await _place(session, CONVERSATIONS)
            touched = await stored.touched(session, at, place, until=until, most=_BATCH)
            if not touched:
                return None
            stretches = await stored.stretches(session, touched)
            findings = {
                each.id: (find(stretches[each.id], signs), stretches[each.id].bubbles)
                for each in touched
                if each.id in stretches
            }
            found = await self._around(session, touched, findings)
        reads = {each: bubbles[-1].seq for each, (_, bubbles) in findings.items() if bubbles}
        return _Batch(found, reads, len(touched), (touched[-1].at, touched[-1].id))

    async def _ratings(self) -> _Batch | None:
        until = self._clock() - SETTLED
        async with self._database.transaction() as session:
            at, place = await _place(session, RATINGS)
            rated = await stored.low_rated(session, at, place, until=until, most=_BATCH)
            if not rated:
                return None
            around = await stored.conversations(session, [one.id for one in rated])
            found: list[_Found] = []
            for one in rated:
                after = {one.id: max(0, one.seq - LOOK_BACK)}
                bubbles = (await stored.bubbles(session, after)).get(one.id, [])
                about = blamed(bubbles, one.seq)
                if about is not None:
                    findings = {one.id: ([Finding(about.seq, {MissCause.low_rating})], bubbles)}
                    found += await self._around(session, [around[one.id]], findings)
        return _Batch(found, {}, len(rated), (rated[-1].at, rated[-1].id))

    async def _around(
        self,
        session: AsyncSession,
        touched: Sequence[Touched],
        findings: Mapping[UUID, tuple[list[Finding], Sequence[Bubble]]],
    ) -> list[_Found]:
        """With the parcel it was about; what has no words beside numbers and names is left out."""
        with_misses = [each for each in touched if findings.get(each.id, ((), ()))[0]]
        cuts = await stored.cuts(session, [each.waybill_no for each in with_misses if each.waybill_no])
        found = []
        for each in with_misses:
            of_conversation, bubbles = findings[each.id]
            by_seq = {bubble.seq: bubble for bubble in bubbles}
            for finding in of_conversation:
                bubble = by_seq[finding.seq]
                masked = self._masker.mask(bubble.text.strip(), _entities(bubble))
                if len(masked.words) > 1:
                    found.append(_Found(each, finding, bubble, masked, cuts.get(each.waybill_no or "", Cut())))
        return found

    # -- keeping -------------------------------------------------------------------------------------

    async def _keep(self, name: str, batch: _Batch) -> int:
        known = await self._grouping.ready() if batch.found else None
        vectors = await self._grouping.encode([one.masked.text for one in batch.found]) if batch.found else None
        try:
            async with self._database.transaction() as session:
                new = await self._merge(session, batch.found)
                if known is not None and vectors is not None and new:
                    rows = [row for row, _ in new]
                    await self._grouping.assign(session, [miss for _, miss in new], vectors[rows], known)
                await _remember_reads(session, batch.reads)
                await _move_on(session, name, batch.cursor)
        except BaseException:
            self._grouping.forget()
            raise
        return len(new)

    async def _merge(self, session: AsyncSession, found: Sequence[_Found]) -> list[tuple[int, Miss]]:
        """Misses that are new, with their place in ``found``; those known get the causes that came since."""
        keys = [one.key for one in found]
        query = select(Miss).where(tuple_(Miss.conversation_id, Miss.seq).in_(keys)).with_for_update()
        known = {(miss.conversation_id, miss.seq): miss for miss in await session.scalars(query)} if keys else {}
        new: list[tuple[int, Miss]] = []
        for row, one in enumerate(found):
            miss = known.get(one.key)
            if miss is None:
                miss = known[one.key] = self._new(one)
                session.add(miss)
                new.append((row, miss))
            else:
                _add(miss, one.finding)
        await session.flush()
        return new

    def _new(self, one: _Found) -> Miss:
        understood, finding = one.bubble.understood, one.finding
        return Miss(
            conversation_id=one.conversation.id,
            seq=finding.seq,
            text=one.masked.text,
            marks=[mark.as_row() for mark in one.masked.marks],
            causes=sorted(finding.causes),
            channel=one.conversation.base_channel,
            outlet=one.cut.outlet,
            region=one.cut.region,
            condition=one.cut.condition,
            intent=understood.get("intent"),
            confidence=understood.get("confidence"),
            ranking=_ranking(understood.get("ranking")),
            offered=list(finding.offered),
            chosen=finding.chosen,
            at=one.bubble.at,
            found_at=self._clock(),
            state=MissState.open.value,
        )


def _add(miss: Miss, finding: Finding) -> None:
    miss.causes = sorted({*miss.causes, *finding.causes})
    miss.offered = list(finding.offered) or miss.offered
    miss.chosen = finding.chosen or miss.chosen


def _entities(bubble: Bubble) -> list[dict[str, Any]]:
    """Their places refer to the text as typed; `mask` is given it without blanks around."""
    lead = len(bubble.text) - len(bubble.text.lstrip())
    found = bubble.understood.get("entities") or []
    return [
        {**each, "start": each["start"] - lead, "end": each["end"] - lead}
        for each in found
        if isinstance(each.get("start"), int) and isinstance(each.get("end"), int) and each["start"] >= lead
    ]


def _ranking(rows: Any) -> list[dict[str, Any]]:
    """Names and confidences alone."""
    return [
        {"name": str(row.get("name")), "confidence": round(float(row.get("confidence") or 0.0), 4)}
        for row in (rows or [])[:_RANKING]
    ]


async def _place(session: AsyncSession, name: str) -> tuple[datetime, UUID]:
    cursor = await session.get(MissCursor, name)
    if cursor is None or cursor.at is None or cursor.place is None:
        return _BEGINNING
    return cursor.at, cursor.place


async def _move_on(session: AsyncSession, name: str, to: tuple[datetime, UUID]) -> None:
    place = {"at": to[0], "place": to[1]}
    row = insert(MissCursor).values(name=name, changes=0, encoder="", **place)
    await session.execute(row.on_conflict_do_update(index_elements=[MissCursor.name], set_=place))


async def _remember_reads(session: AsyncSession, reads: dict[UUID, int]) -> None:
    if not reads:
        return
    row = insert(MissRead).values([{"conversation_id": each, "seq": seq} for each, seq in reads.items()])
    await session.execute(
        row.on_conflict_do_update(index_elements=[MissRead.conversation_id], set_={"seq": row.excluded.seq})
    )
