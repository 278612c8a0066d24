"""Groups of misses as they stand in the database: a new miss finds its group at once, and at night all find theirs."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.studio.misses.clusters import Clusters, Numbers, central
from bot.studio.misses.kinds import MissState
from bot.studio.misses.known import Known, KnownNow
from bot.studio.misses.masking import CLOSE, OPEN
from bot.studio.misses.tables import Miss, MissCursor, MissGroup, MissVector
from knowledge_base.vectors import Vectors

logger = logging.getLogger(__name__)

GROUPS = "groups"
KEPT_TOGETHER_FOR = timedelta(days=90)
"""Older misses stay in their group, but no longer say what it means."""
MOST = 100_000
_NAME = 120


@dataclass
class _Cached:
    """Clusters as they are after ``changes`` changes, and the group of each."""

    changes: int
    encoder: str
    ids: list[int]
    clusters: Clusters


class Grouping:
    """Assigns and re-assigns; one writer at a time, which the job sees to."""

    def __init__(self, database: Database, clock: Clock, known: KnownNow) -> None:
        self._database = database
        self._clock = clock
        self._known = known
        self._cached: _Cached | None = None

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder gives them; in a worker thread."""
        return await asyncio.to_thread(self._known.encode, [_bare(each) for each in texts])

    async def ready(self) -> Known:
        """What the bot was taught; takes half a minute where an encoder is new."""
        return await asyncio.to_thread(self._known)

    async def assign(self, session: AsyncSession, misses: Sequence[Miss], vectors: Vectors, known: Known) -> None:
        """Give new misses (already flushed) their vectors and groups, and count them there."""
        if not misses:
            return
        packed = vectors.astype("<f2")
        rows = [
            {"miss_id": miss.id, "encoder": known.encoder, "vector": vector.tobytes()}
            for miss, vector in zip(misses, packed, strict=True)
        ]
        await session.execute(insert(MissVector), rows)
        cursor = await _cursor(session, known.encoder)
        if cursor.encoder != known.encoder:
            return  # The groups are of another encoder: all of them are made anew soon.
        cached = await self._clusters(session, cursor, known)
        seen = known.seen(packed.astype(np.float32))
        places = await asyncio.to_thread(cached.clusters.take_in, seen)
        await self._found(session, cached, misses, places)
        await self._counted(session, cached, misses, places, await asyncio.to_thread(known.votes, seen))
        cursor.changes += 1
        cached.changes = cursor.changes

    def forget(self) -> None:
        """A transaction failed: what is remembered may not be so."""
        self._cached = None

    async def is_outdated(self) -> bool:
        """Whether the groups were made by another encoder than serves."""
        async with self._database.transaction() as session:
            encoder = await session.scalar(select(MissCursor.encoder).where(MissCursor.name == GROUPS))
        return bool(encoder) and encoder != self._known.encoder.hash

    async def regroup(self) -> int:
        """Make groups anew of what is open and not too old; groups keep their number.  Returns how many there are."""
        await asyncio.to_thread(self._known.renew)
        known = await self.ready()
        await self._encode_missing(known)
        ids, groups, votes_for, seen = await self._load(known)
        made = await asyncio.to_thread(_regrouped, ids, groups, seen, known.together)
        async with self._database.transaction() as session:
            await _keep(session, made, groups, known, votes_for, self._clock)
        self._cached = None
        logger.info("%d misses are in %d groups now", len(ids), len(made.members))
        return len(made.members)

    # -- within --------------------------------------------------------------------------------------

    async def _clusters(self, session: AsyncSession, cursor: MissCursor, known: Known) -> _Cached:
        cached = self._cached
        if cached is not None and (cached.changes, cached.encoder) == (cursor.changes, known.encoder):
            return cached
        query = select(MissGroup.id, MissGroup.total, MissGroup.weight).where(MissGroup.weight > 0)
        rows = (await session.execute(query.order_by(MissGroup.id))).all()
        clusters = Clusters.none(len(known.centre), known.together)
        if rows:
            clusters.totals = np.stack([np.frombuffer(row.total, "<f4") for row in rows]).astype(np.float32)
            clusters.weights = np.array([row.weight for row in rows], np.float32)
        self._cached = _Cached(cursor.changes, known.encoder, [row.id for row in rows], clusters)
        return self._cached

    async def _found(self, session: AsyncSession, cached: _Cached, misses: Sequence[Miss], places: Numbers) -> None:
        """Rows for groups that are new; their first member names them."""
        first = {int(place): miss for place, miss in reversed(list(zip(places, misses, strict=True)))}
        new = sorted(place for place in first if place >= len(cached.ids))
        groups = [
            MissGroup(
                name=first[place].text[:_NAME],
                total=b"",
                weight=0,
                size=0,
                open=0,
                newest_at=first[place].at,
                votes={},
                agree=0,
                asked=0,
            )
            for place in new
        ]
        session.add_all(groups)
        await session.flush()
        cached.ids += [group.id for group in groups]

    async def _counted(
        self, session: AsyncSession, cached: _Cached, misses: Sequence[Miss], places: Numbers, votes: Sequence[str]
    ) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        for number, place in enumerate(places):
            members[int(place)].append(number)
        wanted = {cached.ids[place]: place for place in members}
        query = select(MissGroup).where(MissGroup.id.in_(wanted)).order_by(MissGroup.id).with_for_update()
        for group in await session.scalars(query):
            place = wanted[group.id]
            own = [misses[number] for number in members[place]]
            for number, miss in zip(members[place], own, strict=True):
                miss.group_id = group.id
                _vote(group, miss.chosen or votes[number])
            group.total = cached.clusters.totals[place].astype("<f4").tobytes()
            group.weight = int(cached.clusters.weights[place])
            group.size += len(own)
            group.open += sum(miss.state == MissState.open for miss in own)
            group.newest_at = max(group.newest_at, *(miss.at for miss in own))

    async def _encode_missing(self, known: Known) -> None:
        """Vectors by this encoder for every open miss that has none."""
        since = self._clock() - KEPT_TOGETHER_FOR
        query = (
            select(Miss.id, Miss.text)
            .outerjoin(MissVector, (MissVector.miss_id == Miss.id) & (MissVector.encoder == known.encoder))
            .where(Miss.state == MissState.open, Miss.at >= since, MissVector.miss_id.is_(None))
            .limit(500)
        )
        while True:
            async with self._database.transaction() as session:
                rows = (await session.execute(query)).all()
            if not rows:
                return
            vectors = (await self.encode([row.text for row in rows])).astype("<f2")
            async with self._database.transaction() as session:
                await session.execute(delete(MissVector).where(MissVector.miss_id.in_([row.id for row in rows])))
                await session.execute(
                    insert(MissVector),
                    [
                        {"miss_id": row.id, "encoder": known.encoder, "vector": vector.tobytes()}
                        for row, vector in zip(rows, vectors, strict=True)
                    ],
                )

    async def _load(self, known: Known) -> tuple[Numbers, list[int | None], list[str], Vectors]:
        """Ids, groups, choices by the customer, and vectors of everything that says what groups mean."""
        query = (
            select(Miss.id, Miss.group_id, Miss.chosen, MissVector.vector)
            .join(MissVector, MissVector.miss_id == Miss.id)
            .where(
                Miss.state == MissState.open,
                Miss.at >= self._clock() - KEPT_TOGETHER_FOR,
                MissVector.encoder == known.encoder,
            )
            .order_by(Miss.at.desc(), Miss.id.desc())
            .limit(MOST)
        )
        async with self._database.transaction() as session:
            rows = (await session.execute(query)).all()
        ids = np.array([row.id for row in rows], np.int64)
        vectors = np.zeros((len(rows), len(known.centre)), np.float32)
        for number, row in enumerate(rows):
            vectors[number] = np.frombuffer(row.vector, "<f2")
        return ids, [row.group_id for row in rows], [row.chosen or "" for row in rows], known.seen(vectors)


