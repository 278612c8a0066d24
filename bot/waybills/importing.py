"""Importing waybills and checkpoints from CSV files and JSON arrays.

Good rows are kept, bad ones come back with line, field and reason.  The same import twice is the same as once.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.clock import Clock
from bot.db import Database
from bot.errors import ImportFileError
from bot.waybills.intake import Intake
from bot.waybills.schemas import CheckpointRecord, WaybillRecord, import_words

MAX_ROWS = 50_000
CLOCKS_DIFFER = timedelta(hours=1)
_BATCH = 1_000
_REASONS = {
    "missing": "missing",
    "string_too_short": "missing",
    "too_short": "missing",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "float_parsing": "not_a_number",
    "float_type": "not_a_number",
    "finite_number": "not_a_number",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "extra_forbidden": "extra",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
}
Record = TypeVar("Record", WaybillRecord, CheckpointRecord)


@dataclass(frozen=True)
class RejectedRow:
    """A row that was not taken.  ``line`` counts from 1: the line of a file, or the place in an array."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What became of an import."""

    accepted: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawRows:
    """Rows as they came, each with its line; columns nobody knows are named, not read."""

    rows: list[tuple[int, Any]]
    rejected: list[RejectedRow] = field(default_factory=list)
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Parsed(Generic[Record]):
    good: list[tuple[int, Record]]
    rejected: list[RejectedRow]


class WaybillImporter:
    """Puts records into the tables of the PostgreSQL source, in batches of one transaction each."""

    def __init__(self, database: Database, clock: Clock, intake: Intake) -> None:
        self._database = database
        self._clock = clock
        self._intake = intake

    async def waybills(self, raw: RawRows) -> ImportReport:
        """Insert or update.  An update leaves the track, and what only the track can know, alone."""
        parsed = _parse(WaybillRecord, raw)
        for batch in _batches(parsed.good):
            async with self._database.transaction() as session:
                await self._intake.waybills(session, [record for _, record in batch])
        return ImportReport(len(parsed.good), parsed.rejected, raw.ignored_columns)

    async def checkpoints(self, raw: RawRows) -> ImportReport:
        """Add scans and bring each waybill's state in line with its whole track."""
        parsed = _without_future(_parse(CheckpointRecord, raw), self._clock() + CLOCKS_DIFFER)
        strangers: list[RejectedRow] = []
        for batch in _batches(parsed.good):
            async with self._database.transaction() as session:
                unknown = await self._intake.scans(session, [record for _, record in batch])
            strangers += _strangers(batch, unknown)
        rejected = sorted(parsed.rejected + strangers, key=lambda row: row.line)
        return ImportReport(len(parsed.good) - len(strangers), rejected, raw.ignored_columns)


def _strangers(batch: list[tuple[int, CheckpointRecord]], unknown: set[str]) -> list[RejectedRow]:
    reason = import_words().reasons["unknown_waybill"]
    return [RejectedRow(line, "waybill_no", reason) for line, record in batch if record.waybill_no in unknown]


def rows_of_csv(content: bytes, *, required: Sequence[str]) -> RawRows:
    """The rows of a CSV file in UTF-8 (with or without BOM) or GB18030, headers in English or Chinese.

    Parameters
    ----------
    required: fields without which no row could be taken.

    Raises `ImportFileError` for a file that cannot be read at all.
    """
    text = _decode(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = next(reader, [])
        columns = [import_words().field(name) for name in header]
        _check_columns(columns, required)
        rows, rejected = _split(reader, columns)
    except csv.Error as error:
        raise _unreadable("broken", line=reader.line_num) from error
    ignored = tuple(name for name, known in zip(header, columns, strict=True) if known is None and name.strip())
    return RawRows(rows, rejected, ignored)


def rows_of_json(items: Sequence[Any]) -> RawRows:
    """The items of a JSON array; `ImportFileError` when there are too many."""
    if len(items) > MAX_ROWS:
        raise _unreadable("too_many_rows", limit=MAX_ROWS)
    return RawRows(list(enumerate(items, 1)))


def required_fields(model: type[WaybillRecord | CheckpointRecord]) -> list[str]:
    return [name for name, info in model.model_fields.items() if info.is_required()]


def _unreadable(reason: str, **values: object) -> ImportFileError:
    return ImportFileError(import_words().file[reason].format(**values))


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable("encoding")


def _delimiter(text: str) -> str:
    """What parts the columns of the header: comma, tab or semicolon."""
    header = text.split("\n", 1)[0]
    return max(",\t;", key=header.count)


def _check_columns(columns: list[str | None], required: Sequence[str]) -> None:
    if not any(columns):
        raise _unreadable("empty") if not columns else _unreadable("columns", columns=_chinese(required))
    missing = [name for name in required if name not in columns]
    if missing:
        raise _unreadable("columns", columns=_chinese(missing))


def _chinese(fields: Iterable[str]) -> str:
    headers = import_words().headers
    return "、".join(f"{headers[name][0]}（{name}）" for name in fields)


def _split(reader: Iterator[list[str]], columns: list[str | None]) -> tuple[list[tuple[int, Any]], list[RejectedRow]]:
    rows: list[tuple[int, Any]] = []
    rejected: list[RejectedRow] = []
    line = 2
    for cells in reader:
        if len(rows) >= MAX_ROWS:
            raise _unreadable("too_many_rows", limit=MAX_ROWS)
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            rejected.append(RejectedRow(line, "", import_words().reasons["too_many_columns"]))
        elif any(cell.strip() for cell in cells):
            pairs = zip(columns, cells, strict=False)
            rows.append((line, {name: cell.strip() for name, cell in pairs if name is not None}))
        line = getattr(reader, "line_num", line) + 1
    return rows, rejected


def _parse(model: type[Record], raw: RawRows) -> _Parsed[Record]:
    good: list[tuple[int, Record]] = []
    rejected = list(raw.rejected)
    for line, values in raw.rows:
        try:
            good.append((line, model.model_validate(values)))
        except ValidationError as error:
            rejected += [_rejected(line, each) for each in error.errors(include_url=False)]
    return _Parsed(good, sorted(rejected, key=lambda row: row.line))


def _without_future(parsed: _Parsed[CheckpointRecord], latest: datetime) -> _Parsed[CheckpointRecord]:
    """A scan of tomorrow would stay the newest, and hide the true ones, until tomorrow."""
    good = [(line, record) for line, record in parsed.good if record.at <= latest]
    reason = import_words().reasons["future"]
    future = [RejectedRow(line, "at", reason) for line, record in parsed.good if record.at > latest]
    return _Parsed(good, parsed.rejected + future)


def _rejected(line: int, error: ErrorDetails) -> RejectedRow:
    reasons = import_words().reasons
    name = ".".join(map(str, error["loc"])).encode("utf-8", "replace").decode()
    if error["type"] == "row":
        return RejectedRow(line, name, reasons[error["ctx"]["reason"]])
    return RejectedRow(line, name, reasons[_REASONS.get(error["type"], "other")])


def _batches(good: list[tuple[int, Record]]) -> Iterator[list[tuple[int, Record]]]:
    for start in range(0, len(good), _BATCH):
        yield good[start : start + _BATCH]
