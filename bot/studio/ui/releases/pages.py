"""The pages of releases, put into the studio."""

from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, ui
from nicegui.element import Element

from bot.desk.service import AgentService
from bot.desk.ui.forms import table, tag
from bot.desk.ui.office import Visit
from bot.studio.releases.faults import ReleaseNotFoundError
from bot.studio.releases.schemas import OverviewView, ReleaseView
from bot.studio.releases.service import Releases
from bot.studio.releases.words import release_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.names import Called, NoTitles, People, Titles, names_of
from bot.studio.ui.releases.compare_part import ComparePart
from bot.studio.ui.releases.now_part import NowPart
from bot.studio.ui.releases.report_page import ReportPage
from bot.studio.ui.releases.shared import ADDRESS, address_of, draw_heading, draw_passed, draw_state, moment, text

CSS = Path(__file__).parent.parent / "releases.css"
PAGE = 15
_REFRESHED_EVERY_S = 3.0


def add_release_pages(agents: AgentService, releases: Releases, titles: Titles | None = None) -> None:
    """``/studio/releases`` and ``/studio/releases/{name}``.  ``titles`` names intents and topics."""
    titles = titles or NoTitles()

    @ui.page(ADDRESS)
    async def releases_page(request: Request, client: Client, before: str = "") -> Response | None:
        here = await studio_visit(agents, request, client, "releases")
        if isinstance(here, Response):
            return here
        ui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")
        with tag("div", "desk-page office"), tag("div", "office-body releases"):
            await _Overview(here, releases, _moment_of(before)).draw()
        return None

    @ui.page(ADDRESS + "/{name}")
    async def release_page(
        request: Request, client: Client, name: str, tab: str = "", which: str = "", page: int = 1
    ) -> Response | None:
        here = await studio_visit(agents, request, client, "releases")
        if isinstance(here, Response):
            return here
        ui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")
        actor = here.person.actor
        try:
            await releases.release(actor, name)
        except ReleaseNotFoundError:
            return RedirectResponse(ADDRESS, 303)
        with tag("div", "desk-page office"), tag("div", "office-body releases"):
            body = tag("div")

        async def draw() -> None:
            found = await releases.release(actor, name)
            who = [found.asked_by, found.overridden_by, *(str(change["who"]) for change in found.changes)]
            called = await Called.on(here, titles, who)
            report, now = await releases.report(actor, name), await releases.overview(actor)
            body.clear()
            with body:
                part = ReportPage(here, releases, draw, called, tab=tab, which=which, page=page)
                part.draw(found, report, now)

        await draw()
        return None


class _Overview:
    """Everything of the first page; drawn anew when something changed, and looked at every few seconds."""

    def __init__(self, here: Visit, releases: Releases, before: datetime | None) -> None:
        self._here = here
        self._releases = releases
        self._before = before
        self._seen: object = None
        self._body: Element | None = None
        self._now: NowPart | None = None

    async def draw(self) -> None:
        with tag("div", "toolbar"):
            tag("h1", "", text("title"))
        self._body = tag("div", "stack")
        await self._look()
        ui.timer(_REFRESHED_EVERY_S, self._look)

    async def _look(self) -> None:
        """Somebody may be writing into a form: what has not changed is not drawn anew."""
        actor = self._here.person.actor
        now = await self._releases.overview(actor)
        comparison = await self._releases.comparison(actor)
        history = await self._releases.history(actor, before=self._before, limit=PAGE + 1)
        if self._body is None:
            return
        seen = _gist(now, history), comparison
        if seen == self._seen:
            if self._now is not None and now.at_work is not None:
                self._now.tell(now.at_work)
            return
        self._seen = seen
        people = await names_of(self._here, [one.asked_by for one in history])
        self._body.clear()
        with self._body:
            newest = history[0] if history and self._before is None else None
            self._now = NowPart(self._here, self._releases, self._look)
            self._now.draw(now, newest)
            ComparePart(self._here, self._releases, self._look).draw(now, comparison)
            _draw_history(history, people, is_newest=self._before is None)


def _draw_history(history: list[ReleaseView], people: People, *, is_newest: bool) -> None:
    with tag("section", "history"):
        draw_heading(text("history"))
        if not history:
            tag("p", "empty", text("none_yet"))
            return
        heads = ("name", "state", "gates", "what", "who", "when")
        with table([text(head) for head in heads], "history"):
            for release in history[:PAGE]:
                _draw_line(release, people)
        with tag("div", "pager"):
            if not is_newest:
                tag("a", "button", text("newest"), href=ADDRESS)
            if len(history) > PAGE:
                last = quote(history[PAGE - 1].asked_at.isoformat())
                tag("a", "button", text("more"), href=f"{ADDRESS}?before={last}")


def _gist(now: OverviewView, history: list[ReleaseView]) -> object:
    """All but what a training says, which is told in its place."""
    work = now.at_work.model_copy(update={"log": (), "progress": ""}) if now.at_work else None
    return now.model_copy(update={"at_work": work}), [one.model_copy(update={"progress": ""}) for one in history]


def _draw_line(release: ReleaseView, people: People) -> None:
    with tag("tr"):
        with tag("td", "nowrap"):
            tag("a", "arm-name", release.name, href=address_of(release.name))
        with tag("td", "nowrap"):
            draw_state(release)
        with tag("td", "nowrap"):
            draw_passed(release)
        with tag("td", "wrap"):
            tag("span", "", release.note or release_words().kinds[release.kind])
            if release.left_why:
                tag("p", "muted", release.left_why)
        tag("td", "nowrap", people[release.asked_by])
        tag("td", "nowrap muted", moment(release.asked_at))


def _moment_of(given: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        return None
    return at if at.tzinfo else None
