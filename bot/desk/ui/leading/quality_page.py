"""``/desk/quality``: samples, results, draws, sheets and calibration; for agents their own results."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.leading.kinds import SampleReason, SampleState
from bot.desk.leading.sampling import PAGE, SampleFilter, place_of
from bot.desk.leading.services import Leading
from bot.desk.leading.tables import QualitySample
from bot.desk.leading.who import LEADS, TALKS
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import button, select, tag
from bot.desk.ui.leading.quality_admin import AgentsTab, CalibrationTab, DrawsTab
from bot.desk.ui.leading.quality_lists import draw_samples
from bot.desk.ui.leading.quality_sheets import SheetsTab
from bot.desk.ui.leading.shared import enter, say_missing
from bot.desk.ui.office import Visit
from bot.errors import BadQueryError

TABS = ("samples", "agents", "draws", "sheets", "calibration", "mine")
_KEYS = """
window.addEventListener('keydown', (event) => {
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || '') || event.ctrlKey || event.metaKey) return;
  if (event.key === 'n') document.querySelector('[data-next]')?.click();
});
"""


def add_quality_page(leading: Leading) -> None:
    @ui.page("/quality")
    async def quality_page(
        request: Request,
        client: Client,
        tab: str = "",
        state: str = "",
        agent: str = "",
        reason: str = "",
        before: str = "",
    ) -> Response | None:
        here = await enter(leading.parts.agents, request, client, "quality", TALKS)
        if isinstance(here, Response):
            return here
        ui.add_body_html(f"<script>{_KEYS}</script>")
        leads = here.person.role in LEADS
        wanted = SampleFilter(
            SampleState(state) if state in set(SampleState) else None,
            agent[:64] or None,
            SampleReason(reason) if reason in set(SampleReason) else None,
        )
        tab = tab if leads and tab in TABS else ("samples" if leads else "mine")
        with tag("main", "desk-page office"), tag("div", "office-body quality"):
            if leads:
                draw_tabs(tab)
            try:
                await _part(leading, here, tab, wanted, before)()
            except BadQueryError as error:
                say_missing(str(error))
        return None


def _part(leading: Leading, here: Visit, tab: str, wanted: SampleFilter, before: str) -> Callable[[], Awaitable[None]]:
    match tab:
        case "agents":
            return AgentsTab(leading, here).draw
        case "draws":
            return DrawsTab(leading, here).draw
        case "sheets":
            return SheetsTab(leading, here).draw
        case "calibration":
            return CalibrationTab(leading, here).draw
        case "mine":
            return MineTab(leading, here).draw
    return SamplesTab(leading, here, wanted, before or None).draw


def draw_tabs(active: str) -> None:
    words = leading_words().quality
    with tag("nav", "toolbar tabs"):
        tag("h1", "", words["title"])
        for name in TABS:
            current = {"aria-current": "page"} if name == active else {}
            tag("a", "tab", words[name], href=f"/desk/quality?tab={name}", **current)


class SamplesTab:
    """What was drawn, searched and paged by the database."""

    def __init__(self, leading: Leading, here: Visit, wanted: SampleFilter, before: str | None) -> None:
        self._leading = leading
        self._here = here
        self._wanted = wanted
        self._before = before
        self._words = leading_words().quality

    async def draw(self) -> None:
        actor, sampling = self._here.person.actor, self._leading.sampling
        found = await sampling.samples(actor, self._wanted, before=self._before, limit=PAGE + 1)
        names = await self._leading.parts.handover.names({sample.agent for sample in found})
        with tag("div", "toolbar"):
            await self._draw_filters()
            ui.element("span").classes("grow")
            if (open_id := await sampling.next_open(actor)) is not None:
                tag(
                    "a",
                    "button primary",
                    self._words["score_it"],
                    href=f"/desk/quality/{open_id}",
                    **{"data-next": True},
                )
        draw_samples(found[:PAGE], names, empty=self._words["nothing"])
        self._draw_pager(found)

    async def _draw_filters(self) -> None:
        words, wanted, all_words = self._words, self._wanted, leading_words()
        with tag("form", method="get", action="/desk/quality", role="search"):
            states = {"": words["all_states"]} | all_words.states
            select("state", states, wanted.state, **{"aria-label": words["state"]})
            reasons = {"": words["any_reason"]} | all_words.reasons
            select("reason", reasons, wanted.reason, **{"aria-label": words["reason"]})
            cards = await self._leading.parts.handover.agents(self._here.person.actor)
            people = {"": words["any_agent"]} | {card.username: card.name for card in cards}
            select("agent", people, wanted.agent, **{"aria-label": words["agent"]})
            button(words["filter"])

    def _draw_pager(self, found: list[QualitySample]) -> None:
        asked = {
            "state": self._wanted.state or "",
            "reason": self._wanted.reason or "",
            "agent": self._wanted.agent or "",
        }
        with tag("div", "pager"):
            if self._before:
                tag("a", "button", self._words["first"], href=f"/desk/quality?{urlencode(asked)}")
            if len(found) > PAGE:
                after = urlencode(asked | {"before": place_of(found[PAGE - 1])})
                tag("a", "button", self._words["next"], href=f"/desk/quality?{after}")


class MineTab:
    """One's own results."""

    def __init__(self, leading: Leading, here: Visit) -> None:
        self._leading = leading
        self._here = here

    async def draw(self) -> None:
        words = leading_words().quality
        samples = await self._leading.scoring.mine(self._here.person.actor)
        if self._here.person.role not in LEADS:
            with tag("div", "toolbar"):
                tag("h1", "", words["mine"])
        names = {self._here.person.username: self._here.person.name}
        draw_samples(samples, names, empty=words["nothing_mine"])
