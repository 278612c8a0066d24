"""``/studio/releases/{name}``: one release, and its report in parts."""

import json
from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from bot.desk.ui.forms import Said, asking, button, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.staff.model import Actor, Role
from bot.studio.releases.report import GateResult, ReleaseReport
from bot.studio.releases.schemas import OverviewView, ReleaseView
from bot.studio.releases.service import Releases
from bot.studio.releases.states import AT_WORK, ReleaseState
from bot.studio.releases.words import release_words
from bot.studio.roles import TRAINS
from bot.studio.ui.names import Called
from bot.studio.ui.releases.report_lists import draw_added, draw_changes, draw_replay, draw_sentences
from bot.studio.ui.releases.report_tables import draw_classes, draw_sets
from bot.studio.ui.releases.shared import (
    ADDRESS,
    address_of,
    draw_facts,
    draw_heading,
    draw_passed,
    draw_state,
    moment,
    text,
)

TABS = ("overview", "sets", "intents", "topics", "sentences", "replay", "added", "changes", "log")
Refresh = Callable[[], Awaitable[None]]


class ReportPage:
    """``tab``, ``which`` and ``page`` stand in the address, so that every part has its own."""

    def __init__(
        self, here: Visit, releases: Releases, refresh: Refresh, called: Called, *, tab: str, which: str, page: int
    ) -> None:
        self._here = here
        self._releases = releases
        self._refresh = refresh
        self._called = called
        self._tab = tab if tab in TABS else TABS[0]
        self._which = which
        self._page = max(1, page)

    def draw(self, release: ReleaseView, report: ReleaseReport | None, now: OverviewView) -> None:
        with tag("div", "toolbar report-head"):
            tag("a", "button", text("back"), href=ADDRESS)
            tag("h1", "mono", release.name)
            draw_state(release)
            draw_passed(release)
            if release.note:
                tag("span", "muted", release.note)
        _draw_told(release, self._called.people)
        if self._here.person.role in TRAINS:
            self._draw_moves(release, now)
        self._draw_tabs(release)
        with tag("section", "block report-part"):
            self._draw_part(release, report)

    def _draw_tabs(self, release: ReleaseView) -> None:
        with tag("nav", "tabs", **{"aria-label": text("step_report")}):
            for tab in TABS:
                attributes = {"aria-current": "page"} if tab == self._tab else {}
                tag("a", "tab", text(f"tab_{tab}"), href=address_of(release.name, tab=tab), **attributes)

    def _draw_part(self, release: ReleaseView, report: ReleaseReport | None) -> None:
        if self._tab == "changes":
            draw_changes(release, self._called)
        elif self._tab == "log":
            tag("pre", "whole-log", "\n".join(release.log) or text("none"))
        elif report is None:
            tag("p", "empty", release.trouble or text("no_report"))
        else:
            self._draw_report_part(release, report)

    def _draw_report_part(self, release: ReleaseView, report: ReleaseReport) -> None:
        address, page, is_all = address_of(release.name, tab=self._tab), self._page, self._which == "all"
        parts: dict[str, Callable[[], None]] = {
            "overview": lambda: draw_overview(report),
            "sets": lambda: draw_sets(report),
            "intents": lambda: draw_classes(
                report.intents, "intent", address, self._called.intents, show_all=is_all, page=page
            ),
            "topics": lambda: draw_classes(
                report.topics, "topic", address, self._called.topics, show_all=is_all, page=page
            ),
            "sentences": lambda: draw_sentences(report, address, self._called, which=self._which, page=page),
            "replay": lambda: draw_replay(report, address, self._called, page=page),
            "added": lambda: draw_added(report, self._called),
        }
        parts[self._tab]()

    # -- what can be done ----------------------------------------------------------------------------

    def _draw_moves(self, release: ReleaseView, now: OverviewView) -> None:
        if release.state in AT_WORK or not release.can_publish or now.candidate is not None:
            return
        is_back = release.settled_at is not None
        with tag("div", "block moves"):
            if is_back:
                self._draw_go_back(release)
            elif release.passed is False and release.overridden_by is None:
                self._draw_override(release, now.shares[0])
            else:
                self._draw_publish(release, now.shares[0])

    def _draw_publish(self, release: ReleaseView, share: int) -> None:
        go = button(text("publish", share=share), "primary", type="button", **{"data-testid": "publish"})

        async def publish() -> None:
            await self._publish(release.name, share, "")

        go.on("click", publish, js_handler=asking(text("publish_sure", share=share)))

    def _draw_override(self, release: ReleaseView, share: int) -> None:
        if self._here.person.role is not Role.admin:
            tag("p", "muted", release_words().refusals["gates_failed"])
            return

        async def sent(said: Said) -> None:
            await self._publish(release.name, share, first(said, "why") or "")

        with form(sent, "override-form"):
            field(text("override"), "why", hint=text("override_hint"), required=True, maxlength=500)
            with tag("footer"):
                button(text("override_publish", share=share), "danger")

    def _draw_go_back(self, release: ReleaseView) -> None:
        async def sent(said: Said) -> None:
            async def move(actor: Actor) -> None:
                await self._releases.roll_back(actor, why=first(said, "why") or "", to=release.name)
                self._here.inform(text("done_back_soon", name=release.name))

            await self._here.attempt(TRAINS, move)
            await self._refresh()

        with form(sent, "go-back-form"):
            field(text("why"), "why", hint=text("roll_back_sure"), required=True, maxlength=500)
            with tag("footer"):
                button(text("roll_back", name=release.name), "danger")

    async def _publish(self, name: str, share: int, override: str) -> None:
        async def move(actor: Actor) -> None:
            await self._releases.publish(actor, name, share=share, override=override)
            self._here.inform(text("done_publish", share=share))
            with self._here.client:
                ui.run_javascript(f"location.assign({json.dumps(ADDRESS)})")

        await self._here.attempt(TRAINS, move)
        await self._refresh()


