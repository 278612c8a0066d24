"""A spreadsheet as rows of texts: .xlsx or .csv, with what could not be read and where."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

from bot.errors import ImportFileError
from bot.studio.faq.files.limits import SHEETS, kind_of, refuse_bomb, refuse_too_big, text_of
from bot.studio.faq.words import refusal

MOST_ROWS = 20_000
MOST_COLUMNS = 40
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet program takes for the beginning of a formula."""
_FORMULA_CELL = "\0formula"


@dataclass(frozen=True)
class Row:
    """A line of the sheet that has anything in it; ``number`` counts from 1 as the program shows it."""

    number: int
    cells: tuple[str, ...]

    def cell(self, at: int) -> str:
        return self.cells[at] if at < len(self.cells) else ""

    def is_formula(self, at: int) -> bool:
        return self.cell(at) == _FORMULA_CELL


def read_rows(name: str, content: bytes) -> list[Row]:
    """Every row that is not empty, the headings first.  Raises `ImportFileError` for what is no spreadsheet."""
    kind = kind_of(name, SHEETS)
    refuse_too_big(content)
    found = list(_of_csv(content) if kind == ".csv" else _of_xlsx(content))
    if len(found) > MOST_ROWS + 1:
        raise ImportFileError(refusal("too_many_rows", n=MOST_ROWS))
    if not found:
        raise ImportFileError(refusal("file_empty"))
    return found


def neutral(text: str) -> str:
    """A text that no program takes for a formula; `plain` undoes it."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def plain(text: str) -> str:
    """The text that `neutral` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(FORMULA) else text


def _of_csv(content: bytes) -> Iterator[Row]:
    text = text_of(content)
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        for number, line in enumerate(lines, start=1):
            if any(value.strip() for value in line):
                yield Row(number, tuple(plain(value.strip()) for value in line[:MOST_COLUMNS]))
            if number > MOST_ROWS * 2:
                return
    except csv.Error as error:
        raise ImportFileError(refusal("file_unreadable", what="CSV")) from error


def _of_xlsx(content: bytes) -> Iterator[Row]:
    refuse_bomb(content, what="Excel（.xlsx）")
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        rows = list(sheet.iter_rows(max_row=MOST_ROWS * 2, max_col=MOST_COLUMNS))
        found = [(number, [_text(cell) for cell in row]) for number, row in enumerate(rows, start=1)]
        book.close()
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise ImportFileError(refusal("file_unreadable", what="Excel（.xlsx）")) from error
    for number, values in found:
        if any(values):
            yield Row(number, tuple(values))


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return _FORMULA_CELL
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\r\n", "\n").strip()
