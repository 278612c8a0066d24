"""The examples of one intent, or those found in all: added, edited, moved, removed."""

from bot.desk.ui.forms import Said, alert, button, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.errors import EntryNotFoundError
from bot.staff.model import Actor
from bot.studio.drafts.model import Added, Example, IntentLine, NewExample, Warning, WarningKind  # noqa: A004
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.example_sheet import ExampleSheet
from bot.studio.ui.drafts.intent_list import IntentQuery, draw_search
from bot.studio.ui.drafts.shared import (
    address,
    attempt,
    draw_marked,
    draw_pager,
    draw_warnings,
    marking,
    trains,
    why_field,
    word,
)

PAGE = 50


class IntentPart:
    """A page of examples."""

    def __init__(self, here: Visit, drafts: Drafts, sheet: Sheet, query: IntentQuery) -> None:
        self._here = here
        self._drafts = drafts
        self._query = query
        self._sheet = ExampleSheet(here, drafts, sheet, self._refresh)
        self._line: IntentLine | None = None

    async def draw(self) -> None:
        lines = await self._drafts.intents()
        self._sheet.intents = {line.name: f"{line.zh or line.name} · {line.name}" for line in lines}
        self._sheet.entities = await self._drafts.entities()
        self._line = next((line for line in lines if line.name == self._query.intent), None)
        if self._query.intent and self._line is None:
            tag("p", "empty", word("no_intent"))
            return
        self._draw_toolbar()
        if self._line is not None and trains(self._here):
            self._draw_adding()
        self._list = tag("div")
        await self._refresh()

    def _draw_toolbar(self) -> None:
        line = self._line
        with tag("div", "toolbar"):
            tag("a", "button", word("all_intents"), href="/studio/intents")
            tag("h1", "", (line.zh or line.name) if line else word("found_in_all"))
            if line:
                tag("span", "mono muted", line.name)
            draw_search(line.name if line else "", self._query.q)

    def _draw_adding(self) -> None:
        with tag("section", "block adding"):
            tag("h2", "", word("add_examples"))
            with form(self._add, "add-examples"):
                with tag("label", "field wide"):
                    tag("span", "", word("one_a_line"))
                    box = tag(
                        "textarea", "", name="texts", rows=3, required=True, spellcheck="false", **{"data-new": ""}
                    )
                    box.props["placeholder"] = word("example_hint")
                marking(self._sheet.entities, "texts")
                why_field()
                with tag("footer"):
                    button(word("add"), "primary")
                self._warnings = tag("div", "wide", **{"aria-live": "polite"})
                self._refused = alert()
            box.on("change", self._look, js_handler="(event) => emit(event.target.value)")

    async def _look(self, event: object) -> None:
        """Warn as soon as somebody stops writing."""
        await self._warn(_lines(str(getattr(event, "args", ""))))

    async def _warn(self, texts: list[str]) -> list[Warning]:
        found = await self._drafts.warnings(texts[:200], intent=self._query.intent) if texts else []
        shown = [each for each in found if each.kind is not WarningKind.imbalance or "<" not in each.other]
        self._warnings.clear()
        if shown:
            with self._warnings:
                draw_warnings(shown[:20])
        return shown

    async def _add(self, said: Said) -> None:
        texts = _lines("\n".join(said.get("texts", [])))

        async def add(actor: Actor) -> Added:
            new = [NewExample(self._query.intent, text) for text in texts]
            return await self._drafts.add_examples(actor, new, why=first(said, "why") or "")

        if await attempt(self._here, add, self._refused) is not None:
            self._here.inform(word("added", n=len(texts)))
            self._warnings.clear()
            self._here.run("document.querySelector('[data-testid=add-examples]').reset()")
            await self._refresh()

    async def _refresh(self) -> None:
        query = self._query
        try:
            page = await self._drafts.examples(query.intent or None, q=query.q, after=query.after or None, limit=PAGE)
        except EntryNotFoundError:
            return
        self._list.clear()
        with self._list:
            with tag("ul", "rows", **{"data-testid": "examples"}):
                for example in page.items:
                    self._draw_example(example)
            if not page.items:
                tag("p", "empty", word("nothing_found"))
            tag("p", "muted under", word("examples_count", n=page.total), **{"data-testid": "count"})
            given = {"intent": query.intent, "q": query.q}
            following = address("intents", **given, after=page.after) if page.after else None
            draw_pager(address("intents", **given) if query.after else None, following)

    def _draw_example(self, example: Example) -> None:
        with tag("li"):
            draw_marked(example.text)
            with tag("div", "tags"):
                if not self._query.intent:
                    name = self._sheet.intents.get(example.intent, example.intent).split(" · ")[0]
                    tag("a", "tag", name, href=address("intents", intent=example.intent), title=example.intent)
                if example.changed:
                    tag("span", "tag status", word("changed"))
            if trains(self._here):
                edit = button(
                    word("edit"), "small", type="button", **{"aria-label": word("edit_this", text=example.text)}
                )
                edit.on("click", lambda: self._sheet.show(example))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
