"""Cases to try a draft on: facts of past decisions, or of whatever another package supplies."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.rules.cells import Value
from bot.rules.decision import Facts, plain
from bot.rules.records import RuleDecision
from bot.rules.table import ColumnType, Table

_BATCH = 5_000
_KINDS: dict[ColumnType, tuple[type, ...]] = {
    ColumnType.number: (int, float),
    ColumnType.text: (str,),
    ColumnType.choice: (str,),
    ColumnType.flag: (bool,),
}


@dataclass(frozen=True)
class Cases:
    """``n`` cases: what each is about (a waybill or ticket number), and an array of length ``n`` for every input."""

    subjects: Sequence[str]
    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, table: Table, subjects: Sequence[str], facts: Sequence[Facts]) -> "Cases":
        """Columns out of facts; one that a case does not have, or has from when it meant something else, is None."""
        columns = {}
        for column in table.inputs:
            values = [_fitting(fact.get(column.name), column.type) for fact in facts]
            is_number = column.type is ColumnType.number
            columns[column.name] = np.array(values, dtype=np.float64 if is_number else object)
        return cls(subjects, columns)

    def facts(self, case: int, table: Table) -> dict[str, Value]:
        """What the table asks of one case, as plain values."""
        return {column.name: plain(self.columns[column.name][case]) for column in table.inputs}


def _fitting(value: Value, kind: ColumnType) -> Value:
    is_flag = isinstance(value, bool)
    return value if isinstance(value, _KINDS[kind]) and is_flag is (kind is ColumnType.flag) else None


class CaseSource(Protocol):
    """Supplies the facts of cases for a table, in batches of any size, e.g. of all waybills on their way."""

    @property
    def name(self) -> str: ...

    def cases(self, table: Table) -> AsyncIterator[Cases]: ...


class RecordedCases:
    """Facts of the decisions that were recorded."""

    name = "recorded"

    def __init__(self, database: Database, *, since: datetime | None = None) -> None:
        self._database = database
        self._since = since

    async def cases(self, table: Table) -> AsyncIterator[Cases]:
        after = 0
        while True:
            query = (
                select(RuleDecision)
                .where(RuleDecision.table_name == table.name, RuleDecision.id > after)
                .order_by(RuleDecision.id)
                .limit(_BATCH)
            )
            if self._since is not None:
                query = query.where(RuleDecision.at >= self._since)
            async with self._database.transaction() as session:
                rows = (await session.scalars(query)).all()
            if not rows:
                return
            after = rows[-1].id
            yield Cases.of(table, [row.subject for row in rows], [row.facts for row in rows])


class GivenCases:
    """Facts from a list."""

    def __init__(self, name: str, facts: Mapping[str, Facts]) -> None:
        self.name = name
        self._facts = facts

    async def cases(self, table: Table) -> AsyncIterator[Cases]:
        yield Cases.of(table, list(self._facts), list(self._facts.values()))


async def forget_decisions(session: AsyncSession, *, before: datetime) -> None:
    """Delete what was recorded earlier; a draft is tried on what happened lately."""
    await session.execute(delete(RuleDecision).where(RuleDecision.at < before))
