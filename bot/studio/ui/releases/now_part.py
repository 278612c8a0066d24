"""What serves, what the draft has over it, what is trained, and what waits to be published."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from bot.desk.ui.forms import Said, button, choice, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.staff.model import Actor
from bot.studio.releases.schemas import OverviewView, ReleaseView
from bot.studio.releases.service import Releases
from bot.studio.releases.states import ReleaseState, TrainingKind
from bot.studio.releases.words import release_words
from bot.studio.roles import TRAINS
from bot.studio.ui.releases.shared import address_of, draw_heading, draw_state, moment, text

Refresh = Callable[[], Awaitable[None]]
_LINES = 40
STEPS = ("step_draft", "step_train", "step_report", "step_share", "step_all")


class NowPart:
    """Drawn anew whenever something has changed."""

    def __init__(self, here: Visit, releases: Releases, refresh: Refresh) -> None:
        self._here = here
        self._releases = releases
        self._refresh = refresh
        self._may_train = here.person.role in TRAINS

    def draw(self, now: OverviewView, newest: ReleaseView | None) -> None:
        _draw_steps(now, newest)
        with tag("div", "release-cards"):
            self._draw_serving(now)
            if now.at_work is not None:
                self._draw_work(now.at_work)
            else:
                self._draw_draft(now)
            if newest is not None and newest.state is ReleaseState.ready and now.candidate is None:
                _draw_ready(newest)

    def _draw_serving(self, now: OverviewView) -> None:
        with tag("section", "block serving", **{"aria-label": text("now")}):
            draw_heading(text("now"))
            if now.stable is None:
                tag("p", "muted", text("no_stable"))
                return
            with tag("ul", "arms", **{"data-testid": "arms"}):
                candidate = now.candidate
                share = candidate.share if candidate is not None and candidate.is_up else 0
                _draw_arm(now.stable, text("stable"), 100 - share)
                if candidate is not None:
                    _draw_arm(candidate, text("candidate"), share)
                for leaving in now.leaving:
                    _draw_arm(leaving, text("leaving"), None)

    def _draw_draft(self, now: OverviewView) -> None:
        with tag("section", "block", **{"aria-label": text("draft")}):
            draw_heading(text("draft"), text("changes", n=now.changes) if now.changes else text("unchanged"))
            tag("a", "quiet-link", text("see_draft"), href="/studio/draft")
            if not (self._may_train and now.changes):
                return
            with form(self._train, "train-form"):
                field(text("note"), "note", placeholder=text("note_hint"), maxlength=200)
                kinds = {
                    TrainingKind.quick.value: text("quick_hint"),
                    TrainingKind.thorough.value: text("thorough_hint"),
                }
                choice(text("kind"), "kind", kinds, TrainingKind.quick.value)
                with tag("footer"):
                    button(text("train"), "primary", **{"data-testid": "train"})

    def _draw_work(self, work: ReleaseView) -> None:
        with tag("section", "block work", **{"aria-live": "polite", "data-testid": "work"}):
            with tag("div", "block-head"):
                draw_heading(text("working", name=work.name))
                draw_state(work)
            with tag("div", "busy", role="progressbar", **{"aria-label": release_words().states[work.state]}):
                ui.element("i")
            self._progress = ui.label().classes("mono progress-line")
            with tag("details", "log"):
                tag("summary", "", text("log"))
                with tag("pre"):
                    self._log = ui.label()
            self.tell(work)
            if self._may_train:
                self._draw_cancel(work)

    def tell(self, work: ReleaseView) -> None:
        """What the training says now, without drawing anything anew."""
        self._progress.set_text(work.progress or release_words().states[work.state])
        self._log.set_text("\n".join(work.log[-_LINES:]))

    def _draw_cancel(self, work: ReleaseView) -> None:
        if work.cancel_by is not None:
            tag("p", "muted", text("cancelling"))
            return
        stop = button(text("cancel"), "danger small", type="button")

        async def cancel() -> None:
            async def move(actor: Actor) -> None:
                await self._releases.cancel(actor, work.name)
                self._here.inform(text("done_cancel"))

            await self._here.attempt(TRAINS, move)
            await self._refresh()

        stop.on("click", cancel)

    async def _train(self, said: Said) -> None:
        kind = TrainingKind.thorough if first(said, "kind") == TrainingKind.thorough else TrainingKind.quick

        async def move(actor: Actor) -> None:
            name = await self._releases.train(actor, kind=kind, note=first(said, "note") or "")
            self._here.inform(text("done_train", name=name))

        await self._here.attempt(TRAINS, move)
        await self._refresh()


def _draw_steps(now: OverviewView, newest: ReleaseView | None) -> None:
    """Where the newest work stands."""
    at = 0
    if now.at_work is not None:
        at = 2 if now.at_work.state is ReleaseState.measuring else 1
    elif now.candidate is not None:
        at = 3
    elif newest is not None and newest.state is ReleaseState.ready:
        at = 2
    elif not now.changes:
        at = 4
    with tag("ol", "steps", **{"aria-label": text("title")}):
        for number, name in enumerate(STEPS):
            state = "done" if number < at else ("at" if number == at else "")
            tag("li", state, text(name), **({"aria-current": "step"} if number == at else {}))


def _draw_arm(release: ReleaseView, role: str, share: int | None) -> None:
    with tag("li", f"arm {release.state}"):
        with tag("div", "arm-top"):
            tag("a", "arm-name", release.name, href=address_of(release.name))
            tag("span", "tag good" if release.state is ReleaseState.stable else "tag status", role)
            if share is not None:
                tag("b", "arm-share", f"{share}%")
        if share is not None:
            with tag("span", "meter", role="presentation"):
                ui.element("i").style(f"width:{share}%")
        since = release.settled_at if release.state is ReleaseState.stable else release.published_at
        told = [text("since", when=moment(since)), text("model", key=release.model[:8])]
        if not release.is_up:
            told.append(text("starting"))
        tag("p", "muted", " · ".join(told))
        if release.trouble:
            tag("p", "alert", release.trouble)


def _draw_ready(release: ReleaseView) -> None:
    with tag("section", "block ready", **{"data-testid": "ready"}):
        told = "ready_passed" if release.passed or release.overridden_by else "ready_failed"
        draw_heading(text("ready"), text(told, name=release.name))
        tag("a", "button primary-link", text("see_report"), href=address_of(release.name))
