"""A decision table: its columns, which the program knows, and its rows, which the business edits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.rules.cells import ANY, Cell, Value


class ColumnType(StrEnum):
    """What stands in a column."""

    number = "number"
    text = "text"
    flag = "flag"
    choice = "choice"


class HitPolicy(StrEnum):
    """Whether the first row that fits decides, or all of them together."""

    first = "first"
    all = "all"


@dataclass(frozen=True)
class Choice:
    """A value and what people call it."""

    value: str
    title: str


@dataclass(frozen=True)
class Column:
    """One fact or one outcome.

    Parameters
    ----------
    name, title: in facts and outcomes; in Chinese, above the column.
    choices: the values of a column of type choice.
    optional: of an output: rows may leave it empty.
    """

    name: str
    title: str
    type: ColumnType
    choices: tuple[Choice, ...] = ()
    optional: bool = False

    def choice(self, word: str) -> str | None:
        """The value that is meant by a value or its Chinese name."""
        return next((choice.value for choice in self.choices if word in (choice.value, choice.title)), None)

    def title_of(self, value: str) -> str:
        return next((choice.title for choice in self.choices if choice.value == value), value)


@dataclass(frozen=True)
class Row:
    """One rule: when all its cells fit, then this.  ``at`` is its place in the file it was read from."""

    id: str
    when: Mapping[str, Cell]
    then: Mapping[str, Value]
    note: str = ""
    at: int = field(default=0, compare=False)

    def cell(self, column: str) -> Cell:
        return self.when.get(column, ANY)

    @property
    def is_catch_all(self) -> bool:
        return all(cell.is_any for cell in self.when.values())


@dataclass(frozen=True)
class Table:
    """``complete``: some row has to fit whatever the facts are, so a row without conditions is required."""

    name: str
    title: str
    hit: HitPolicy
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rows: tuple[Row, ...] = ()
    complete: bool = False
    note: str = ""

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.inputs + self.outputs

    def with_rows(self, rows: tuple[Row, ...]) -> "Table":
        """The same columns, which belong to the program, with other rows."""
        return replace(self, rows=rows)

    def cells(self, column: str) -> Iterator[Cell]:
        """The cells of one input column, from the first row to the last."""
        return (row.cell(column) for row in self.rows)
