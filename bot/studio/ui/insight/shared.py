"""Pieces that both pages have."""

from collections.abc import Callable
from pathlib import Path

from nicegui import ui

from bot.desk.ui.forms import tag
from bot.studio.insight.words import insight_words

CSS = Path(__file__).with_name("insight.css")
_SAME = 0.02
"""Of what it was before: less is chance as likely as not."""


def add_look() -> None:
    ui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")


def percent(share: float | None) -> str:
    """``93.4 %`` without the decimal where there is none to tell."""
    return "—" if share is None else f"{share * 100:.1f}%"


def draw_figure(
    title: str,
    now: float | None,
    before: float | None,
    *,
    hint: str = "",
    up_is_good: bool | None = True,
    shown: Callable[[float | None], str] = percent,
    beside: str = "",
    against: str = "",
) -> None:
    """One number with what it was before; whether that is better is said in a word, not by colour alone.

    Parameters
    ----------
    up_is_good: None where neither is.
    beside: what has to be read with it.
    against: a sentence for ``before``, with ``{n}``; that of the week where it is empty.
    """
    words = insight_words().next
    with tag("div", "figure"):
        tag("p", "figure-title", title, title=hint or None)
        tag("p", "figure-now", shown(now))
        if now is None or before is not None:
            with tag("p", "figure-before"):
                if now is not None and before is not None:
                    _draw_change(now, before, up_is_good)
                told = (against or words["against"]).format(n=shown(before))
                tag("span", "", told if before is not None else words["none"])
        if beside:
            tag("p", "figure-beside", beside)


def _draw_change(now: float, before: float, up_is_good: bool | None) -> None:
    words = insight_words().next
    change = now - before
    if up_is_good is None:
        return
    if abs(change) < _SAME * max(abs(before), _SAME):
        tag("span", "change same", words["same"])
        return
    kind = "better" if (change > 0) == up_is_good else "worse"
    tag("span", f"change {kind}", f"{'▲' if change > 0 else '▼'} {words[kind]}")