@dataclass(frozen=True)
class _Regrouped:
    """``members``: rows of each group; ``group_of``: the number it has, None for a new one; ``merged``: old into kept.

    ``central`` is the row that names it.
    """

    ids: Numbers
    seen: Vectors
    members: list[Numbers]
    group_of: list[int | None]
    central: list[int]
    merged: dict[int, int]


def _regrouped(ids: Numbers, groups: Sequence[int | None], seen: Vectors, together: float) -> _Regrouped:
    """Everybody to the nearest group there is, the others together, then groups that mean the same to one."""
    old = sorted({group for group in groups if group is not None})
    number = {group: place for place, group in enumerate(old)}
    begin = Clusters.none(seen.shape[1], together)
    begin.totals = np.zeros((len(old), seen.shape[1]), np.float32)
    begin.weights = np.zeros(len(old), np.float32)
    has = np.array([place for place, group in enumerate(groups) if group is not None], np.int64)
    at = np.array([number[group] for group in groups if group is not None], np.int64)
    np.add.at(begin.totals, at, seen[has])
    np.add.at(begin.weights, at, 1)
    fresh = begin.emptied()
    places = fresh.take_in(seen) if len(seen) else np.zeros(0, np.int64)
    into = fresh.merged()
    final = into[places] if len(places) else places
    order = np.argsort(final, kind="stable")
    kept, starts = np.unique(final[order], return_index=True)
    members = list(np.split(order, starts[1:])) if len(kept) else []
    return _Regrouped(
        ids=ids,
        seen=seen,
        members=members,
        group_of=[old[place] if place < len(old) else None for place in kept],
        central=[int(own[central(seen[own])]) for own in members],
        merged={old[one]: old[other] for one, other in enumerate(into[: len(old)]) if one != other < len(old)},
    )


