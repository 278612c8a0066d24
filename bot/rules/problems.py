"""What is wrong with rules somebody wrote, and where it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.errors import DataFileError, RulesRefusedError
from bot.rules.table import Table

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: ``("rows", 3, "when", "status")``."""


@dataclass(frozen=True)
class Problem:
    """One thing to correct.  ``where`` is a line of a file or a cell of a sheet; parts that do not apply are ""."""

    table: str
    row: str
    column: str
    what: str
    where: str = ""

    def __str__(self) -> str:
        """``risk.yml:34 表 risk 行 loop 列 loops：…``."""
        named = [f"表 {self.table}"]
        named += [f"行 {self.row}"] if self.row else []
        named += [f"列 {self.column}"] if self.column else []
        return f"{self.where} {' '.join(named)}：{self.what}".strip()


@dataclass(frozen=True)
class Places:
    """Where the parts of one document stand in what somebody wrote."""

    file: str = ""
    known: Mapping[Path, str] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """The place of a part, or of the nearest thing around it."""
        while path not in self.known and path:
            path = path[:-1]
        return self.known.get(path, self.file)


@dataclass(frozen=True)
class Draft:
    """Rules as somebody wrote them: the tables as far as they could be read, and what could not."""

    tables: Mapping[str, Table]
    problems: tuple[Problem, ...] = ()
    places: Mapping[str, Places] = field(default_factory=dict)

    def problem(self, table: str, what: str, *, row: int | None = None, column: str = "") -> Problem:
        """A problem of a readable table; ``row`` counts its rows from 0."""
        found = self.tables.get(table)
        places = self.places.get(table, Places())
        if found is None or row is None:
            return Problem(table, "", column, what, places.of(_column_path(found, column)))
        side = "then" if any(column == output.name for output in found.outputs) else "when"
        path: Path = ("rows", found.rows[row].at, side, column) if column else ("rows", found.rows[row].at)
        return Problem(table, found.rows[row].id, column, what, places.of(path))


def _column_path(table: Table | None, column: str) -> Path:
    for side, columns in (("inputs", table.inputs), ("outputs", table.outputs)) if table else ():
        for number, found in enumerate(columns):
            if found.name == column:
                return (side, number)
    return ()


def refuse(problems: list[Problem]) -> None:
    """Raise `RulesRefusedError` if there are any."""
    if problems:
        raise RulesRefusedError([str(problem) for problem in problems])


def refuse_files(problems: tuple[Problem, ...]) -> None:
    """Raise `DataFileError` if there are any: these files come with the program."""
    if problems:
        raise DataFileError([str(problem) for problem in problems])


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each once, table by table."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.table)
