"""The rules of one version, to be asked one case at a time or many at once.  Everything here is immutable and pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import NoRuleError
from bot.rules.cells import Value
from bot.rules.columns import read_columns
from bot.rules.decision import Decision, Facts, Hit
from bot.rules.prepared import PreparedTable
from bot.rules.table import Column, ColumnType, HitPolicy, Row, Table

__all__ = [
    "Column",
    "ColumnType",
    "Decision",
    "Facts",
    "Hit",
    "HitPolicy",
    "Row",
    "RuleBook",
    "Table",
    "Value",
]


@dataclass(frozen=True)
class RuleBook:
    """One published version of all tables; version 0 is what the program ships.

    ``shipped`` names the tables that this version does not know yet and that are the program's own.
    """

    version: int
    tables: Mapping[str, Table]
    shipped: frozenset[str] = frozenset()

    def table(self, name: str) -> Table:
        """Raises `NoRuleError`."""
        if name not in self.tables:
            raise NoRuleError(name, f"version {self.version} has no such table")
        return self.tables[name]

    def version_of(self, table: str) -> int:
        return 0 if table in self.shipped else self.version

    def decide(self, table: str, facts: Facts) -> Decision:
        """Judge one case.  Raises `FactsError` unless every input is among the facts (None: there is no such thing)."""
        prepared = self._prepared.get(table) or self._prepare(table)
        return Decision(table, self.version_of(table), dict(facts), prepared.hits(facts))

    def matches(self, table: str, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """Which rows fit which of ``n`` cases, whatever the hit policy: ``(n, rows)``.

        Columns are arrays of length ``n``: numbers (NaN is None), words ("" or None is None) or flags.
        """
        rules = self.table(table)
        facts = read_columns(rules, columns)
        count = len(next(iter(columns.values()))) if not rules.inputs else len(columns[rules.inputs[0].name])
        found = np.ones((len(rules.rows), count), dtype=bool)
        known: dict[Any, NDArray[np.bool_]] = {}
        for row, fits in zip(rules.rows, found, strict=True):
            for name, cell in row.when.items():
                if not cell.is_any:
                    if (name, cell) not in known:
                        known[name, cell] = facts[name].passing(cell)
                    fits &= known[name, cell]
        return found.T

    def first(self, table: str, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """The first row that fits each of ``n`` cases, -1 where none does: ``(n,)``."""
        found = self.matches(table, columns)
        rows = np.full(len(found), -1, dtype=np.int64)
        for row in reversed(range(found.shape[1])):
            rows[found[:, row]] = row
        return rows

    def breakpoints(self, table: str, column: str) -> tuple[float, ...]:
        """The numbers at which the answer to a column of numbers may change, in order."""
        return tuple(sorted({end for cell in self.table(table).cells(column) for end in cell.breakpoints()}))

    @cached_property
    def _prepared(self) -> dict[str, PreparedTable]:
        return {}

    def _prepare(self, table: str) -> PreparedTable:
        return self._prepared.setdefault(table, PreparedTable(self.table(table)))
