"""Lists of groups and of misses, cut in every way, a page at a time."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.clock import Clock
from bot.db import Database
from bot.errors import BadQueryError
from bot.network.tables import OutletRow
from bot.studio.misses.kinds import GroupSort, MissCause, MissState
from bot.studio.misses.tables import Miss, MissGroup
from bot.studio.misses.words import miss_words, unknown

PAGE = 50
LONGEST = 200
WEEK = timedelta(days=7)
_CHOICES_KEPT = timedelta(minutes=2)


@dataclass(frozen=True)
class Filters:
    """Everything that is given has to fit.  ``state`` None is any; moments are aware, ``until`` is not included."""

    cause: MissCause | None = None
    channel: str | None = None
    outlet: str | None = None
    region: str | None = None
    condition: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: MissState | None = MissState.open
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        for column, value in ((Miss.channel, self.channel), (Miss.outlet, self.outlet), (Miss.region, self.region)):
            if value:
                found.append(column == value)
        if self.state:
            found.append(Miss.state == self.state.value)
        if self.condition:
            found.append(Miss.condition == self.condition)
        if self.cause:
            found.append(Miss.causes.contains([self.cause.value]))
        if self.since:
            found.append(Miss.at >= self.since)
        if self.until:
            found.append(Miss.at < self.until)
        if self.text:
            found.append(Miss.text.contains(self.text, autoescape=True))
        return found


@dataclass(frozen=True)
class GroupLine:
    """A group in a list.

    Parameters
    ----------
    count: members that fit the filters.
    this_week, before: of these filters, whatever became of them, in the last seven days and the seven before.
    target: where they likeliest belong; ``agree`` of ``asked`` members say so.
    """

    id: int
    name: str
    count: int
    this_week: int
    before: int
    newest_at: datetime
    target: str | None
    agree: int
    asked: int


@dataclass(frozen=True)
class Groups:
    """A page; ``next`` is where the next one begins, None at the end."""

    groups: tuple[GroupLine, ...]
    next: str | None


@dataclass(frozen=True)
class Members:
    """A page of misses, the newest first."""

    misses: tuple[Miss, ...]
    next: str | None


@dataclass(frozen=True)
class Choices:
    """What one can filter by: what there is, by code, with its name."""

    channels: tuple[str, ...] = ()
    outlets: Mapping[str, str] = field(default_factory=dict)
    regions: tuple[str, ...] = ()


_COUNTED: Mapping[Filters, Any] = {Filters(): MissGroup.open, Filters(state=None): MissGroup.size}
"""What is counted in every group already: its open members, and all of them."""


class Lists:
    """Reads only; may be asked by anybody who may look, which the service sees to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._choices: tuple[datetime, Choices] | None = None

    async def groups(
        self, filters: Filters, *, sort: GroupSort = GroupSort.size, cursor: str | None = None, limit: int = PAGE
    ) -> Groups:
        """Groups that have members which fit.  Raises `BadQueryError`."""
        start = _offset(cursor) if cursor else 0
        limit = min(limit, LONGEST)
        async with self._database.transaction() as session:
            ids = list(await session.scalars(self._order(filters, sort).offset(start).limit(limit + 1)))
            lines = await self._lines(session, filters, ids[:limit])
        return Groups(tuple(lines), _write([start + limit]) if len(ids) > limit else None)

    async def group(self, group_id: int, filters: Filters) -> GroupLine:
        """One line.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            lines = await self._lines(session, filters, [group_id])
        if not lines:
            raise unknown("unknown_group")
        return lines[0]

    async def members(
        self, filters: Filters, *, group_id: int | None = None, cursor: str | None = None, limit: int = PAGE
    ) -> Members:
        """Misses that fit, of one group or of all.  Raises `BadQueryError`."""
        query = select(Miss).where(*filters.conditions())
        if group_id is not None:
            query = query.where(Miss.group_id == group_id)
        if cursor:
            at, miss_id = _moment(cursor)
            query = query.where(tuple_(Miss.at, Miss.id) < tuple_(literal(at), literal(miss_id)))
        limit = min(limit, LONGEST)
        async with self._database.transaction() as session:
            rows = list(await session.scalars(query.order_by(Miss.at.desc(), Miss.id.desc()).limit(limit + 1)))
        page = rows[:limit]
        return Members(tuple(page), _write([page[-1].at.isoformat(), page[-1].id]) if len(rows) > limit else None)

    async def choices(self) -> Choices:
        """Of what is there at all, as it was a moment ago; a few hundred outlets at most are offered."""
        now = self._clock()
        if self._choices is None or not now - _CHOICES_KEPT < self._choices[0] <= now:
            self._choices = now, await self._read_choices()
        return self._choices[1]

    async def _read_choices(self) -> Choices:
        async with self._database.transaction() as session:
            channels = await _distinct(session, Miss.channel)
            regions = await _distinct(session, Miss.region)
            codes = await _distinct(session, Miss.outlet)
            names = await outlet_names(session, codes)
        return Choices(channels, {code: names.get(code, code) for code in codes}, regions)

    async def count(self, filters: Filters) -> int:
        """How many misses fit."""
        query = select(func.count()).select_from(Miss).where(*filters.conditions())
        async with self._database.transaction() as session:
            return await session.scalar(query) or 0

    async def counts(self) -> dict[MissState, int]:
        """How many there are of each state."""
        query = select(Miss.state, func.count()).group_by(Miss.state)
        async with self._database.transaction() as session:
            found = {row[0]: int(row[1]) for row in await session.execute(query)}
        return {state: found.get(state.value, 0) for state in MissState}

    # -- within --------------------------------------------------------------------------------------

    def _order(self, filters: Filters, sort: GroupSort) -> "Select[Any]":
        if sort is GroupSort.size and (counted := _COUNTED.get(filters)) is not None:
            return select(MissGroup.id).where(counted > 0).order_by(counted.desc(), MissGroup.id)
        fits = [*filters.conditions(), Miss.group_id.is_not(None)]
        query = select(Miss.group_id).where(*fits).group_by(Miss.group_id)
        if sort is GroupSort.newest:
            return query.order_by(func.max(Miss.at).desc(), Miss.group_id)
        if sort is GroupSort.growth:
            now = self._clock()
            late = func.count().filter(Miss.at >= now - WEEK)
            early = func.count().filter(Miss.at >= now - 2 * WEEK, Miss.at < now - WEEK)
            return query.order_by((late - early).desc(), func.count().desc(), Miss.group_id)
        return query.order_by(func.count().desc(), Miss.group_id)

    async def _lines(self, session: AsyncSession, filters: Filters, ids: Sequence[int]) -> list[GroupLine]:
        groups = {group.id: group for group in await session.scalars(select(MissGroup).where(MissGroup.id.in_(ids)))}
        counts = await self._counts(session, filters, groups)
        weeks = await self._weeks(session, replace(filters, state=None), list(groups))
        return [
            GroupLine(
                id=group.id,
                name=group.name,
                count=counts.get(group.id, 0),
                this_week=weeks.get(group.id, (0, 0))[0],
                before=weeks.get(group.id, (0, 0))[1],
                newest_at=group.newest_at,
                target=group.target,
                agree=group.agree,
                asked=group.asked,
            )
            for group in (groups[group_id] for group_id in ids if group_id in groups)
        ]

    async def _counts(self, session: AsyncSession, filters: Filters, groups: Mapping[int, MissGroup]) -> dict[int, int]:
        if (counted := _COUNTED.get(filters)) is not None:
            return {group.id: int(getattr(group, counted.key)) for group in groups.values()}
        query = select(Miss.group_id, func.count()).where(*filters.conditions(), Miss.group_id.in_(groups))
        return {int(row[0] or 0): int(row[1]) for row in await session.execute(query.group_by(Miss.group_id))}

    async def _weeks(self, session: AsyncSession, filters: Filters, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
        now = self._clock()
        late = func.count().filter(Miss.at >= now - WEEK)
        query = (
            select(Miss.group_id, late, func.count() - late)
            .where(*filters.conditions(), Miss.at >= now - 2 * WEEK, Miss.group_id.in_(ids))
            .group_by(Miss.group_id)
        )
        return {int(row[0] or 0): (int(row[1]), int(row[2])) for row in await session.execute(query)}


async def outlet_names(session: AsyncSession, codes: Iterable[str]) -> dict[str, str]:
    """By code; outlets nobody knows are left out."""
    query = select(OutletRow.code, OutletRow.name).where(OutletRow.code.in_(list(codes)))
    return {row.code: row.name for row in await session.execute(query)}


async def _distinct(session: AsyncSession, column: "InstrumentedAttribute[Any]") -> tuple[str, ...]:
    query = select(column).where(column.is_not(None)).group_by(column).order_by(func.count().desc()).limit(300)
    return tuple(str(each) for each in await session.scalars(query))


def _write(place: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(place)).encode()).decode()


def _read(cursor: str) -> list[object]:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(place, list) or not place or isinstance(place[0], bool):
            raise ValueError(cursor)
        return place
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadQueryError(miss_words().refusals["bad_cursor"]) from error


def _offset(cursor: str) -> int:
    start = _read(cursor)[0]
    if not isinstance(start, int) or not 0 <= start <= 1_000_000:
        raise BadQueryError(miss_words().refusals["bad_cursor"])
    return start


def _moment(cursor: str) -> tuple[datetime, int]:
    try:
        at, miss_id = _read(cursor)
        return datetime.fromisoformat(str(at)), int(str(miss_id))
    except (ValueError, TypeError) as error:
        raise BadQueryError(miss_words().refusals["bad_cursor"]) from error