async def _keep(
    session: AsyncSession,
    made: _Regrouped,
    before: Sequence[int | None],
    known: Known,
    votes_for: Sequence[str],
    clock: Clock,
) -> None:
    """Write what changed.  Nobody mends meanwhile, so that the counts are right."""
    await session.execute(text("LOCK TABLE misses IN SHARE ROW EXCLUSIVE MODE"))
    names = await _texts(session, [int(made.ids[row]) for row in made.central])
    votes = await asyncio.to_thread(known.votes, made.seen)
    moved: list[dict[str, int]] = []
    for own, group_id, middle in zip(made.members, made.group_of, made.central, strict=True):
        group = await session.get(MissGroup, group_id) if group_id is not None else None
        if group is None:
            group = MissGroup(name="", total=b"", weight=0, size=0, open=0, newest_at=clock(), votes={})
            session.add(group)
        group.name = names[int(made.ids[middle])][:_NAME]
        group.total = made.seen[own].sum(axis=0).astype("<f4").tobytes()
        group.weight = len(own)
        group.votes, group.target, group.agree, group.asked = {}, None, 0, 0
        for target, count in Counter(votes_for[row] or votes[row] for row in own).items():
            _vote(group, target, count)
        await session.flush()
        moved += [{"b_id": int(made.ids[row]), "b_group": group.id} for row in own if before[row] != group.id]
    await _move(session, moved, made.merged)
    cursor = await _cursor(session, known.encoder)
    cursor.encoder, cursor.changes = known.encoder, cursor.changes + 1


async def _move(session: AsyncSession, moved: Sequence[dict[str, int]], merged: dict[int, int]) -> None:
    """Members to their groups, what was mended along with them, and counts as they are then."""
    if moved:
        ids, groups = [one["b_id"] for one in moved], [one["b_group"] for one in moved]
        await session.execute(
            text(
                "UPDATE misses SET group_id = new.group_id "
                "FROM unnest(CAST(:ids AS bigint[]), CAST(:groups AS bigint[])) AS new(id, group_id) "
                "WHERE misses.id = new.id"
            ),
            {"ids": ids, "groups": groups},
        )
    for lost, kept in merged.items():
        await session.execute(update(Miss).where(Miss.group_id == lost).values(group_id=kept))
    await session.execute(text(_RECOUNT))
    await session.execute(delete(MissGroup).where(MissGroup.size == 0))


_RECOUNT = """
UPDATE miss_groups AS g SET size = coalesce(c.size, 0), open = coalesce(c.open, 0),
    newest_at = coalesce(c.newest_at, g.newest_at), weight = CASE WHEN coalesce(c.open, 0) = 0 THEN 0 ELSE g.weight END
FROM miss_groups AS same LEFT JOIN (
    SELECT group_id, count(*) AS size, count(*) FILTER (WHERE state = 'open') AS open, max(at) AS newest_at
    FROM misses WHERE group_id IS NOT NULL GROUP BY group_id
) AS c ON c.group_id = same.id
WHERE g.id = same.id
"""


async def _texts(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    rows = await session.execute(select(Miss.id, Miss.text).where(Miss.id.in_(ids)))
    return {row.id: row.text for row in rows}


async def _cursor(session: AsyncSession, encoder: str) -> MissCursor:
    found = await session.get(MissCursor, GROUPS, with_for_update=True)
    if found is None:
        found = MissCursor(name=GROUPS, at=None, place=None, changes=0, encoder=encoder)
        session.add(found)
        await session.flush()
    return found


def _vote(group: MissGroup, target: str, count: int = 1) -> None:
    votes = dict(group.votes)
    votes[target] = votes.get(target, 0) + count
    group.votes = votes
    group.asked = sum(votes.values())
    named = {name: times for name, times in votes.items() if name}
    group.target = max(named, key=named.__getitem__) if named else None
    group.agree = named.get(group.target or "", 0)


def _bare(masked: str) -> str:
    return masked.replace(OPEN, "").replace(CLOSE, "")
