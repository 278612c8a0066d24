"""``/studio/numbers``: how the bot does, as charts with a table one click away."""

from collections.abc import Callable, Mapping
from typing import Protocol

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import local
from bot.desk.service import AgentService
from bot.desk.ui.forms import button, select, tag
from bot.desk.ui.office import Visit
from bot.desk.words import desk_words
from bot.studio.insight.model import Report
from bot.studio.insight.numbers import Numbers
from bot.studio.insight.words import insight_words
from bot.studio.roles import LOOKS
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.insight import charts
from bot.studio.ui.insight.numbers_query import PERIODS, NumbersQuery
from bot.studio.ui.insight.numbers_tables import Tables
from bot.studio.ui.insight.shared import add_look, draw_figure, percent


class Titles(Protocol):
    """What intents and topics are called."""

    async def intents(self) -> Mapping[str, str]: ...

    async def topics(self) -> Mapping[str, str]: ...


def add_numbers_page(numbers: Numbers, titles: Titles, agents: AgentService) -> None:
    """``/studio/numbers``."""

    @ui.page("/studio/numbers")
    async def numbers_page(request: Request, client: Client) -> Response | None:
        here = await studio_visit(agents, request, client, "numbers")
        if isinstance(here, Response):
            return here
        add_look()
        asked = {name: value[:40] for name, value in request.query_params.items()}
        with tag("div", "office studio-page"), tag("div", "office-body numbers-page"):
            await NumbersPart(numbers, titles, here, NumbersQuery(asked, numbers)).draw()
        return None


class NumbersPart:
    """The page for one person."""

    def __init__(self, numbers: Numbers, titles: Titles, here: Visit, query: NumbersQuery) -> None:
        self._numbers = numbers
        self._titles = titles
        self._here = here
        self._query = query
        self._words = insight_words().numbers
        self._channels = desk_words().channels

    async def draw(self) -> None:
        period, channel = self._query.period, self._query.channel
        report = await self._here.attempt(LOOKS, lambda actor: self._numbers.report(actor, period, channel=channel))
        if report is None:
            return
        self._intents = await self._titles.intents()
        self._tables = Tables(report, self._channels, self._intents, await self._titles.topics())
        self._draw_toolbar(report)
        self._draw_figures(report)
        if report.contacts.all or report.heard.n:
            self._draw_charts(report)
        else:
            tag("p", "empty", self._words["nothing"], **{"data-testid": "empty"})

    def _draw_toolbar(self, report: Report) -> None:
        words, query = self._words, self._query
        with tag("div", "toolbar"):
            tag("h1", "", words["title"])
            with tag("nav", "periods", **{"aria-label": words["period"]}):
                for days in PERIODS:
                    current = "page" if days == query.days else None
                    address = query.address(days=str(days), since="", until="")
                    tag("a", "tab", words[f"days_{days}"], href=address, **{"aria-current": current})
            with tag("form", method="get", action="/studio/numbers", role="search"):
                for name, value in (("since", query.period.since), ("until", query.period.until)):
                    shown = value.isoformat()
                    tag("input", "", type="date", name=name, defaultValue=shown, **{"aria-label": words[name]})
                names = {"": words["all_channels"]} | {name: self._channels.get(name, name) for name in report.channels}
                select("channel", names, query.channel, **{"aria-label": words["channel"]})
                button(words["show"])
        counted = f"{local(report.counted_at):%m-%d %H:%M}" if report.counted_at else None
        told = words["counted"].format(at=counted) if counted else words["not_counted"]
        tag("p", "muted counted", told)

    def _draw_figures(self, report: Report) -> None:
        words, now, before = self._words, report.contacts, report.before
        against = words["against"]
        with tag("section", "figures"):
            beside = f"{words['repeat']} {percent(now.repeat_share)}"
            hint = words["resolution_hint"]
            was = before.resolution
            draw_figure(words["resolution"], now.resolution, was, hint=hint, beside=beside, against=against)
            understood, was = report.heard.understood, report.heard_before.understood
            draw_figure(words["understood"], understood, was, hint=words["understood_hint"], against=against)
            handed = insight_words().columns["handed_share"]
            draw_figure(handed, now.handed_share, before.handed_share, up_is_good=False, against=against)
            draw_figure(words["contacts"], now.all, before.all, up_is_good=None, shown=_whole, against=against)
            rated = report.bot_ratings
            title, told = f"{words['ratings']} · {words['by_bot']}", words["given"].format(n=f"{rated.n:,}")
            draw_figure(title, rated.mean, None, shown=_score, beside=told if rated.n else "")

    def _draw_charts(self, report: Report) -> None:
        words = self._words
        with tag("div", "charts"):
            self._chart(
                "contacts", words["how"], words["resolution_hint"], lambda: charts.resolution(report), wide=True
            )
            understood = lambda: charts.understood(report, self._channels)  # noqa: E731  one line as the others
            self._chart("understood", words["understood"], words["understood_hint"], understood, wide=True)
            self._chart("asked", words["asked"], words["asked_hint"], lambda: charts.asked(report, self._intents))
            self._chart("handed", words["handed"], words["handed_hint"], lambda: charts.handed(report))
            self._chart("ratings", words["ratings"], words["ratings_hint"], lambda: charts.ratings(report))
            self._chart("mended", words["mended"], words["mended_hint"], lambda: charts.mended(report))
            self._draw_entries(report)

    def _chart(
        self, table: str, title: str, hint: str, options: Callable[[], charts.Options], *, wide: bool = False
    ) -> None:
        """A chart, and its table in the same place as soon as that is asked for."""
        with tag("section", "block chart-block full" if wide else "block chart-block", **{"data-testid": table}):
            with tag("div", "block-head"):
                tag("h2", "", title)
                ui.element("span").classes("grow")
                turn = button(self._words["as_table"], "small", type="button", **{"aria-pressed": "false"})
                tag("a", "button small-link", self._words["csv"], href=self._query.export(table), download="")
            tag("p", "sub", hint)
            place = tag("div", "chart-place")
            with place:
                ui.echart(options(), renderer="svg").classes("chart wide-chart" if wide else "chart")
        is_table = False

        def show() -> None:
            nonlocal is_table
            is_table = not is_table
            place.clear()
            turn.props["aria-pressed"] = "true" if is_table else "false"
            turn.default_slot.children[0].set_text(self._words["as_chart" if is_table else "as_table"])  # type: ignore[attr-defined]
            with place:
                if is_table:
                    self._tables.draw(table)
                else:
                    ui.echart(options(), renderer="svg").classes("chart wide-chart" if wide else "chart")

        turn.on("click", show)

    def _draw_entries(self, report: Report) -> None:
        words = self._words
        with tag("section", "block full", **{"data-testid": "entries"}):
            with tag("div", "block-head"):
                tag("h2", "", words["entries"])
                ui.element("span").classes("grow")
                tag("a", "button small-link", words["csv"], href=self._query.export("entries"), download="")
            tag("p", "sub", words["entries_hint"])
            self._tables.draw("entries")
            if report.unanswered:
                with tag("p", "under muted"):
                    ui.label(words["unanswered"].format(n=f"{report.unanswered:,}"))
                    tag("a", "", words["go_unanswered"], href="/studio/misses?cause=declined")


def _whole(number: float | None) -> str:
    return "—" if number is None else f"{number:,.0f}"


def _score(score: float | None) -> str:
    return "—" if score is None else f"{score:.2f}"
