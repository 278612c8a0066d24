"""``/desk/satisfaction``: ratings by channel, team, person and day, with how sure the figures are."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import CHINA, local
from bot.desk.leading.satisfaction import PAGE, Answer, Asked, Report
from bot.desk.leading.satisfaction_schemas import Figures, Line, ReportView, reason_names
from bot.desk.leading.services import Leading
from bot.desk.leading.who import LEADS
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import button, select, table, tag
from bot.desk.ui.leading import charts
from bot.desk.ui.leading.shared import enter, moment, say_missing
from bot.desk.ui.office import Visit
from bot.desk.words import desk_words
from bot.errors import BotError

_DAYS = 30


def add_satisfaction_page(leading: Leading) -> None:
    @ui.page("/satisfaction")
    async def satisfaction_page(
        request: Request,
        client: Client,
        since: str = "",
        until: str = "",
        channel: str = "",
        team: str = "",
        about: str = "",
        before: str = "",
    ) -> Response | None:
        here = await enter(leading.parts.agents, request, client, "satisfaction", LEADS)
        if isinstance(here, Response):
            return here
        today = local(leading.parts.clock()).date()
        query = SatisfactionQuery(today, since, until, channel, team, about)
        actor = here.person.actor
        try:
            report = await leading.satisfaction.report(actor, query.asked)
            comments = await leading.satisfaction.comments(actor, query.asked, before=before or None, limit=PAGE + 1)
        except BotError as refusal:
            say_missing(str(refusal))
            return None
        SatisfactionPart(here, query, report, comments, is_first=not before).draw()
        return None


class SatisfactionQuery:
    """What the address of the page asks for; what makes no sense is as good as not asked.  Days are China's."""

    def __init__(self, today: date, since: str, until: str, channel: str, team: str, about: str) -> None:
        self.last = _day(until) or today
        self.first = _day(since) or self.last - timedelta(days=_DAYS - 1)
        self.channel, self.team = channel[:64] or None, team[:64] or None
        self.about = about if about in ("agent", "bot") else None

    @property
    def asked(self) -> Asked:
        begin = datetime.combine(self.first, time(), CHINA)
        end = datetime.combine(self.last + timedelta(days=1), time(), CHINA)
        return Asked(begin, end, self.channel, self.about, self.team)

    def address(self, before: str | None = None) -> str:
        asked = {"since": self.first, "until": self.last, **self._chosen()}
        return "/desk/satisfaction?" + urlencode(asked | ({"before": before} if before else {}))

    @property
    def export(self) -> str:
        asked = self.asked
        times = {"since": asked.since.isoformat(), "until": asked.until.isoformat()}
        return "/api/v1/leading/satisfaction.csv?" + urlencode(times | self._chosen())

    def _chosen(self) -> dict[str, str]:
        found = {"channel": self.channel, "team": self.team, "about": self.about}
        return {name: value for name, value in found.items() if value}


