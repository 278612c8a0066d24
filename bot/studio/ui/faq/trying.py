"""A question tried on the draft and on what is published, side by side."""

from nicegui.element import Element

from bot.desk.ui.forms import Said, alert, button, first, form, select, tag
from bot.desk.ui.office import Visit
from bot.desk.words import desk_words
from bot.staff.model import Actor
from bot.studio.faq.service import FaqStudio
from bot.studio.faq.trying import Side, Tried
from bot.studio.faq.words import faq_words
from bot.studio.roles import LOOKS
from bot.studio.ui.faq.wording import percent, ui
from bot.waybills.model import WaybillStatus
from knowledge_base.retriever import Candidate


class TryPanel:
    """One line to ask in, and both answers below it.

    Parameters
    ----------
    topic: the entry that is being edited; its place among the candidates is told.
    """

    def __init__(self, here: Visit, studio: FaqStudio, topic: str | None = None) -> None:
        self._here = here
        self._studio = studio
        self._topic = topic

    def draw(self) -> None:
        states = {"": ui("any_waybill")} | {state.value: desk_words().statuses[state] for state in WaybillStatus}
        with form(self._ask, "try") as asking:
            asking.classes("try-form", remove="fields")
            hint = ui("try_hint")
            tag("input", type="text", name="q", required=True, maxlength=500, placeholder=hint, autocomplete="off",
                **{"aria-label": hint})  # fmt: skip
            select("waybill", states, "", **{"aria-label": ui("waybill")})
            button(ui("ask"), "primary")
            self._refused = alert()
        self._result: Element = tag("div", "try-result", **{"data-testid": "tried", "aria-live": "polite"})

    async def _ask(self, said: Said) -> None:
        self._refused.set_text("")
        waybill = first(said, "waybill")
        state = WaybillStatus(waybill) if waybill in set(WaybillStatus) else None

        async def ask(actor: Actor) -> Tried:
            return await self._studio.ask(actor, first(said, "q") or "", waybill=state)

        self._result.clear()
        with self._result:
            tag("p", "muted", ui("try_running"))
        tried = await self._here.attempt(LOOKS, ask, refused=self._refused)
        self._result.clear()
        if tried is not None:
            with self._result:
                self._draw(tried)

    def _draw(self, tried: Tried) -> None:
        with tag("p", "try-verdict"):
            tag("span", "tag good" if tried.is_same else "tag why", ui("try_same" if tried.is_same else "try_other"))
        with tag("div", "sides"):
            for name, side in (("draft", tried.draft), ("published", tried.published)):
                with tag("section", "side", **{"data-testid": f"side-{name}"}):
                    self._draw_side(ui(f"side_{name}"), side)

    def _draw_side(self, title: str, side: Side) -> None:
        kind = {"answer": "good", "ask": "why", "decline": "bad"}[side.decision]
        with tag("div", "side-head"):
            tag("h3", "", title)
            tag("span", f"tag {kind}", faq_words().decisions[side.decision])
            tag("span", "muted", ui("in_scope", share=percent(side.in_scope)))
        with tag("ol", "candidates"):
            for candidate in side.candidates:
                self._draw_candidate(candidate)
        tag("p", "muted took", ui("took", ms=f"{side.took_ms:.0f}"))

    def _draw_candidate(self, candidate: Candidate) -> None:
        with tag("li", "mine" if candidate.topic == self._topic else ""):
            with tag("div", "candidate-top"):
                tag("a", "", candidate.question, href=f"/studio/faq/{candidate.topic}")
                tag("b", "", percent(candidate.confidence))
            tag("meter", "", min=0, max=1, value=round(candidate.confidence, 4), **{"aria-hidden": "true"})
            if candidate.matched:
                tag("div", "muted", ui("nearest", text=candidate.matched))
