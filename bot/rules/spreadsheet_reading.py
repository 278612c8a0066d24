"""A workbook back into tables; problems name the sheet and the cell."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from bot.errors import ImportFileError
from bot.rules.checks import MOST_ROWS
from bot.rules.documents import Reader
from bot.rules.problems import Draft, Path, Places, Problem
from bot.rules.reading import Unreadable
from bot.rules.spreadsheet import HEADER_ROWS, HELP_SHEET, ID, LISTS_SHEET, REMARK
from bot.rules.table import Table

_MOST_BYTES = 50_000_000
_MOST_COLUMNS = 100
_MOST_SHEETS = 60


def read_spreadsheet(content: bytes, known: Mapping[str, Table]) -> Draft:
    """A draft out of an .xlsx file.  Raises `ImportFileError` when it is none.

    Parameters
    ----------
    known: the tables in force: their columns count, and a table without a sheet stays as it is.
    """
    tables, problems, places = dict(known), list[Problem](), dict[str, Places]()
    for title, rows in _sheets(content):
        table = _table_of(title, known)
        if table is None:
            what = f"没有对应的规则表，可用：{'、'.join(f'{one.title} {one.name}' for one in known.values())}"
            problems.append(Problem(title, "", "", what, f"工作表“{title}”"))
            continue
        if table.name in places:
            problems.append(Problem(table.name, "", "", "这张表有两个工作表", f"工作表“{title}”"))
        sheet = _Sheet(title, table, rows)
        reader = Reader({"table": table.name, "rows": sheet.rows}, Places(sheet.place(), sheet.places))
        tables[table.name], places[table.name] = reader.table(table), Places(sheet.place(), sheet.places)
        problems += sheet.problems + reader.problems
    return Draft(tables, tuple(problems), places)


class _Sheet:
    """One sheet as rows of a document, with the place of every cell."""

    def __init__(self, title: str, table: Table, rows: list[list[Any]]) -> None:
        self._title = title
        self._table = table
        self.problems: list[Problem] = []
        self.rows: list[dict[str, Any]] = []
        self.places: dict[Path, str] = {}
        at = self._columns(rows)
        for number, row in enumerate(rows[HEADER_ROWS:], start=HEADER_ROWS + 1):
            if any(value is not None and value != "" for value in row):
                self._read(number, {name: row[place] for place, name in at.items()}, at)

    def place(self, row: int | None = None, column: int | None = None) -> str:
        """``“超时升级 escalation”C7``; columns count from 0."""
        cell = f"{'' if column is None else get_column_letter(column + 1)}{'' if row is None else row}"
        return f"“{self._title}”{cell if column is not None or row is None else f'第{row}行'}"

    def _columns(self, rows: list[list[Any]]) -> dict[int, str]:
        """Which column has what, by the English names in the second row or else the Chinese ones in the first."""
        names = {ID, REMARK, *(column.name for column in self._table.columns)}
        titles = {column.title: column.name for column in self._table.columns}
        first, second = ((rows[number] if number < len(rows) else []) for number in range(HEADER_ROWS))
        found: dict[int, str] = {}
        for place in range(max(len(first), len(second))):
            name, title = (_heading(row, place) for row in (second, first))
            known = name if name in names else titles.get(title, "")
            if known and known not in found.values():
                found[place] = known
            elif name or title:
                what = "这一列重复了" if known else "没有这一列"
                self._complain(name or title, what, self.place(HEADER_ROWS, place))
        for column in (ID, *(column.name for column in self._table.columns)):
            if column not in found.values():
                self._complain(column, "缺少这一列", self.place())
        return found

    def _read(self, number: int, values: dict[str, Any], at: dict[int, str]) -> None:
        path: Path = ("rows", len(self.rows))
        self.places[path] = self.place(number)
        row: dict[str, Any] = {"when": {}, "then": {}}
        for place, name in at.items():
            column = self._table.column(name)
            side = "then" if column in self._table.outputs else "when"
            key: Path = (side, name) if column else ("note" if name == REMARK else name,)
            self.places[(*path, *key)] = self.place(number, place)
            if column:
                row[side][name] = values[name]
            else:
                row[str(key[0])] = self._text(values[name], name, self.place(number, place))
        self.rows.append(row)

    def _text(self, value: Any, column: str, where: str) -> Any:
        if not isinstance(value, Unreadable):
            return value
        self._complain(column, value.why, where)
        return None

    def _complain(self, column: str, what: str, where: str) -> None:
        self.problems.append(Problem(self._table.name, "", column, what, where))


def _heading(row: list[Any], place: int) -> str:
    return str(row[place]).strip() if place < len(row) and row[place] is not None else ""


def _table_of(title: str, known: Mapping[str, Table]) -> Table | None:
    """By the English name at the end of a sheet's name, or the Chinese one alone."""
    words = title.split()
    by_name = known.get(words[-1]) if words else None
    return by_name or next((table for table in known.values() if table.title == title.strip()), None)


def _sheets(content: bytes) -> Iterator[tuple[str, list[list[Any]]]]:
    """Names and values of the sheets that have rules, as far as a table can be long and wide."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise ImportFileError("文件展开后过大")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheets = [sheet for sheet in book.worksheets if sheet.title not in (HELP_SHEET, LISTS_SHEET)]
        found = [(sheet.title, [*_rows(sheet)]) for sheet in sheets[:_MOST_SHEETS]]
        book.close()
    except ImportFileError:
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers raise: KeyError, ValueError, BadZipFile, SyntaxError of XML.
        raise ImportFileError("无法读取：不是有效的 Excel 文件（.xlsx）") from error
    yield from found


def _rows(sheet: Any) -> Iterator[list[Any]]:
    for row in sheet.iter_rows(max_row=HEADER_ROWS + MOST_ROWS + 1, max_col=_MOST_COLUMNS):
        yield [_value(cell) for cell in row]


def _value(cell: Any) -> Any:
    """What the cell has, or why it cannot be taken."""
    value = cell.value
    if isinstance(value, datetime | date | time | timedelta):
        return Unreadable("Excel 把内容变成了日期，请把单元格格式设为“文本”再填")
    if cell.data_type == "f":
        return Unreadable("不支持公式，请填写值")
    if cell.data_type == "e":
        return Unreadable("单元格是错误值")
    return value
