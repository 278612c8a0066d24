"""Tables of a report: on the page behind each chart, and as CSV; pure."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.errors import BadQueryError
from bot.studio.insight.model import Ratings, Report
from bot.studio.insight.words import insight_words

Cell: TypeAlias = str | int | float | None
_RUNS_IN_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sheet:
    """A table; ``columns`` are keys of the words of columns.  A share is a number from 0 to 1."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def headings(self) -> list[str]:
        return [insight_words().columns[column] for column in self.columns]


def contacts(report: Report) -> Sheet:
    columns = ("day", "contacts", "resolved", "resolution", "repeated", "repeat_share", "given_up", "handed_over")
    rows = []
    for one in report.days:
        told = one.contacts
        shares = told.resolved, told.resolution, told.repeated, told.repeat_share
        rows.append((one.day.isoformat(), told.all, *shares, told.given_up, told.handed_over))
    return Sheet(columns, tuple(rows))


def understood(report: Report) -> Sheet:
    """By day and channel."""
    columns = ("day", "channel", "heard", "unsure", "understood", "out_of_scope", "confidence")
    rows = [
        (one.day.isoformat(), channel, heard.n, heard.unsure, heard.understood, heard.out_of_scope, heard.confidence)
        for one in report.days
        for channel, heard in one.channels.items()
    ]
    return Sheet(columns, tuple(rows))


def asked(report: Report) -> Sheet:
    whole = report.heard.n or 1
    rows = tuple((one.intent, one.n, one.n / whole, one.before) for one in report.asked)
    return Sheet(("intent", "n", "share", "before"), rows)


def handed(report: Report) -> Sheet:
    whole = report.contacts.all or 1
    words = insight_words().contacts
    ranked = sorted(report.contacts.handed.items(), key=lambda item: -item[1])
    rows = tuple((words.get(why, why), n, n / whole, report.before.handed.get(why, 0)) for why, n in ranked)
    return Sheet(("how", "n", "share", "before"), rows)


def ratings(report: Report) -> Sheet:
    return Sheet(
        ("day", "how", "ratings", "score"),
        tuple(
            (one.day.isoformat(), about, given.n, given.mean)
            for one in report.days
            for about, given in _by_about(one.bot_ratings, one.agent_ratings)
            if given.n
        ),
    )


def mended(report: Report) -> Sheet:
    rows = tuple((one.day.isoformat(), one.n, one.median_h) for one in report.mended)
    return Sheet(("day", "mended", "median_h"), rows)


def entries(report: Report) -> Sheet:
    columns = ("topic", "n", "bad", "helped", "suggested", "used", "edited", "ignored")
    rows = [
        (use.topic, use.n, use.bad, use.helped, use.suggested, use.used, use.edited, use.ignored)
        for use in report.entries
    ]
    return Sheet(columns, tuple(rows))


TABLES: Mapping[str, Callable[[Report], Sheet]] = {
    "contacts": contacts,
    "understood": understood,
    "asked": asked,
    "handed": handed,
    "ratings": ratings,
    "mended": mended,
    "entries": entries,
}


def sheet_of(report: Report, table: str) -> Sheet:
    """Raises `BadQueryError` for a table that there is none of."""
    if table not in TABLES:
        raise BadQueryError(insight_words().refusals["table"])
    return TABLES[table](report)


def csv_of(sheet: Sheet) -> str:
    """With a byte order mark, by which spreadsheets know UTF-8; nothing in it runs as a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(sheet.headings)
    writer.writerows([[_cell(cell) for cell in row] for row in sheet.rows])
    return out.getvalue()


def _cell(cell: Cell) -> Cell:
    if isinstance(cell, float):
        return round(cell, 4)
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUNS_IN_SPREADSHEETS) else cell


def _by_about(bot: Ratings, agent: Ratings) -> Sequence[tuple[str, Ratings]]:
    words = insight_words().numbers
    return (words["by_bot"], bot), (words["by_agent"], agent)
