"""All entries as an Excel sheet or a CSV file: one row each under Chinese headings, gaps with their topic alone."""

import csv
import io
from collections.abc import Iterable
from typing import TypeAlias

from openpyxl import Workbook
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
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = faq_words().ui["sheet"]
    sheet.append(headings())
    for column, width in enumerate(WIDTHS, start=1):
        cell = sheet.cell(1, column)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E0F0F1")
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, line in enumerate(_lines(topics), start=2):
        for column, value in enumerate(line, start=1):
            cell = sheet.cell(row, column, value.translate(_UNWRITABLE))
            cell.data_type = "s"
            cell.quotePrefix = value.startswith(FORMULA)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


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
