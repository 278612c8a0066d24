"""The tables of a report on the page; long ones a part at a time."""

from collections.abc import Mapping

from bot.desk.ui.forms import button, tag
from bot.studio.insight.export import Cell, sheet_of
from bot.studio.insight.model import Report
from bot.studio.insight.words import insight_words
from bot.studio.ui.insight.shared import percent

ROWS = 60
_SHARES = frozenset({"resolution", "repeat_share", "understood", "confidence", "share", "helped"})


class Tables:
    """Every table of one report; channels, intents and topics are shown by their titles."""

    def __init__(
        self, report: Report, channels: Mapping[str, str], intents: Mapping[str, str], topics: Mapping[str, str]
    ) -> None:
        self._report = report
        self._channels = channels
        self._intents = intents
        self._topics = topics
        self._words = insight_words().numbers

    def draw(self, table: str) -> None:
        sheet = sheet_of(self._report, table)
        rows = sheet.rows if table in ("asked", "handed", "entries") else sheet.rows[::-1]
        around = tag("div", "sheet-place")

        def show(most: int | None) -> None:
            around.clear()
            with around:
                self._draw_rows(sheet.columns, sheet.headings, rows[:most])
                if most is not None and len(rows) > most:
                    more = button(self._words["more"].format(n=len(rows)), "small more-rows", type="button")
                    more.on("click", lambda: show(None))

        show(ROWS if table != "entries" else 20)

    def _draw_rows(self, columns: tuple[str, ...], headings: list[str], rows: tuple[tuple[Cell, ...], ...]) -> None:
        if not rows:
            tag("p", "empty", self._words["nothing"])
            return
        with tag("div", "table-around"), tag("table", "numbers-table"):
            with tag("thead"), tag("tr"):
                for number, heading in enumerate(headings):
                    tag("th", "n" if _is_number(rows[0][number]) else "", heading, scope="col")
            with tag("tbody"):
                for row in rows:
                    with tag("tr"):
                        for column, heading, cell in zip(columns, headings, row, strict=True):
                            kind = "n" if _is_number(cell) else ""
                            tag("td", kind, self._cell(column, cell), **{"data-name": heading})

    def _cell(self, column: str, cell: Cell) -> str:
        if cell is None:
            return "—"
        if isinstance(cell, str):
            return {"channel": self._channel, "intent": self._intent, "topic": self._topic}.get(column, str)(cell)
        if column in _SHARES:
            return percent(float(cell))
        return f"{cell:,}" if isinstance(cell, int) else f"{cell:.2f}"

    def _channel(self, name: str) -> str:
        return self._channels.get(name, name)

    def _intent(self, name: str) -> str:
        return self._intents.get(name) or name

    def _topic(self, name: str) -> str:
        return self._topics.get(name) or name


def _is_number(cell: Cell) -> bool:
    return cell is None or isinstance(cell, (int, float))
