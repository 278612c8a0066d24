"""Pieces that the pages of sets have in common."""

from collections.abc import Mapping
from pathlib import Path

from nicegui import ui

from bot.desk.ui.forms import tag
from bot.studio.sets.kinds import SentenceState
from bot.studio.sets.model import SetLine
from bot.studio.sets.words import set_words

HERE = Path(__file__).parent
_ORDER = (SentenceState.agreed, SentenceState.settled, SentenceState.disputed, SentenceState.open)
GOOD_KAPPA, FAIR_KAPPA = 0.8, 0.6
"""Landis and Koch (1977): from here on almost perfect, and substantial."""


def add_look() -> None:
    """The look of both parts: pages of sets use the frame of the numbers."""
    css = (HERE.parent / "insight" / "insight.css", HERE / "sets.css")
    ui.add_head_html(f"<style>{''.join(path.read_text(encoding='utf-8') for path in css)}</style>")


def draw_tabs(active: str) -> None:
    words = set_words().ui
    pages = {"sets": "/studio/sets", "dialogues": "/studio/sets/dialogues"}
    with tag("nav", "periods", **{"aria-label": words["title"]}):
        for name, address in pages.items():
            tag("a", "tab", words[f"tab_{name}"], href=address, **{"aria-current": "page" if name == active else None})


def draw_pager(address: str, page: int, *, is_last: bool) -> None:
    """To the pages before and behind; nothing where there is but one."""
    words = set_words().ui
    if page == 1 and is_last:
        return
    with tag("nav", "pager", **{"aria-label": words["pages"]}):
        if page > 1:
            tag("a", "button", words["page_before"], href=f"{address}?page={page - 1}", rel="prev")
        tag("span", "muted", words["page_n"].format(n=page))
        if not is_last:
            tag("a", "button", words["next_page"], href=f"{address}?page={page + 1}", rel="next")


def draw_states(line: SetLine) -> None:
    """A bar of how far a set is, with the same in words."""
    names = set_words().states
    shares = {state: line.states.get(state, 0) for state in _ORDER}
    told = "，".join(f"{names[state]} {n}" for state, n in shares.items() if n)
    with tag("div", "state-bar", role="img", **{"aria-label": told}):
        for state, n in shares.items():
            if n:
                tag("i", f"s-{state.value}", style=f"flex: {n}", title=f"{names[state]} {n}")
    with tag("p", "state-words"):
        for state, n in shares.items():
            if n:
                tag("span", f"dot-word s-{state.value}", f"{names[state]} {n}")


def kappa_word(kappa: float | None) -> str:
    words = set_words().ui
    if kappa is None:
        return words["kappa_none"]
    name = "kappa_good" if kappa >= GOOD_KAPPA else "kappa_fair" if kappa >= FAIR_KAPPA else "kappa_low"
    return words[name]


def kappa_class(kappa: float | None) -> str:
    if kappa is None:
        return "tag"
    return "tag good" if kappa >= GOOD_KAPPA else "tag why" if kappa >= FAIR_KAPPA else "tag bad"


def number(value: float | None, *, digits: int = 2) -> str:
    return "—" if value is None else f"{value:.{digits}f}"


def share(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.1f}%"


def titles(names: Mapping[str, str], intents: tuple[str, ...]) -> str:
    return " + ".join(names.get(intent) or intent for intent in intents)
