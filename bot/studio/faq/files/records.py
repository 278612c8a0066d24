"""Rows of a spreadsheet as texts by field, with everything that is wrong in them by cell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from bot.desk.words import desk_words
from bot.errors import ImportFileError
from bot.studio.faq.files.cells import Row
from bot.studio.faq.files.columns import by_field, columns_of, doubled, heading
from bot.studio.faq.model import lines_of
from bot.studio.faq.words import problem, refusal

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+00?:00(?::00)?)?")
_LISTS = {"related", "when.waybill", "when.after"}
_SEPARATORS = re.compile(r"[\n,，、;；]+")


@dataclass(frozen=True)
class CellProblem:
    """``row`` as the program shows it; ``column`` its letter and heading, empty for the row as a whole."""

    row: int
    column: str
    text: str


@dataclass(frozen=True)
class Record:
    """What a row says of a topic: only the fields whose columns are there."""

    row: int
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A spreadsheet that was read.  ``columns`` maps a field to the letter and heading of its column."""

    records: tuple[Record, ...]
    problems: tuple[CellProblem, ...]
    columns: Mapping[str, str]

    def problem(self, row: int, field: str, text: str) -> CellProblem:
        return CellProblem(row, self.columns.get(field, heading(field) if field else ""), text)


def read_sheet(rows: Sequence[Row]) -> Sheet:
    """``rows`` as `read_rows` gives them.  Raises `ImportFileError` where a column that is needed is missing."""
    columns = columns_of(rows[0].cells)
    places = by_field(columns)
    if twice := doubled(rows[0].cells):
        raise ImportFileError(refusal("column_twice", columns="、".join(twice)))
    if "id" not in places:
        raise ImportFileError(refusal("column_missing", column=heading("id")))
    named = {field: f"{get_column_letter(at + 1)} {heading(field)}" for field, at in places.items()}
    sheet = Sheet((), (), named)
    records, problems = [], []
    for row in rows[1:]:
        records.append(Record(row.number, {field: _value(row, field, at) for field, at in places.items()}))
        problems += list(_formulas(sheet, row, places))
    problems += list(_topics_twice(sheet, records))
    return Sheet(tuple(records), tuple(problems), named)


def sheet_of(entries: Sequence[Mapping[str, str]]) -> Sheet:
    """Texts by field that stand in no file, numbered from 1."""
    records = tuple(Record(number, {"id": "", **texts}) for number, texts in enumerate(entries, start=1))
    sheet = Sheet(records, (), {})
    return Sheet(records, tuple(_topics_twice(sheet, records)), {})


def _value(row: Row, field: str, at: int) -> str:
    if row.is_formula(at):
        return ""
    text = row.cell(at)
    if field in ("valid_from", "valid_until"):
        match = _DAY.fullmatch(text)
        return "-".join(part.zfill(2) for part in match.groups()) if match else text
    if field == "phrasings":
        return "\n".join(lines_of(text))
    if field in _LISTS:
        return "\n".join(_named(field, lines_of(_SEPARATORS.sub("\n", text))))
    return text


def _named(field: str, values: Iterator[str]) -> Iterator[str]:
    """States of parcels may be written by their Chinese names."""
    codes = {name: code for code, name in desk_words().statuses.items()} if field == "when.waybill" else {}
    return (codes.get(value, value) for value in values)


def _formulas(sheet: Sheet, row: Row, places: Mapping[str, int]) -> Iterator[CellProblem]:
    for field, at in places.items():
        if row.is_formula(at):
            yield sheet.problem(row.number, field, problem("formula"))


def _topics_twice(sheet: Sheet, records: Sequence[Record]) -> Iterator[CellProblem]:
    first: dict[str, int] = {}
    for record in records:
        row = first.setdefault(record.texts["id"], record.row)
        if row != record.row and record.texts["id"]:
            yield sheet.problem(record.row, "id", problem("topic_twice", row=row))
