"""The versions of an entry: who changed it when and why, two compared, one brought back."""

import json
from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui as nicegui

from bot.clock import local
from bot.desk.ui.forms import Said, button, first, form, select, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.staff.model import Actor
from bot.studio.drafts.model import FaqDraft, Version
from bot.studio.faq.model import Difference
from bot.studio.faq.service import EntryView, FaqStudio, compare
from bot.studio.roles import LOOKS, TRAINS
from bot.studio.ui.faq.differences import draw_differences
from bot.studio.ui.faq.wording import ui

_SHOWN = 20
_NOW = "now"


class VersionsBlock:
    """Drawn below the editor.

    Parameters
    ----------
    changed: draws the page again.
    names: people by their usernames.
    """

    def __init__(
        self,
        here: Visit,
        studio: FaqStudio,
        sheet: Sheet,
        changed: Callable[[], Awaitable[None]],
        names: Mapping[str, str],
    ) -> None:
        self._names = names
        self._here = here
        self._studio = studio
        self._sheet = sheet
        self._changed = changed

    def draw(self, view: EntryView) -> None:
        self._view = view
        tag("h2", "", ui("versions"))
        if not view.history:
            tag("p", "muted", ui("no_versions"))
            return
        if len(view.history) > 1:
            self._draw_comparing()
        with tag("ol", "versions", **{"data-testid": "versions"}):
            for number, version in enumerate(view.history[:_SHOWN]):
                self._draw_version(version, is_newest=number == 0)

    def _draw_comparing(self) -> None:
        named = {
            one.commit: f"{local(one.when):%m-%d %H:%M} {self._names[one.who]}" for one in self._view.history[:_SHOWN]
        }
        oldest = list(named)[-1]

        async def show(said: Said) -> None:
            await self._compare(first(said, "from") or "", first(said, "to") or _NOW)

        with form(show, "compare") as comparing:
            comparing.classes("compare-form", remove="fields")
            select("from", named, oldest, **{"aria-label": ui("compare_from")})
            tag("span", "muted", "→")
            select("to", {_NOW: ui("now")} | named, _NOW, **{"aria-label": ui("compare_to")})
            button(ui("compare"), "small")

    def _draw_version(self, version: Version, *, is_newest: bool) -> None:
        with tag("li"):
            with tag("div", "version-top"):
                tag("b", "", self._names[version.who])
                tag("time", "muted", f"{local(version.when):%Y-%m-%d %H:%M}")
                nicegui.element("span").classes("grow")
                if not is_newest:
                    look = button(ui("compare_now"), "small", type="button")
                    look.on("click", lambda: self._compare(version.commit, _NOW))
                    if self._here.person.role in TRAINS and self._view.version:
                        back = button(ui("restore"), "small", type="button")
                        back.on("click", lambda event: self._restore(version, str(event.args)), js_handler=_ask_why())
            tag("p", "", version.why)
            for sentence in version.told:
                tag("p", "muted", sentence)

    async def _compare(self, old: str, new: str) -> None:
        topic = self._view.topic.id

        async def texts(actor: Actor, commit: str) -> Mapping[str, str]:
            if commit == _NOW:
                return (await self._studio.entry(actor, topic)).texts
            return await self._studio.version(actor, topic, commit)

        async def both(actor: Actor) -> tuple[Mapping[str, str], Mapping[str, str]]:
            return await texts(actor, old), await texts(actor, new)

        found = await self._here.attempt(LOOKS, both)
        if found is not None:
            self._sheet.show(lambda: self._draw_compared(compare(*found)))

    def _draw_compared(self, differences: list[Difference]) -> None:
        tag("h2", "", ui("compare_title"))
        draw_differences(differences)
        with tag("footer"):
            close = button(ui("close"), type="button", autofocus=True)
            close.on("click", js_handler="(event) => event.target.closest('dialog').close()")

    async def _restore(self, version: Version, why: str) -> None:
        async def restore(actor: Actor) -> FaqDraft:
            view = self._view
            return await self._studio.restore(actor, view.topic.id, version.commit, version=view.version or "", why=why)

        if await self._here.attempt(TRAINS, restore) is not None:
            self._here.inform(ui("restored"))
            await self._changed()


def _ask_why() -> str:
    question = json.dumps(ui("restore_why"), ensure_ascii=False)
    return f"() => {{ const why = prompt({question}); if (why && why.trim()) emit(why.trim()); }}"
