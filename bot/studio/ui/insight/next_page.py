"""``/studio``: what is worth doing today, each with the one button that leads there."""

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.service import AgentService
from bot.desk.ui.forms import button, tag
from bot.desk.ui.office import Visit
from bot.studio.insight.model import Hint
from bot.studio.insight.next import Agenda, Next
from bot.studio.insight.words import insight_words
from bot.studio.roles import LOOKS
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.insight.shared import add_look, draw_figure

AT_FIRST = 12
_KEYS = """
window.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || '');
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const acts = [...document.querySelectorAll('[data-act]')];
  const at = acts.indexOf(document.activeElement);
  if (event.key === 'j') acts[Math.min(at + 1, acts.length - 1)]?.focus();
  if (event.key === 'k') acts[Math.max(at - 1, 0)]?.focus();
});
"""


def add_next_page(following: Next, agents: AgentService) -> None:
    """``/studio``."""

    @ui.page("/studio")
    async def next_page(request: Request, client: Client) -> Response | None:
        here = await studio_visit(agents, request, client, "next")
        if isinstance(here, Response):
            return here
        add_look()
        ui.add_body_html(f"<script>{_KEYS}</script>")
        with tag("div", "office studio-page"), tag("div", "office-body next-page"):
            await NextPart(following, here).draw()
        return None


class NextPart:
    """The week in four numbers, and the list."""

    def __init__(self, following: Next, here: Visit) -> None:
        self._following = following
        self._here = here
        self._words = insight_words().next

    async def draw(self) -> None:
        agenda = await self._here.attempt(LOOKS, self._following.agenda)
        if agenda is None:
            return
        with tag("div", "toolbar"):
            tag("h1", "", self._words["title"])
            tag("span", "muted", self._words["lead"])
        self._draw_week(agenda)
        self._list = tag("ol", "hints", **{"data-testid": "hints"})
        self._draw_hints(agenda.hints[:AT_FIRST], most=_most(agenda.hints), first=1)
        self._draw_rest(agenda.hints)

    def _draw_week(self, agenda: Agenda) -> None:
        words, now, before = self._words, agenda.contacts, agenda.contacts_before
        with tag("section", "figures", **{"aria-label": words["week"]}):
            draw_figure(words["resolution"], now.resolution, before.resolution)
            draw_figure(words["repeat"], now.repeat_share, before.repeat_share, up_is_good=False)
            draw_figure(words["understood"], agenda.heard.understood, agenda.heard_before.understood)
            draw_figure(words["handed"], now.handed_share, before.handed_share, up_is_good=False)
            with tag("div", "figure figure-link"):
                tag("p", "figure-title", words["week"])
                tag("p", "figure-before", f"{words['contacts']} {now.all:,}")
                tag("a", "button", words["details"], href="/studio/numbers?days=7")

    def _draw_hints(self, hints: Sequence[Hint], *, most: float, first: int) -> None:
        with self._list:
            for place, hint in enumerate(hints, start=first):
                self._draw_hint(hint, place, most)

    def _draw_hint(self, hint: Hint, place: int, most: float) -> None:
        words = self._words
        with tag("li", "hint-row", **{"data-testid": "hint", "data-kind": hint.kind.value}):
            tag("span", "place", str(place))
            with tag("div", "gain", title=f"{words['cost'].format(n=_n(hint.cost))} × {hint.odds:.0%}"):
                tag("b", "", _n(hint.gain))
                tag("span", "", words["gain"])
                with tag("i", "gain-bar", **{"aria-hidden": "true"}):
                    tag("i", "", style=f"width: {max(2, round(100 * hint.gain / most))}%")
            with tag("div", "what"):
                with tag("p", "what-title"):
                    tag("span", f"tag kind-{hint.kind.value}", insight_words().hints[hint.kind].kind)
                    tag("b", "", hint.title)
                tag("p", "what-why", hint.why)
                with tag("p", "what-sum"):
                    ui.label(words["cost"].format(n=_n(hint.cost)))
                    ui.label(words["odds"].format(n=f"{hint.odds:.0%}"))
            tag("a", "button primary-link", insight_words().hints[hint.kind].act, href=hint.href, **{"data-act": ""})

    def _draw_rest(self, hints: Sequence[Hint]) -> None:
        rest = hints[AT_FIRST:]
        if not hints:
            with tag("div", "empty", **{"data-testid": "empty"}):
                tag("p", "", self._words["nothing"])
                tag("a", "button primary-link", self._words["make_set"], href="/studio/sets?new=1")
        if not rest:
            return

        def show() -> None:
            more.delete()
            self._draw_hints(rest, most=_most(hints), first=AT_FIRST + 1)

        more = button(self._words["more"].format(n=len(rest)), "more-hints", type="button").on("click", show)


def _most(hints: Sequence[Hint]) -> float:
    return max((hint.gain for hint in hints), default=1.0)


def _n(times: float) -> str:
    """Whole where it is great, with a decimal where it is small."""
    return f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
