"""``/studio/intents``: every intent with its examples, and whether it has its share."""

from dataclasses import dataclass

from bot.checking.balance import BROAD, CONVERSATION, OUTSIDE, WIDEST
from bot.desk.ui.forms import button, select, table, tag
from bot.studio.drafts.model import IntentLine
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.shared import address, word

SHOWN = ("", "few", "many", "changed")


@dataclass(frozen=True)
class IntentQuery:
    """What the address asks for; what makes no sense is as good as not asked."""

    intent: str
    q: str
    show: str
    after: str


class IntentList:
    """Their names, sizes and balance."""

    def __init__(self, drafts: Drafts, query: IntentQuery) -> None:
        self._drafts = drafts
        self._show = query.show if query.show in SHOWN else ""

    async def draw(self) -> None:
        lines = await self._drafts.intents()
        largest = max((line.examples for line in lines), default=1)
        limit = _limit(lines)
        wanted = [line for line in lines if self._is_wanted(line, limit)]
        self._draw_toolbar(lines)
        headings = [word(name) for name in ("intent", "examples", "balance", "state")]
        with table(headings, "intents"):
            for line in wanted:
                _draw_line(line, largest, limit)
        if not wanted:
            tag("p", "empty", word("nothing_found"))
        total = sum(line.examples for line in lines)
        tag("p", "muted under", word("intents_count", n=len(wanted), examples=total), **{"data-testid": "count"})

    def _draw_toolbar(self, lines: list[IntentLine]) -> None:
        with tag("div", "toolbar"):
            tag("h1", "", word("intents"))
            draw_search("", "")
            with tag("form", method="get", action="/studio/intents"):
                select(
                    "show",
                    {name: word(f"show_{name or 'all'}") for name in SHOWN},
                    self._show,
                    **{"aria-label": word("state")},
                )
                button(word("filter"))
        few = sum(line.examples < line.least for line in lines)
        if few:
            with tag("p", "notice"):
                tag("a", "", word("few_intents", n=few), href=address("intents", show="few"))

    def _is_wanted(self, line: IntentLine, limit: float) -> bool:
        match self._show:
            case "few":
                return line.examples < line.least
            case "many":
                return _is_task(line) and line.examples > limit
            case "changed":
                return line.changed
        return True


def draw_search(intent: str, q: str) -> None:
    """Over all examples, or those of an intent."""
    with tag("form", method="get", action="/studio/intents", role="search"):
        hint = word("search_intent" if intent else "search_all")
        if intent:
            tag("input", type="hidden", name="intent", value=intent)
        tag("input", type="search", name="q", defaultValue=q, placeholder=hint, **{"aria-label": hint})
        button(word("search"))


def _draw_line(line: IntentLine, largest: int, limit: float) -> None:
    with tag("tr"):
        with tag("td", "name"):
            tag("a", "strong", line.zh or line.name, href=address("intents", intent=line.name))
            tag("span", "mono muted", line.name)
        tag("td", "num", word("n_examples", n=line.examples))
        with tag("td", "bar-cell wide-only"):
            bar = tag("div", "bar", title=word("bar", n=line.examples, least=line.least))
            with bar:
                filled = tag("div", "bar-filled" + (" low" if line.examples < line.least else ""))
                filled.style(f"width: {100 * line.examples / largest:.1f}%")
                tag("div", "bar-least").style(f"left: {min(100 * line.least / largest, 100):.1f}%")
        with tag("td"), tag("div", "tags"):
            if line.examples < line.least:
                tag("span", "tag bad", word("lacks", n=line.least - line.examples))
            elif _is_task(line) and line.examples > limit:
                tag("span", "tag why", word("too_many_for_balance"))
            if line.changed:
                tag("span", "tag status", word("changed"))


def _is_task(line: IntentLine) -> bool:
    return line.name not in CONVERSATION | BROAD | {OUTSIDE}


def _limit(lines: list[IntentLine]) -> float:
    """How many examples an intent of a task may have, by the smallest of them."""
    return WIDEST * min((line.examples for line in lines if _is_task(line)), default=0)
