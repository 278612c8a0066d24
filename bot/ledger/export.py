"""Statements as a CSV file that opens in Excel: UTF-8 with BOM, Chinese headings, moments in China's time."""

import csv
import io
from collections.abc import Iterable, Iterator

from bot.clock import local
from bot.ledger.model import EntryKind, LedgerEntry
from bot.ledger.statements import Balance, Statement
from bot.ledger.words import ledger_words

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"


def statements_csv(statements: Iterable[Statement]) -> str:
    """One line for the opening balance of each unit, one for each entry, one for the closing balance."""
    columns = ledger_words().columns
    file = io.StringIO(_BOM)
    file.seek(0, io.SEEK_END)
    writer = csv.DictWriter(file, fieldnames=list(type(columns).model_fields), restval="", lineterminator="\r\n")
    writer.writerow(columns.model_dump())
    for statement in statements:
        writer.writerows(_lines(statement))
    return file.getvalue()


def _lines(statement: Statement) -> Iterator[dict[str, str]]:
    rows = ledger_words().rows
    yield _balance(statement, rows.opening, statement.opening)
    for entry in statement.entries:
        yield _line(entry)
    yield _balance(statement, rows.closing, statement.closing)


def _balance(statement: Statement, kind: str, balance: Balance) -> dict[str, str]:
    return {
        "unit": _safe(statement.unit),
        "month": statement.month,
        "kind": kind,
        "money": str(balance.money),
        "score": str(balance.score),
    }


def _line(entry: LedgerEntry) -> dict[str, str]:
    kind = EntryKind(entry.entry)
    return {
        "unit": _safe(entry.unit),
        "month": entry.month,
        "at": f"{local(entry.at):%Y-%m-%d %H:%M:%S}",
        "kind": ledger_words().kinds[kind],
        "money" if kind.is_money else "score": str(entry.amount),
        "cause": _safe(entry.cause or ""),
        "ticket_no": _safe(entry.ticket_no),
        "reference": _safe(entry.reference),
        "rule": _safe(entry.rule),
        "id": str(entry.id),
        "reverses": str(entry.reverses or ""),
        "by": _safe(entry.by),
        "note": _safe(entry.note),
    }


def _safe(text: str) -> str:
    """A spreadsheet must not take what people wrote for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
