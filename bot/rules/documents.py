"""A table as a document of plain values, the common form of YAML files, spreadsheets and the database."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.rules.cells import NEVER, Cell, Value
from bot.rules.problems import Path, Places, Problem
from bot.rules.reading import CellError, read_cell, read_value
from bot.rules.table import Choice, Column, ColumnType, HitPolicy, Row, Table
from bot.rules.writing import plain_cell

Document = Mapping[str, Any]
_TABLE_KEYS = {"table", "title", "hit", "complete", "note", "inputs", "outputs", "rows"}
_COLUMN_KEYS = {"name", "title", "type", "choices", "optional"}
_ROW_KEYS = {"id", "when", "then", "note"}


class Reader:
    """Reads one document and gathers every problem on the way."""

    def __init__(self, document: Any, places: Places, *, name: str = "") -> None:
        self._document: Document = document if isinstance(document, Mapping) else {}
        self._places = places
        self.name = str(self._document.get("table") or name)
        self.problems: list[Problem] = []
        if not isinstance(document, Mapping):
            self._complain((), "内容不是一张规则表")

    def table(self, shape: Table | None = None) -> Table:
        """The table; where a shape is given, its columns are taken from there and the document has only rows."""
        known = shape or self._shape()
        rows = tuple(self._rows(known))
        return Table(
            name=self.name,
            title=known.title,
            hit=known.hit,
            inputs=known.inputs,
            outputs=known.outputs,
            rows=rows,
            complete=known.complete,
            note=known.note,
        )

    def _shape(self) -> Table:
        self._only(self._document, _TABLE_KEYS, ())
        for name in ("table", "title"):
            if not self._document.get(name):
                self._complain((), f"缺少 {name}")
        return Table(
            name=self.name,
            title=str(self._document.get("title") or ""),
            hit=HitPolicy(self._one_of("hit", [policy.value for policy in HitPolicy])),
            inputs=tuple(self._columns("inputs")),
            outputs=tuple(self._columns("outputs")),
            complete=self._document.get("complete") is True,
            note=str(self._document.get("note") or ""),
        )

    def _one_of(self, name: str, allowed: list[str]) -> str:
        value = self._document.get(name)
        if value not in allowed:
            self._complain((name,), f"{name} 应为 {'、'.join(allowed)} 之一")
            return allowed[0]
        return str(value)

    def _columns(self, side: str) -> Iterator[Column]:
        seen: set[str] = set()
        for number, raw in enumerate(self._list(self._document.get(side), (side,), side)):
            path: Path = (side, number)
            if not isinstance(raw, Mapping) or not raw.get("name"):
                self._complain(path, "列应有 name")
                continue
            name = str(raw["name"])
            self._only(raw, _COLUMN_KEYS, path)
            if name in seen:
                self._complain(path, "列名重复", column=name)
            seen.add(name)
            yield self._column(name, raw, path)

    def _column(self, name: str, raw: Document, path: Path) -> Column:
        kind = raw.get("type", "text")
        if kind not in list(ColumnType):
            self._complain(path, f"type 应为 {'、'.join(ColumnType)} 之一", column=name)
            kind = ColumnType.text
        choices = tuple(_choices(raw.get("choices")))
        if (kind == ColumnType.choice) != bool(choices):
            self._complain(path, "type 为 choice 的列应列出 choices，其他列不应", column=name)
        if _is_ambiguous(choices):
            self._complain(path, "可选值或其名称重复", column=name)
        title = str(raw.get("title") or name)
        return Column(name, title, ColumnType(kind), choices, optional=raw.get("optional") is True)

    def _rows(self, table: Table) -> Iterator[Row]:
        for number, raw in enumerate(self._list(self._document.get("rows"), ("rows",), "rows")):
            path: Path = ("rows", number)
            if not isinstance(raw, Mapping):
                self._complain(path, "行应写成 id、when、then")
                continue
            row = "" if raw.get("id") is None else str(raw["id"]).strip()
            self._only(raw, _ROW_KEYS, path, row)
            when = self._cells(raw.get("when"), (*path, "when"), row, table.inputs)
            then = self._outcome(raw.get("then"), (*path, "then"), row, table.outputs)
            yield Row(row, when, then, str(raw.get("note") or "").strip(), at=number)

    def _cells(self, raw: Any, path: Path, row: str, columns: tuple[Column, ...]) -> dict[str, Cell]:
        """Cells in the order of the columns; empty ones are left out."""
        written = self._named(raw, path, row, columns)
        cells = {}
        for column in columns:
            try:
                cell = read_cell(written.get(column.name), column)
            except CellError as error:
                self._complain((*path, column.name), str(error), row, column.name)
                cell = NEVER
            if not cell.is_any:
                cells[column.name] = cell
        return cells

    def _outcome(self, raw: Any, path: Path, row: str, columns: tuple[Column, ...]) -> dict[str, Value]:
        written = self._named(raw, path, row, columns)
        outcome: dict[str, Value] = {}
        for column in columns:
            try:
                outcome[column.name] = read_value(written.get(column.name), column)
                if outcome[column.name] is None and not column.optional:
                    self._complain((*path, column.name), "缺少结果", row, column.name)
            except CellError as error:
                outcome[column.name] = None
                self._complain((*path, column.name), str(error), row, column.name)
        return outcome

    def _named(self, raw: Any, path: Path, row: str, columns: tuple[Column, ...]) -> Document:
        if raw is not None and not isinstance(raw, Mapping):
            self._complain(path, "应写成“列: 内容”", row)
            return {}
        names = [column.name for column in columns]
        for name in raw or {}:
            if name not in names:
                self._complain((*path, name), f"没有这一列，可用：{'、'.join(names)}", row, str(name))
        return raw or {}

    def _list(self, raw: Any, path: Path, name: str) -> list[Any]:
        if raw is not None and not isinstance(raw, list):
            self._complain(path, f"{name} 应为列表")
            return []
        return raw or []

    def _only(self, raw: Document, allowed: set[str], path: Path, row: str = "") -> None:
        for name in raw:
            if name not in allowed:
                self._complain((*path, name), f"不认识“{name}”，可用：{'、'.join(sorted(allowed))}", row)

    def _complain(self, path: Path, what: str, row: str = "", column: str = "") -> None:
        self.problems.append(Problem(self.name, row, column, what, self._places.of(path)))


def _is_ambiguous(choices: tuple[Choice, ...]) -> bool:
    """Whether one word could mean two values."""
    words = [word for choice in choices for word in {choice.value, choice.title}]
    return len(set(words)) < len(words)


def _choices(raw: Any) -> Iterator[Choice]:
    """``{value: title}`` or, where order would be lost, ``[[value, title], ...]``."""
    pairs = raw.items() if isinstance(raw, Mapping) else raw or []
    for pair in pairs:
        value, title = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (pair, pair)
        yield Choice(str(value), str(title))


def document_of(table: Table) -> dict[str, Any]:
    """The document of a table, which reads as the same table."""
    return {
        "table": table.name,
        "title": table.title,
        "hit": table.hit.value,
        **({"complete": True} if table.complete else {}),
        **({"note": table.note} if table.note else {}),
        "inputs": [_column_document(column) for column in table.inputs],
        "outputs": [_column_document(column) for column in table.outputs],
        "rows": [_row_document(row, table) for row in table.rows],
    }


def _column_document(column: Column) -> dict[str, Any]:
    choices = [[choice.value, choice.title] for choice in column.choices]
    return {
        "name": column.name,
        "title": column.title,
        "type": column.type.value,
        **({"choices": choices} if choices else {}),
        **({"optional": True} if column.optional else {}),
    }


def _row_document(row: Row, table: Table) -> dict[str, Any]:
    columns = [column for column in table.inputs if not row.cell(column.name).is_any]
    when = {column.name: plain_cell(row.cell(column.name), column) for column in columns}
    return {
        "id": row.id,
        **({"when": when} if when else {}),
        "then": {name: value for name, value in row.then.items() if value is not None},
        **({"note": row.note} if row.note else {}),
    }
