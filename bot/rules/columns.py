"""Facts of many cases at once, one array per input, and which of them pass a cell.

A column of words is read once into small numbers; after that every cell of it is one look-up for all cases together.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import FactsError
from bot.rules.cells import Cell, Literal, Span
from bot.rules.table import Column, ColumnType, Table

_ABSENT, _OTHER = 0, 1


class Facts(ABC):
    """One input of many cases."""

    @abstractmethod
    def passing(self, cell: Cell) -> NDArray[np.bool_]:
        """Which cases pass the cell."""


class NumberFacts(Facts):
    """Numbers as float64; NaN is None."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values.astype(np.float64, copy=False)
        self._absent = np.isnan(self._values)

    def passing(self, cell: Cell) -> NDArray[np.bool_]:
        found = np.zeros(len(self._values), dtype=bool)
        for item in cell.items:
            found |= self._values == item.value if isinstance(item, Literal) else self._within(item)
        if cell.negated:
            return ~(found | self._absent)
        return found | self._absent if cell.none else found

    def _within(self, span: Span) -> NDArray[np.bool_]:
        above = self._values > span.low if span.low_open else self._values >= span.low
        below = self._values < span.high if span.high_open else self._values <= span.high
        return above & below


class WordFacts(Facts):
    """Texts, choices or flags as codes of the values that cells of their column name; "" and None are absent."""

    def __init__(self, values: NDArray[Any], cells: Iterable[Cell]) -> None:
        named = {item.value for cell in cells for item in cell.items if isinstance(item, Literal)}
        self._words = sorted(named, key=str)
        codes = _Codes({None: _ABSENT, "": _ABSENT})
        codes.update({word: code for code, word in enumerate(self._words, _OTHER + 1)})
        self._codes = np.fromiter(map(codes.__getitem__, values.tolist()), dtype=np.int32, count=len(values))

    def passing(self, cell: Cell) -> NDArray[np.bool_]:
        other = cell.matches(_SOMETHING_ELSE)
        passes = np.array([cell.matches(None), other, *(cell.matches(word) for word in self._words)], dtype=bool)
        return passes[self._codes]


_SOMETHING_ELSE = "\0"
"""A word that no cell can name."""


class _Codes(dict[Any, int]):
    def __missing__(self, key: Any) -> int:
        return _OTHER


def read_columns(table: Table, columns: Mapping[str, NDArray[Any]]) -> dict[str, Facts]:
    """The inputs of a table, each checked for its type and for one common length.  Raises `FactsError`."""
    missing = [column.name for column in table.inputs if column.name not in columns]
    if missing:
        raise FactsError(table.name, f"no column {', '.join(missing)}")
    lengths = {len(columns[column.name]) for column in table.inputs}
    if len(lengths) != 1:
        raise FactsError(table.name, f"columns of different lengths {sorted(lengths)}")
    return {column.name: _read(table, column, np.asarray(columns[column.name])) for column in table.inputs}


_KINDS = {ColumnType.number: "iuf", ColumnType.flag: "b", ColumnType.text: "U", ColumnType.choice: "U"}


def _read(table: Table, column: Column, values: NDArray[Any]) -> Facts:
    """Arrays of objects are taken as they are: what has the wrong type there fits no cell."""
    if values.dtype.kind not in _KINDS[column.type] + "O":
        raise FactsError(table.name, f"{column.name} is a {column.type}, not {values.dtype}")
    if column.type is ColumnType.number:
        return NumberFacts(values)
    return WordFacts(values, table.cells(column.name))
