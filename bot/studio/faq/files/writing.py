"""All entries as an Excel sheet or a CSV file: one row each under Chinese headings, gaps with their topic alone."""

import csv
import io
from collections.abc import Iterable
from typing import Any, TypeAlias

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from bot.studio.faq.files.cells import FORMULA, neutral
from bot.studio.faq.files.columns import FIELDS, WIDTHS, headings
from bot.studio.faq.model import Topic, texts_of
from bot.studio.faq.words import faq_words

Line: TypeAlias = list[str]

_BOM = "\ufeff"
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32)))
"""Signs that an Excel file cannot hold."""


def write_xlsx(topics: Iterable[Topic]) -> bytes:
    """What begins like a formula stays a text there."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(faq_words().ui["sheet"])
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    lines = list(_lines(topics))
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(WIDTHS))}{len(lines) + 1}"
    sheet.append([_heading(sheet, text) for text in headings()])
    plain, quoted = (_styled(sheet, is_quoted=is_quoted) for is_quoted in (False, True))
    for line in lines:
        sheet.append([_cell(sheet, value, quoted if value.startswith(FORMULA) else plain) for value in line])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _heading(sheet: Any, text: str) -> Cell:
    cell = WriteOnlyCell(sheet, text)
    cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E0F0F1")
    return cell


def _styled(sheet: Any, *, is_quoted: bool) -> Cell:
    """A cell whose style others take: a style of one's own for each would take most of the time."""
    cell = WriteOnlyCell(sheet)
    cell.alignment, cell.quotePrefix = Alignment(vertical="top", wrap_text=True), is_quoted
    return cell


def _cell(sheet: Any, value: str, like: Cell) -> Cell | None:
    """Nothing where there is nothing to write."""
    if not value:
        return None
    cell = WriteOnlyCell(sheet, value.translate(_UNWRITABLE))
    cell.data_type = "s"
    cell._style = like._style  # type: ignore[attr-defined]  # how openpyxl itself shares styles; its stubs lack it
    return cell


def write_csv(topics: Iterable[Topic]) -> bytes:
    """UTF-8 with BOM, so that Excel opens it; what begins like a formula has an apostrophe before it."""
    file = io.StringIO(newline="")
    file.write(_BOM)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(headings())
    writer.writerows([neutral(value) for value in line] for line in _lines(topics))
    return file.getvalue().encode()


def _lines(topics: Iterable[Topic]) -> Iterable[Line]:
    for topic in topics:
        texts = texts_of(topic)
        yield [texts.get(field, "") for field in FIELDS]
