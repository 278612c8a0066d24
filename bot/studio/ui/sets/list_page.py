"""``/studio/sets``: all evaluation sets, how far they are, and a new one."""

from datetime import date, timedelta
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import Clock, local
from bot.desk.service import AgentService
from bot.desk.ui.forms import Said, alert, asking, button, choice, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.words import desk_words
from bot.staff.model import Actor
from bot.studio.roles import LOOKS, TRAINS
from bot.studio.sets.agreement import Agreement
from bot.studio.sets.kinds import SentenceState
from bot.studio.sets.model import Accuracy, SetLine, Wish
from bot.studio.sets.service import Sets
from bot.studio.sets.words import set_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.names import names_of
from bot.studio.ui.sets.shared import (
    add_look,
    draw_pager,
    draw_states,
    draw_tabs,
    kappa_class,
    kappa_word,
    number,
    share,
)

_DAYS, _SIZE = 14, 200
PAGE = 10


def add_list_page(sets: Sets, agents: AgentService, clock: Clock) -> None:
    @ui.page("/studio/sets")
    async def sets_page(request: Request, client: Client, new: str = "", page: int = 1) -> Response | None:
        here = await studio_visit(agents, request, client, "sets")
        if isinstance(here, Response):
            return here
        add_look()
        with tag("div", "office studio-page"), tag("div", "office-body sets-page"):
            part = ListPart(sets, here, Sheet(client), local(clock()).date(), max(page, 1))
            await part.draw()
        if new:
            part.show_new()
        return None


