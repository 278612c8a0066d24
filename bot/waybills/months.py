"""Partitions by month: made ahead, and dropped at once when their time is over."""

import re
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock, local
from bot.db import Database
from bot.errors import RefusedError

TABLES = {
    "waybills": "shipped_at",
    "waybill_states": "shipped_at",
    "checkpoints": "at",
    "condition_changes": "at",
    "service_summaries": "at",
}
"""Every table by months, with the moment that says which; summaries are those of `bot.tickets`."""

_STORED = {
    "waybill_states": "fillfactor = 70",
    "checkpoints": "autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 500000",
}
"""How partitions are kept.  States are rewritten in place; tracks are read from the index alone once vacuum has seen
their pages, so that it has to come every few hours and not when a fifth of a month is new."""

AHEAD, BEHIND = 2, 2
YOUNGEST_TO_DROP = 3
"""Months that are at least this old may be dropped: nothing of them is still on its way."""
_LOCK = 2_077_004
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Months:
    """Looks after the partitions of everything that grows by the day."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def prepare(self) -> list[str]:
        """Make the partitions of the months around now; rows that came before their month are moved in.

        Returns the names of those that were made.
        """
        this = _number(local(self._clock()))
        made = []
        for month in range(this - BEHIND, this + AHEAD + 1):
            for table in TABLES:
                async with self._database.transaction() as session:
                    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                    if await _make(session, table, month):
                        made.append(partition(table, month))
        return made

    async def known(self) -> list[str]:
        """The months there are partitions for, oldest first, as ``2026-03``."""
        async with self._database.transaction() as session:
            names = (await session.scalars(_PARTITIONS, {"tables": list(TABLES)})).all()
        months = {re.sub(r".+_y(\d{4})m(\d{2})", r"\1-\2", name) for name in names if "_y" in name}
        return sorted(months)

    async def drop(self, month: str) -> None:
        """Drop everything of a month, ``2025-11``.  Raises `RefusedError` for one that is too young or misspelt."""
        number = old_month(month, now=self._clock())
        async with self._database.transaction() as session:
            for table in TABLES:
                await session.execute(text(f"DROP TABLE IF EXISTS {partition(table, number)}"))


def old_month(month: str, *, now: datetime) -> int:
    """The number of a month written ``2025-11``.  Raises `RefusedError` for one that is too young or misspelt."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise RefusedError(f"{month!r} is not a month like 2025-11")
    number = int(match[1]) * 12 + int(match[2]) - 1
    if number > _number(local(now)) - YOUNGEST_TO_DROP:
        raise RefusedError(f"{month} is too young to be dropped: parcels of it may still be on their way")
    return number


def first_day(month: int) -> str:
    """When a month begins in China, for PostgreSQL."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}-01 00:00:00+08"


def partition(table: str, month: int) -> str:
    """The name of a partition; months are counted from the year 0."""
    return f"{table}_y{month // 12:04d}m{month % 12 + 1:02d}"


def _number(moment: datetime) -> int:
    return moment.year * 12 + moment.month - 1


async def _make(session: AsyncSession, table: str, month: int) -> bool:
    name, column = partition(table, month), TABLES[table]
    start, end = first_day(month), first_day(month + 1)
    if await session.scalar(text("SELECT to_regclass(:name)"), {"name": name}):
        return False
    fits = f"{column} >= '{start}' AND {column} < '{end}'"
    await session.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)"))
    await session.execute(text(f"ALTER TABLE {name} ADD CONSTRAINT {name}_month CHECK ({fits})"))
    moved = f"WITH moved AS (DELETE FROM {table}_rest WHERE {fits} RETURNING *) INSERT INTO {name} SELECT * FROM moved"  # noqa: S608
    await session.execute(text(moved))
    await session.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')"))
    await session.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT {name}_month"))
    if table in _STORED:
        await session.execute(text(f"ALTER TABLE {name} SET ({_STORED[table]})"))
    return True


_PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "JOIN pg_class parent ON parent.oid = i.inhparent WHERE parent.relname = ANY(:tables)"
)
