"""All tables as one Excel workbook: a sheet each, Chinese headings above English names, lists to choose from."""

import io
from collections.abc import Iterable, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from bot.rules.cells import Cell
from bot.rules.checks import MOST_ROWS
from bot.rules.table import Column, ColumnType, HitPolicy, Row, Table
from bot.rules.words import sheet_words
from bot.rules.writing import cell_text, plain_cell, value_text

HELP_SHEET, LISTS_SHEET = "说明", "可选值"
ID, REMARK = "id", "remark"
"""Names of the columns that every sheet has besides those of its table."""
HEADER_ROWS = 2
_INPUT, _OUTPUT, _OTHER = (PatternFill("solid", fgColor=colour) for colour in ("DDEBF7", "E2EFDA", "EDEDED"))
_LONGEST_NAME = 31
_DIGITS = 15
"""So many Excel keeps of a number; one with more is written as a text."""


def write_spreadsheet(tables: Mapping[str, Table]) -> bytes:
    """The workbook as bytes of an .xlsx file; `bot.rules.spreadsheet_reading` reads it back as the same tables."""
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    _write_help(book.create_sheet(HELP_SHEET), tables.values())
    lists = _Lists(book.create_sheet(LISTS_SHEET))
    for table in tables.values():
        sheet = book.create_sheet(sheet_name(table))
        _write_headings(sheet, table)
        for at, rule in enumerate(table.rows, start=HEADER_ROWS + 1):
            for number, value in enumerate(_values(rule, table), start=1):
                _put(sheet.cell(at, number), value)
        lists.offer(sheet, table)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def sheet_name(table: Table) -> str:
    """``超时升级 escalation``: within the length Excel allows, without the characters it does not."""
    title = "".join("-" if sign in "[]:*?/\\'" else sign for sign in table.title)
    return f"{title[: _LONGEST_NAME - 1 - len(table.name)]} {table.name}"


def _write_help(sheet: Worksheet, tables: Iterable[Table]) -> None:
    words = sheet_words()
    lines: list[tuple[Any, ...]] = [(line,) for line in words.help]
    lines += [(), words.contents]
    for table in tables:
        hit = words.first if table.hit is HitPolicy.first else words.all
        lines.append((sheet_name(table), hit, len(table.rows), table.note))
    for at, line in enumerate(lines, start=1):
        for number, value in enumerate(line, start=1):
            _put(sheet.cell(at, number), value)
    for letter, width in {"A": 28, "B": 24, "C": 8, "D": 80}.items():
        sheet.column_dimensions[letter].width = width


def _write_headings(sheet: Worksheet, table: Table) -> None:
    words = sheet_words()
    headings = [(words.id, ID, _OTHER)]
    headings += [(column.title, column.name, _INPUT) for column in table.inputs]
    headings += [(column.title, column.name, _OUTPUT) for column in table.outputs]
    headings += [(words.note, REMARK, _OTHER)]
    for number, (title, name, fill) in enumerate(headings, start=1):
        for row, text in ((1, title), (2, name)):
            cell = sheet.cell(row, number)
            _put(cell, text)
            cell.fill, cell.font = fill, Font(bold=row == 1, color="000000" if row == 1 else "808080")
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = 36 if name == REMARK else 18
    sheet.freeze_panes = sheet.cell(HEADER_ROWS + 1, 2).coordinate


def _values(row: Row, table: Table) -> list[Any]:
    when = [_condition(row.cell(column.name), column) for column in table.inputs]
    return [row.id, *when, *(_outcome(row, column) for column in table.outputs), row.note]


def _condition(cell: Cell, column: Column) -> str | int | float:
    plain = plain_cell(cell, column)
    is_number = isinstance(plain, int | float) and not isinstance(plain, bool)
    return plain if is_number else cell_text(cell, column, titled=True)


def _outcome(row: Row, column: Column) -> str | int | float | None:
    value = row.then.get(column.name)
    is_number = column.type is ColumnType.number and isinstance(value, int | float)
    return value if is_number else value_text(value, column, titled=True)


def _put(cell: Any, value: Any) -> None:
    """Write a value; texts stay texts, whatever Excel would make of them (a formula, a date)."""
    if value is None or value == "" or not isinstance(cell, SheetCell):
        return
    if isinstance(value, int | float) and float(f"{value:.{_DIGITS}g}") != value:
        value = repr(value)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text="\n" in value, vertical="top")


class _Lists:
    """A hidden sheet with the values to choose from, one column for each list that is used somewhere."""

    def __init__(self, sheet: Worksheet) -> None:
        self._sheet = sheet
        self._sheet.sheet_state = "hidden"
        self._known: dict[tuple[str, ...], str] = {}

    def offer(self, sheet: Worksheet, table: Table) -> None:
        """Drop-down lists; those of conditions only propose, because a condition may name several or say not."""
        for number, column in enumerate(table.columns, start=2):
            titles = ("是", "否") if column.type is ColumnType.flag else tuple(one.title for one in column.choices)
            if titles:
                place, is_input = self._place(titles), number < 2 + len(table.inputs)
                offered = DataValidation("list", formula1=place, allow_blank=True, showErrorMessage=not is_input)
                offered.error = sheet_words().choose
                letter = get_column_letter(number)
                offered.add(f"{letter}{HEADER_ROWS + 1}:{letter}{HEADER_ROWS + MOST_ROWS}")
                sheet.add_data_validation(offered)

    def _place(self, titles: tuple[str, ...]) -> str:
        """The range of a list, written down when it is asked for first."""
        if titles not in self._known:
            number = len(self._known) + 1
            for row, title in enumerate(titles, start=1):
                _put(self._sheet.cell(row, number), title)
            letter = get_column_letter(number)
            self._known[titles] = f"'{self._sheet.title}'!${letter}$1:${letter}${len(titles)}"
        return self._known[titles]