class ListPart:
    """The sets as cards, the newest first."""

    def __init__(self, sets: Sets, here: Visit, sheet: Sheet, today: date, page: int = 1) -> None:
        self._sets = sets
        self._here = here
        self._sheet = sheet
        self._today = today
        self._page = page
        self._words = set_words().ui
        self._trains = here.person.role in TRAINS

    async def draw(self) -> None:
        with tag("div", "toolbar"):
            tag("h1", "", self._words["title"])
            draw_tabs("sets")
            ui.element("span").classes("grow")
            if self._trains:
                new = button(self._words["new_set"], "primary", type="button", **{"data-testid": "new-set"})
                new.on("click", self.show_new)
        tag("p", "muted counted", self._words["sets_hint"])
        self._list = tag("div", "set-cards", **{"data-testid": "sets"})
        await self._refresh()

    async def _refresh(self) -> None:
        actor = self._here.person.actor
        found = await self._sets.all(actor, skip=(self._page - 1) * PAGE, limit=PAGE + 1)
        lines = found[:PAGE]
        self._people = await names_of(self._here, [line.made_by for line in lines])
        figures = await self._sets.figures(actor, [line.id for line in lines])
        self._list.clear()
        with self._list:
            for line in lines:
                self._draw_card(line, *figures[line.id])
            if not lines:
                tag("p", "empty", self._words["no_sets"])
            draw_pager("/studio/sets", self._page, is_last=len(found) <= PAGE)

    def _draw_card(self, line: SetLine, agreement: Agreement, accuracy: Accuracy) -> None:
        words = self._words
        with tag("section", "block set-card", **{"data-testid": "set"}):
            with tag("div", "block-head"):
                tag("h2", "", line.name)
                tag("span", "muted", words["drawn"].format(n=line.sentences, total=f"{line.total:,}"))
                if line.evenly:
                    tag("span", "tag", words["evenly_short"], title=words["evenly_hint"])
            if line.about:
                tag("p", "sub", line.about)
            draw_states(line)
            with tag("dl", "set-facts"):
                self._fact(
                    words["kappa"], number(agreement.kappa), kappa_word(agreement.kappa), kappa_class(agreement.kappa)
                )
                between = f"{share(accuracy.low)} – {share(accuracy.high)}" if accuracy.share is not None else ""
                self._fact(words["accuracy"], share(accuracy.share), between, "muted")
                self._fact(words["made"], self._people[line.made_by], f"{local(line.made_at):%m-%d}", "muted")
            self._draw_acts(line)

    def _fact(self, name: str, value: str, beside: str, kind: str) -> None:
        with tag("div"):
            tag("dt", "", name)
            with tag("dd"):
                tag("b", "", value)
                if beside:
                    tag("span", kind, beside)

    def _draw_acts(self, line: SetLine) -> None:
        words, at = self._words, f"/studio/sets/{line.id}"
        disputed = line.states.get(SentenceState.disputed, 0)
        with tag("div", "acts"):
            if self._trains and line.mine:
                tag("a", "button primary-link", words["label"].format(n=line.mine), href=at, **{"data-testid": "label"})
            if self._trains and disputed:
                tag("a", "button", words["settle"].format(n=disputed), href=f"{at}/disputes")
            tag("a", "button", words["agreement"], href=f"{at}/agreement")
            if line.usable:
                button(words["export"], "", type="button").on("click", lambda: self._export(line.id))
            ui.element("span").classes("grow")
            if self._trains:
                self._draw_remove(line)

    def _draw_remove(self, line: SetLine) -> None:
        async def remove() -> None:
            async def go(actor: Actor) -> bool:
                await self._sets.remove(actor, line.id, why=self._words["removed_on_page"])
                return True

            if await self._here.attempt(TRAINS, go):
                await self._refresh()

        gone = button(self._words["remove"], "small danger", type="button")
        gone.on("click", remove, js_handler=asking(self._words["sure_remove"].format(name=line.name)))

    async def _export(self, set_id: UUID) -> None:
        found = await self._here.attempt(LOOKS, lambda actor: self._sets.export(actor, set_id))
        if found is not None:
            for name, lines in found.files.items():
                ui.download.content(lines, name, "application/jsonl")

    # -- a new one -----------------------------------------------------------------------------------

    def show_new(self) -> None:
        self._sheet.show(self._draw_new)

    def _draw_new(self) -> None:
        words = self._words
        until = self._today - timedelta(days=1)
        tag("h2", "", words["new_set"])
        tag("p", "sub", words["new_hint"])
        with form(self._make, "new-set-form"):
            name = words["name_like"].format(month=until.month)
            field(words["name"], "name", name, required=True, maxlength=60, autofocus=True)
            field(words["size"], "size", str(_SIZE), kind="number", min=1, max=5000, hint=words["size_hint"])
            field(words["since"], "since", (until - timedelta(days=_DAYS - 1)).isoformat(), kind="date")
            field(words["until"], "until", until.isoformat(), kind="date")
            ways = {"": words["uniform"], "1": words["evenly"]}
            choice(words["how"], "evenly", ways, "")
            channels = {"": words["all_channels"]} | dict(desk_words().channels)
            choice(words["channel"], "channel", channels, "")
            field(words["about"], "about", "", maxlength=200).classes("wide")
            self._refused = alert()
            with tag("footer"):
                button(words["cancel"], type="button").on("click", self._sheet.close)
                button(words["draw"], "primary", **{"data-testid": "draw"})

    async def _make(self, said: Said) -> None:
        async def make(actor: Actor) -> SetLine:
            channel = first(said, "channel")
            return await self._sets.make(
                actor,
                Wish(
                    name=first(said, "name") or "",
                    about=first(said, "about") or "",
                    since=date.fromisoformat(first(said, "since") or ""),
                    until=date.fromisoformat(first(said, "until") or ""),
                    size=int(first(said, "size") or 0),
                    evenly=bool(first(said, "evenly")),
                    channels=(channel,) if channel else (),
                ),
            )

        try:
            made = await self._here.attempt(TRAINS, make, refused=self._refused)
        except ValueError:
            self._refused.set_text(self._words["bad_form"])
            return
        if made is not None:
            self._sheet.close()
            await self._refresh()
