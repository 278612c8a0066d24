"""How topics and what is known of them are said on the pages."""

from datetime import date

from bot.desk.ui.forms import tag
from bot.studio.faq.finding import FaqLine, FaqState
from bot.studio.faq.use import ENOUGH, TopicUse
from bot.studio.faq.words import faq_words

_KINDS = {
    FaqState.changed: "tag status",
    FaqState.gap: "tag bad",
    FaqState.stale: "tag why",
    FaqState.soon: "tag why",
    FaqState.expired: "tag bad",
    FaqState.unhappy: "tag bad",
    FaqState.unused: "tag",
}


def ui(name: str, /, **values: object) -> str:
    return faq_words().ui[name].format(**values)


def percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.0%}"


def day(moment: date | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


def helped(use: TopicUse) -> str:
    """Few uses say nothing."""
    return percent(use.helped) if use.uses >= ENOUGH else "—"


def score(use: TopicUse) -> str:
    return f"{use.score:.1f}（{use.rated}）" if use.score is not None else "—"


def draw_states(line: FaqLine) -> None:
    """Tags; an entry that ends or begins soon says when."""
    with tag("div", "tags"):
        for state in FaqState:
            if state in line.states and (state is not FaqState.unused or not line.states & {FaqState.gap}):
                text = faq_words().states[state]
                tag("span", _KINDS[state], f"{text} {_when(line)}" if state is FaqState.soon else _short(state, text))


def _short(state: FaqState, text: str) -> str:
    return faq_words().ui["unused_short"] if state is FaqState.unused else text


def _when(line: FaqLine) -> str:
    return day(line.valid_until or line.valid_from)[5:]
