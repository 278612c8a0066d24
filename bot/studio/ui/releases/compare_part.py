"""A candidate beside the stable release: how both do with customers, wider, or back."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from bot.desk.ui.forms import Said, asking, button, field, first, form, table, tag
from bot.desk.ui.office import Visit
from bot.staff.model import Actor
from bot.studio.releases.schemas import ComparedView, ComparisonView, OverviewView, ReleaseView, ShareView
from bot.studio.releases.service import Releases
from bot.studio.releases.words import release_words
from bot.studio.roles import TRAINS
from bot.studio.ui.releases.shared import draw_heading, moment, text

Refresh = Callable[[], Awaitable[None]]
_ALL = 100


class ComparePart:
    """The live comparison and what follows from it."""

    def __init__(self, here: Visit, releases: Releases, refresh: Refresh) -> None:
        self._here = here
        self._releases = releases
        self._refresh = refresh
        self._may_train = here.person.role in TRAINS

    def draw(self, now: OverviewView, comparison: ComparisonView | None) -> None:
        if now.candidate is not None:
            with tag("section", "block compare", **{"data-testid": "comparison"}):
                self._draw_comparison(comparison)
                if self._may_train:
                    self._draw_moves(now, now.candidate)
        elif self._may_train and now.before is not None:
            self._draw_way_back(now.before)

    def _draw_comparison(self, comparison: ComparisonView | None) -> None:
        if comparison is None:
            draw_heading(text("compare"), text("compare_empty"))
            return
        rules = self._releases.rules.rollback
        sub = text(
            "compare_sub",
            new=comparison.new_n,
            old=comparison.old_n,
            candidate=comparison.candidate,
            stable=comparison.stable,
            when=moment(comparison.since),
            least=rules.least,
            growth=f"{rules.growth - 1:.0%}",
            alarm=f"{rules.alarm:.0%}",
        )
        draw_heading(text("compare"), sub)
        heads = (text("measure"), comparison.candidate, comparison.stable, text("difference"), text("verdict"))
        with table(heads, "measures"):
            for compared in comparison.measures:
                _draw_measure(compared)

    def _draw_moves(self, now: OverviewView, candidate: ReleaseView) -> None:
        with tag("div", "acts"):
            for share in now.shares:
                if share > candidate.share:
                    self._draw_widen(share)
        with form(self._roll_back, "withdraw-form"):
            field(text("why"), "why", placeholder=text("why_hint"), required=True, maxlength=500)
            with tag("footer"):
                button(text("withdraw"), "danger", **{"data-testid": "withdraw"})

    def _draw_widen(self, share: int) -> None:
        label = text("widen_all") if share == _ALL else text("widen", share=share)
        wider = button(label, "primary" if share == _ALL else "", type="button", **{"data-share": share})

        async def widen() -> None:
            async def move(actor: Actor) -> None:
                await self._releases.widen(actor, share)
                self._here.inform(text("done_all") if share == _ALL else text("done_widen", share=share))

            await self._here.attempt(TRAINS, move)
            await self._refresh()

        wider.on("click", widen, js_handler=asking(text("widen_all_sure")) if share == _ALL else "() => emit()")

    def _draw_way_back(self, before: str) -> None:
        """Folded away: nobody goes back by accident."""
        with tag("details", "block way-back"):
            tag("summary", "", text("roll_back", name=before))
            with form(self._roll_back, "back-form"):
                field(text("why"), "why", hint=text("roll_back_sure"), required=True, maxlength=500)
                with tag("footer"):
                    button(text("roll_back", name=before), "danger", **{"data-testid": "roll-back"})

    async def _roll_back(self, said: Said) -> None:
        async def move(actor: Actor) -> None:
            name = await self._releases.roll_back(actor, why=first(said, "why") or "")
            now = await self._releases.overview(actor)
            is_there = now.stable is not None and now.stable.name == name
            self._here.inform(text("done_back" if is_there else "done_back_soon", name=name))

        await self._here.attempt(TRAINS, move)
        await self._refresh()


def _draw_measure(compared: ComparedView) -> None:
    with tag("tr"):
        tag("th", "", release_words().measures[compared.measure], scope="row")
        for share in (compared.new, compared.old):
            with tag("td", "share-cell"):
                _draw_share(share)
        with tag("td", "nowrap"):
            _draw_difference(compared)
        with tag("td", "nowrap"):
            if not (compared.new.n and compared.old.n):
                tag("span", "muted", text("no_data"))
            elif compared.is_clear:
                good = compared.is_better
                tag("span", "tag good" if good else "tag bad", text("better" if good else "worse"))
            else:
                tag("span", "tag", text("unclear"))


def _draw_share(share: ShareView) -> None:
    """The share, its interval as a band, and how many it is of."""
    if not share.n:
        tag("span", "muted", text("none"))
        return
    tag("b", "", f"{share.value:.1%}")
    tag("span", "muted", f" {share.k}/{share.n}")
    with tag("span", "band", title=f"{share.low:.1%} – {share.high:.1%}", role="presentation"):
        ui.element("i").style(f"left:{share.low * 100:.1f}%;width:{(share.high - share.low) * 100:.1f}%")
        ui.element("b").style(f"left:{share.value * 100:.1f}%")


def _draw_difference(compared: ComparedView) -> None:
    if not (compared.new.n and compared.old.n):
        tag("span", "muted", text("none"))
        return
    value = compared.new.value - compared.old.value
    tag("span", "", f"{value * 100:+.1f}")
    tag("span", "muted", f" [{compared.low * 100:+.1f}, {compared.high * 100:+.1f}]")
