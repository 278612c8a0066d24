"""Results by agent, draws with their seeds, and how far scorers agree."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from bot.clock import CHINA, local
from bot.desk.leading.sampling import WEEK
from bot.desk.leading.scoring import Compared
from bot.desk.leading.services import Leading
from bot.desk.leading.tables import QualityDraw
from bot.desk.leading.who import LEADS
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import Said, alert, button, field, first, form, table, tag
from bot.desk.ui.leading.quality_lists import points
from bot.desk.ui.leading.shared import in_words, moment
from bot.desk.ui.office import Visit
from bot.staff.model import Actor

_MONTHS_BACK = timedelta(days=90)


class AgentsTab:
    """Everybody who was scored in the last three months, the lowest average first."""

    def __init__(self, leading: Leading, here: Visit) -> None:
        self._leading = leading
        self._here = here

    async def draw(self) -> None:
        words, now = leading_words().quality, self._leading.parts.clock()
        results = await self._leading.scoring.agents(self._here.person.actor, now - _MONTHS_BACK, now)
        names = ("agent", "average", "samples_count", "fatals", "objections", "upheld_count")
        with table([words[name] for name in names], "results"):
            for one in results:
                with tag("tr"):
                    with tag("td", "nowrap"):
                        tag("a", "", one.name, href=f"/desk/quality?agent={one.agent}")
                    with tag("td", "nowrap"), tag("div", "meter"):
                        tag("i", "", style=f"width:{1.6 * one.average:.0f}px", **{"aria-hidden": "true"})
                        tag("b", "num", points(one.average))
                    tag("td", "num", str(one.scored))
                    tag("td", "num is-red" if one.failed else "num", str(one.failed))
                    tag("td", "num", str(one.objected))
                    tag("td", "num", str(one.upheld))
        if not results:
            tag("p", "empty", words["nothing"])


class DrawsTab:
    """Draws, each with its seed and what it was made from; and drawing a week."""

    def __init__(self, leading: Leading, here: Visit) -> None:
        self._leading = leading
        self._here = here
        self._words = leading_words().quality

    async def draw(self) -> None:
        self._draw_form()
        self._list = tag("div")
        await self._refresh()

    def _draw_form(self) -> None:
        words = self._words
        today = local(self._leading.parts.clock()).date()
        monday = today - timedelta(days=today.weekday()) - WEEK

        async def send(said: Said) -> None:
            begin = datetime.combine(date.fromisoformat(first(said, "week") or str(monday)), time(), CHINA)

            async def move(actor: Actor) -> QualityDraw:
                return await self._leading.sampling.draw(actor, begin, begin + WEEK)

            if await self._here.attempt(LEADS, in_words(move), refused=problem):
                await self._refresh()

        with tag("section", "block in-line"):
            tag("h2", "", words["draw_week"])
            with form(send, "draw"):
                field(words["week"], "week", str(monday), kind="date", required=True)
                problem = alert()
                with tag("footer"):
                    button(words["draw"], "primary")

    async def _refresh(self) -> None:
        draws = await self._leading.sampling.draws(self._here.person.actor)
        people = {row.by for row, _ in draws}
        names = await self._leading.parts.handover.names(people)
        words = self._words
        self._list.clear()
        with self._list:
            headings = [words[name] for name in ("period", "by_reason", "seed", "drawn_by", "drawn_at")]
            with table(headings, "draws"):
                for row, counts in draws:
                    self._draw_row(row, counts, names)
            if not draws:
                tag("p", "empty", words["no_draws"])

    def _draw_row(self, row: QualityDraw, counts: Mapping[str, int], names: Mapping[str, str]) -> None:
        reasons = leading_words().reasons
        until = local(row.until) - timedelta(seconds=1)
        with tag("tr"):
            tag("td", "nowrap num", f"{local(row.since):%Y-%m-%d} – {until:%m-%d}")
            with tag("td"), tag("div", "tags"):
                for reason, one in row.candidates.items():
                    title = f"SHA-256 {one['sha256'][:16]}…"
                    tag("span", "tag", f"{reasons[reason]} {counts.get(reason, 0)} / {one['count']}", title=title)
            tag("td", "mono wrap", row.seed)
            tag("td", "nowrap", names.get(row.by, leading_words().quality["system"]))
            tag("td", "nowrap num", moment(row.at))


class CalibrationTab:
    """How far scorers agree over the services that several have scored."""

    def __init__(self, leading: Leading, here: Visit) -> None:
        self._leading = leading
        self._here = here

    async def draw(self) -> None:
        words = leading_words().quality
        agreement, compared, names = await self._leading.scoring.calibration(self._here.person.actor)
        with tag("section", "figures", **{"data-testid": "agreement"}):
            share = None if agreement.share is None else f"{round(100 * agreement.share)}%"
            kappa = None if agreement.kappa is None else f"{agreement.kappa:.2f}"
            for name, value in (("agreement", share), ("kappa", kappa), ("spread", points(agreement.spread))):
                with tag("div", "figure"):
                    tag("small", "", words[name])
                    tag("b", "", value if value and compared else "—")
        tag("p", "muted under", words["samples_compared"].format(n=len(compared)))
        headings = [words[name] for name in ("served_at", "agent", "score", "spread", "differs")]
        with table([*headings, ""], "compared"):
            for one in compared:
                await self._draw_row(one, names)
        if not compared:
            tag("p", "empty", words["no_calibration"])

    async def _draw_row(self, one: Compared, names: Mapping[str, str]) -> None:
        sheet = await self._leading.editions.sheet(one.sample.sheet)
        titles = {criterion.key: criterion.name for criterion in sheet.criteria()}
        totals = [total for _, total in one.totals]
        with tag("tr"):
            tag("td", "nowrap num", moment(one.sample.served_at))
            tag("td", "nowrap", names.get(one.sample.agent, one.sample.agent))
            tag("td", "nowrap", "、".join(f"{names.get(who, who)} {points(total)}" for who, total in one.totals))
            tag("td", "num", points(max(totals) - min(totals)) if totals else "—")
            with tag("td"), tag("div", "tags"):
                for key in one.differing:
                    tag("span", "tag why", titles.get(key, key))
            with tag("td", "nowrap"):
                tag("a", "", leading_words().quality["see"], href=f"/desk/quality/{one.sample.id}")
