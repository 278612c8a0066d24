"""What both pages of releases draw alike."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from nicegui import ui

from bot.clock import local
from bot.desk.ui.forms import tag
from bot.studio.releases.schemas import ReleaseView
from bot.studio.releases.states import ReleaseState
from bot.studio.releases.words import release_words

ADDRESS = "/studio/releases"
PAGE = 50
T = TypeVar("T")

_TONES = {
    ReleaseState.stable: "good",
    ReleaseState.candidate: "status",
    ReleaseState.ready: "status",
    ReleaseState.leaving: "why",
    ReleaseState.failed: "bad",
    ReleaseState.withdrawn: "bad",
}


def text(name: str, /, **values: object) -> str:
    """A word of the pages."""
    return release_words().ui[name].format(**values)


def moment(at: datetime | None) -> str:
    """On the clock of the business."""
    return f"{local(at):%m-%d %H:%M}" if at is not None else text("none")


def address_of(name: str, **query: object) -> str:
    """Of the page of a release."""
    asked = "&".join(f"{key}={value}" for key, value in query.items() if value not in ("", None))
    return f"{ADDRESS}/{name}" + (f"?{asked}" if asked else "")


def draw_state(release: ReleaseView) -> None:
    tag("span", f"tag {_TONES.get(release.state, '')}", release_words().states[release.state])


def draw_passed(release: ReleaseView) -> None:
    """Whether it may meet customers."""
    if release.overridden_by is not None:
        tag("span", "tag why", text("overridden"), title=release.overridden_why)
    elif release.passed is not None:
        tag("span", "tag good" if release.passed else "tag bad", text("passed" if release.passed else "failed"))
    else:
        tag("span", "muted", text("not_measured") if release.ended_at else text("none"))


def draw_change(value: float, *, digits: int = 1, less_is_better: bool = False) -> None:
    """A change of a share, with a sign that does without colour."""
    shown = f"{value * 100:+.{digits}f}"
    if abs(value) < 0.5 * 10 ** -(digits + 2):
        tag("span", "delta", "±0")
        return
    is_good = (value < 0) if less_is_better else (value > 0)
    tag("span", "delta up" if is_good else "delta down", f"{'▲' if value > 0 else '▼'} {shown}")


def draw_meter(value: float, kind: str = "") -> None:
    """A bar of a share."""
    with tag("span", f"meter {kind}", role="presentation"):
        ui.element("i").style(f"width:{max(0.0, min(1.0, value)) * 100:.1f}%")


def draw_heading(title: str, sub: str = "") -> None:
    with tag("div", "release-heading"):
        tag("h2", "", title)
        if sub:
            tag("p", "sub", sub)


def draw_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Terms and what they are, in a row."""
    with tag("dl", "release-facts"):
        for name, value in facts:
            with tag("div"):
                tag("dt", "", name)
                tag("dd", "", value)


def of_page(rows: Sequence[T], page: int) -> Sequence[T]:
    return rows[(page - 1) * PAGE : page * PAGE]


def draw_pager(n: int, page: int, address: str) -> None:
    """Of ``n`` rows; ``address`` has a question in it already."""
    pages = -(-n // PAGE)
    with tag("div", "pager"):
        tag("span", "muted", text("page", page=page, pages=pages))
        if page > 1:
            tag("a", "button", text("previous"), href=f"{address}&page={page - 1}")
        if page < pages:
            tag("a", "button", text("next"), href=f"{address}&page={page + 1}")
