"""A table prepared for judging one case at a time; `bot.rules.columns` judges many."""

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from bot.errors import FactsError
from bot.rules.cells import Value
from bot.rules.decision import Facts, Hit
from bot.rules.table import ColumnType, HitPolicy, Table


class PreparedTable:
    """A table whose cells have become tests."""

    def __init__(self, table: Table) -> None:
        self._table = table.name
        self._stops = table.hit is HitPolicy.first
        self._readers = [(column.name, _READERS[column.type]) for column in table.inputs]
        self._rows = [
            (
                Hit(row.id, {column.name: row.then.get(column.name) for column in table.outputs}),
                [(name, cell.test()) for name, cell in row.when.items() if not cell.is_any],
            )
            for row in table.rows
        ]

    def hits(self, facts: Facts) -> tuple[Hit, ...]:
        values = self._read(facts)
        found = []
        for hit, tests in self._rows:
            for name, passes in tests:
                if not passes(values[name]):
                    break
            else:
                found.append(hit)
                if self._stops:
                    break
        return tuple(found)

    def _read(self, facts: Facts) -> dict[str, Value]:
        try:
            return {name: read(facts[name]) for name, read in self._readers}
        except KeyError as error:
            raise FactsError(self._table, f"no fact {error.args[0]}") from error
        except TypeError as error:
            raise FactsError(self._table, str(error)) from error


def _number(value: Any) -> float | None:
    if value is None or (isinstance(value, Real) and not isinstance(value, bool)):
        return None if value is None or math.isnan(value) else float(value)
    raise TypeError(f"{value!r} is no number")


def _word(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise TypeError(f"{value!r} is no text")


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    raise TypeError(f"{value!r} is no flag")


_READERS: dict[ColumnType, Callable[[Any], Value]] = {
    ColumnType.number: _number,
    ColumnType.text: _word,
    ColumnType.choice: _word,
    ColumnType.flag: _flag,
}