class SatisfactionPart:
    """Figures, charts with their tables, and what customers wrote."""

    def __init__(
        self, here: Visit, query: SatisfactionQuery, report: Report, comments: list[Answer], *, is_first: bool
    ) -> None:
        self._here = here
        self._query = query
        self._report = report
        self._view = ReportView.of(report)
        self._comments = comments
        self._is_first = is_first
        self._words = leading_words().satisfaction

    def draw(self) -> None:
        words, view = self._words, self._view
        with tag("main", "desk-page office"), tag("div", "office-body sat"):
            self._draw_bar()
            self._draw_figures(view.total)
            if not view.total.offered:
                tag("p", "empty", words["nothing"])
                return
            with tag("div", "sat-grid"):
                self._draw_trend()
                self._draw_stars()
                with tag("div", "stack"):
                    self._draw_lines("by_channel", view.channels)
                    self._draw_lines("by_team", view.teams)
                    self._draw_reasons()
                with tag("div", "stack"):
                    self._draw_lines("by_about", view.about)
                    self._draw_lines("by_agent", view.agents)
                self._draw_comments()

    def _draw_bar(self) -> None:
        words, query, desk = self._words, self._query, desk_words()
        channels = {cell.channel for cell in self._report.cells} | ({query.channel} if query.channel else set())
        with tag("div", "toolbar"):
            tag("h1", "", words["title"])
            with tag("form", method="get", action="/desk/satisfaction"):
                for name, day in (("since", query.first), ("until", query.last)):
                    tag("input", type="date", name=name, defaultValue=str(day), **{"aria-label": words[name]})
                any_channel = {"": words["any_channel"]}
                named = any_channel | {each: desk.channel(each) for each in sorted(channels)}
                select("channel", named, query.channel, **{"aria-label": words["channel"]})
                teams = {"": words["any_team"]} | self._report.teams
                select("team", teams, query.team, **{"aria-label": words["team"]})
                sides = {"": words["any_about"], "agent": words["agent"], "bot": words["bot"]}
                select("about", sides, query.about, **{"aria-label": words["about"]})
                button(words["show"], "primary")
            ui.element("span").classes("grow")
            tag("a", "button", words["export"], href=query.export, download=True, **{"data-testid": "export"})

    def _draw_figures(self, total: Figures) -> None:
        words = self._words
        with tag("section", "figures", **{"data-testid": "figures"}):
            _figure(words["mean"], _number(total.mean), _interval(total) if total.answered else "")
            _figure(words["good"], _percent(total.good), f"{words['answered']} {total.answered}")
            for line in self._view.about if len(self._view.about) > 1 else ():
                _figure(line.name, _number(line.figures.mean), _interval(line.figures))
            _figure(words["response"], _percent(total.response), f"{words['offered']} {total.offered}")

    def _draw_trend(self) -> None:
        words = self._words
        with tag("section", "block chart-block"):
            tag("h2", "", words["trend"])
            charts.trend(self._view.days)
            with self._table_below("trend-table", ("day", "mean", "band", "answered", "response")):
                for line in self._view.days:
                    with tag("tr"):
                        tag("td", "nowrap num", f"{line.day:%Y-%m-%d}")
                        _cells(line.figures)

    def _draw_stars(self) -> None:
        words, total = self._words, self._view.total
        with tag("section", "block chart-block"):
            tag("h2", "", words["stars"])
            charts.stars(total)
            with self._table_below("stars-table", ("stars", "count", "share")):
                for number, count in enumerate(total.stars, 1):
                    with tag("tr"):
                        tag("td", "", words["star"].format(n=number))
                        tag("td", "num", str(count))
                        tag("td", "num", _percent(count / total.answered if total.answered else None))

    def _table_below(self, name: str, headings: Sequence[str]) -> ui.element:
        """A table that one click opens."""
        with tag("details", "as-table"):
            tag("summary", "", self._words["table"])
            return table([self._words[each] for each in headings], name)

    def _draw_lines(self, name: str, lines: Sequence[Line]) -> None:
        words = self._words
        if not lines:
            return
        with tag("section", "block"):
            tag("h2", "", words[name])
            headings = ["name", "mean", "band", "answered", "response"]
            with table([words[each] for each in headings], name.replace("_", "-")):
                for line in lines:
                    with tag("tr"):
                        tag("td", "nowrap", line.name)
                        _cells(line.figures)

    def _draw_reasons(self) -> None:
        words = self._words
        most = max((line.count for line in self._view.reasons), default=0)
        if not most:
            return
        with tag("section", "block"):
            tag("h2", "", words["reasons"])
            with table([words["reasons"], words["count"]], "reasons"):
                for line in self._view.reasons:
                    with tag("tr"):
                        tag("td", "nowrap", line.name)
                        with tag("td"), tag("div", "meter"):
                            width = f"width:{round(150 * line.count / most)}px"
                            tag("i", "", style=width, **{"aria-hidden": "true"})
                            tag("b", "num", str(line.count))

    def _draw_comments(self) -> None:
        words, shown = self._words, self._comments[:PAGE]
        with tag("section", "block full", id="comments"):
            tag("h2", "", words["comments"])
            with tag("ul", "comments", **{"data-testid": "comments"}):
                for one in shown:
                    self._draw_comment(one)
            if not shown:
                tag("p", "empty", words["no_comments"])
            with tag("div", "pager"):
                if not self._is_first:
                    tag("a", "button", words["first"], href=self._query.address() + "#comments")
                if len(self._comments) > PAGE:
                    address = self._query.address(self._comments[PAGE - 1].place) + "#comments"
                    tag("a", "button", words["next"], href=address)

    def _draw_comment(self, one: Answer) -> None:
        words, said = self._words, reason_names()
        with tag("li"):
            heat = "bad" if one.score <= 2 else "why" if one.score == 3 else "good"
            tag("span", f"tag {heat}", words["star"].format(n=one.score))
            with tag("div", "comment-body"):
                tag("p", "", one.comment)
                who = one.agent_name if one.about == "agent" else words["bot"]
                reasons = [said.get(reason, reason) for reason in one.reasons]
                about = [moment(one.offered_at), desk_words().channel(one.channel), who or "", *reasons]
                tag("small", "muted", " · ".join(part for part in about if part))
            tag("a", "", words["conversation"], href=f"/desk/?c={one.conversation_id}")


def _figure(name: str, value: str, below: str) -> None:
    with tag("div", "figure"):
        tag("small", "", name)
        tag("b", "", value)
        tag("small", "", below)


def _cells(figures: Figures) -> None:
    """Mean, interval, answers and response of one line."""
    tag("td", "num strong", _number(figures.mean))
    with tag("td"):
        if figures.interval is None:
            tag("span", "muted", leading_words().satisfaction["too_few"])
        else:
            _draw_interval(figures.mean or 1.0, figures.interval)
    tag("td", "num", str(figures.answered))
    tag("td", "num", _percent(figures.response))


def _draw_interval(mean: float, interval: tuple[float, float]) -> None:
    low, high = interval
    with tag("div", "whisker", title=f"{low:.2f} – {high:.2f}"):
        with tag("span", "rail", **{"aria-hidden": "true"}):
            tag("i", "", style=f"left:{_place(low):.1f}%;width:{_place(high) - _place(low):.1f}%")
            tag("b", "", style=f"left:{_place(mean):.1f}%")
        tag("small", "num muted", f"{low:.1f}–{high:.1f}")


def _place(score: float) -> float:
    """Where 1 to 5 stands on a rail, in percent."""
    return 25 * (score - 1)


def _interval(figures: Figures) -> str:
    words = leading_words().satisfaction
    if figures.interval is None:
        return words["too_few"]
    low, high = figures.interval
    return words["interval"].format(low=f"{low:.2f}", high=f"{high:.2f}")


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{round(100 * value)}%"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