def draw_overview(report: ReleaseReport) -> None:
    """Gates first: they decide."""
    failed = sum(not gate.passed for gate in report.gates)
    draw_heading(text("gates_title"), text("gates_failed", n=failed) if failed else text("gates_passed"))
    with tag("ul", "gates", **{"data-testid": "gates"}):
        for gate in sorted(report.gates, key=lambda gate: gate.passed):
            _draw_gate(gate)
    replay, added = report.replay, report.added
    facts = [
        (text("newly_right"), str(report.newly_right_n)),
        (text("newly_wrong"), str(report.newly_wrong_n)),
        (text("replay_decisions"), f"{replay.decisions}/{replay.n}" if replay.n else text("none")),
        (text("added_title"), f"{added.n}（{added.doubtful}）" if added.n else "0"),
    ]
    if report.calibration is not None:
        facts.append((text("calibration"), f"{report.calibration.old:.3f} → {report.calibration.new:.3f}"))
    draw_facts(facts)
    tag("p", "muted", text("against", new=report.new.release, old=report.old.release))


def _draw_gate(gate: GateResult) -> None:
    with tag("li", "gate ok" if gate.passed else "gate closed"):
        tag("span", "gate-sign", "✓" if gate.passed else "✕", **{"aria-hidden": "true"})
        with tag("div"):
            with tag("b"):
                ui.label(release_words().gates.get(gate.gate, gate.gate))
                tag("span", "sr", text("passed" if gate.passed else "failed"))
            for line in gate.told or (text("gate_ok"),):
                tag("p", "muted" if gate.passed else "", line)


def _draw_told(release: ReleaseView, people: Mapping[str, str]) -> None:
    facts = [
        (text("who"), people[release.asked_by]),
        (text("when"), moment(release.asked_at)),
        (text("kind"), release_words().kinds[release.kind]),
        (text("model", key="").strip(), release.model[:8] or text("none")),
    ]
    if release.published_at is not None:
        facts.append((release_words().moves["publish"], moment(release.published_at)))
    if release.left_why:
        facts.append((text("left_why"), release.left_why))
    if release.overridden_why:
        facts.append((text("override"), f"{people[release.overridden_by or '']}：{release.overridden_why}"))
    if release.trouble and release.state is not ReleaseState.failed:
        facts.append((text("trouble"), release.trouble))
    draw_facts(facts)
