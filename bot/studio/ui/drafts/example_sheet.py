"""One example in a sheet: its text and entities, its intent, its history."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.desk.ui.forms import Said, alert, button, choice, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.errors import StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import Entry, Example, ExampleValue, WarningKind
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.shared import (
    acting,
    attempt,
    draw_history,
    draw_stale,
    draw_warnings,
    marking,
    why_field,
    word,
)
from bot.studio.ui.names import names_of


class ExampleSheet:
    """Edits, moves and removes; where somebody else was faster it shows both texts."""

    def __init__(self, here: Visit, drafts: Drafts, sheet: Sheet, refresh: Callable[[], Awaitable[None]]) -> None:
        self._here = here
        self._drafts = drafts
        self._sheet = sheet
        self._refresh = refresh
        self.intents: Mapping[str, str] = {}
        self.entities: Sequence[str] = ()

    async def show(self, example: Example) -> None:
        self._example = example
        history = await self._drafts.history(example.id)
        people = await names_of(self._here, [version.who for version in history])

        def draw() -> None:
            tag("h2", "", word("edit_example"))
            with form(self._send, "example"):
                with tag("label", "field wide"):
                    tag("span", "", word("example"))
                    box = tag("textarea", "", name="text", rows=2, required=True, spellcheck="false")
                    box.props["defaultValue"] = example.text
                marking(self.entities, "text")
                choice(word("intent"), "intent", self.intents, example.intent)
                why_field()
                self._beside = tag("div", "wide", **{"aria-live": "polite"})
                self._refused = alert()
                with tag("footer"):
                    acting(word("remove"), self._remove, "danger")
                    button(word("close"), type="button").on("click", self._sheet.close)
                    button(word("save"), "primary")
            box.on("change", self._look, js_handler="(event) => emit(event.target.value)")
            if history:
                tag("h3", "", word("history"))
                draw_history(history, people)

        self._sheet.show(draw)

    async def _look(self, event: object) -> None:
        text = str(getattr(event, "args", ""))
        if text.strip() and text != self._example.text:
            found = await self._drafts.warnings([text], intent=self._example.intent)
            self._beside.clear()
            with self._beside:
                draw_warnings(each for each in found if each.kind is not WarningKind.imbalance)

    async def _send(self, said: Said) -> None:
        text, intent = first(said, "text") or "", first(said, "intent") or self._example.intent

        async def save(actor: Actor) -> bool:
            await self._save(actor, text, intent, first(said, "why") or "")
            return True

        await self._do(save, text, word("saved"))

    async def _remove(self, said: Said) -> None:
        async def remove(actor: Actor) -> bool:
            example, why = self._example, first(said, "why") or ""
            await self._drafts.remove_example(actor, example.id, version=example.version, why=why)
            return True

        await self._do(remove, word("removed"), word("removed"))

    async def _do(self, move: Callable[[Actor], Awaitable[bool]], own: str, done: str) -> None:
        def stale(error: StaleEntryError) -> None:
            self._show_both(error, own)

        if await attempt(self._here, move, self._refused, stale=stale):
            self._here.inform(done)
            self._sheet.close()
            await self._refresh()

    async def _save(self, actor: Actor, text: str, intent: str, why: str) -> None:
        example = self._example
        if " ".join(text.split()) != example.text:
            example = await self._drafts.change_example(actor, example.id, text, version=example.version, why=why)
            self._example = example
        if intent != example.intent:
            await self._drafts.move_example(actor, example.id, intent, version=example.version, why=why)

    def _show_both(self, error: StaleEntryError, own: str) -> None:
        """Saving again puts one's own in the place of the other's."""
        newest = error.newest
        if isinstance(newest, Entry) and isinstance(newest.value, ExampleValue):
            self._example = Example(newest.id, newest.value.intent, newest.value.text, newest.version)

        async def take_theirs() -> None:
            self._sheet.close()
            await self._refresh()

        self._beside.clear()
        with self._beside:
            draw_stale(error, own, take_theirs)
