"""The small pieces that the cards beside a conversation are made of."""

import json
from datetime import datetime

from nicegui import ui
from nicegui.element import Element

from bot.clock import local
from bot.desk.ui.forms import button, tag
from bot.desk.words import desk_words

_REVEAL = "() => window.dispatchEvent(new CustomEvent('desk-reveal', {{detail: {wanted}}}))"


def facts() -> Element:
    return ui.element("dl").classes("facts")


def fact(name: str, value: str | None) -> None:
    """A line of a definition list; nothing at all when there is nothing to say."""
    hidden_fact(name, value, None)


def hidden_fact(name: str, value: str | None, wanted: dict[str, str] | None) -> None:
    """A fact of which a part is masked; ``wanted`` is what the sheet asks for that shows it whole, for a reason."""
    if not value:
        return
    tag("dt", "", name)
    with tag("dd"):
        ui.label(value)
        if wanted is not None:
            reveal = desk_words().ui["reveal"]
            attributes = {"data-testid": "reveal-fact", "aria-label": f"{reveal} {name}"}
            see = button(reveal, "plain tiny", type="button", **attributes)
            see.on("click", js_handler=_REVEAL.format(wanted=json.dumps(wanted)))


def mark(text: str | None, kind: str = "") -> None:
    """A small tag; none where there is nothing to say."""
    if text:
        ui.label(text).classes(f"tag {kind}")


def moment(at: datetime | None) -> str:
    """Month, day and time in China; empty for none."""
    return f"{local(at):%m-%d %H:%M}" if at else ""
