"""What is long and seldom looked at: drawn when it is opened."""

from collections.abc import Callable

from nicegui.element import Element

from bot.desk.ui.forms import tag


def when_opened(details: Element, draw: Callable[[], None]) -> None:
    """Let ``draw`` fill a ``<details>`` the first time somebody opens it.

    An element costs the server a tenth of a millisecond whether anybody sees it or not, and lists have hundreds of
    things that nobody opens.
    """

    def opened() -> None:
        if not place.default_slot.children:
            with place:
                draw()

    with details:
        place = tag("div")
    details.on("toggle", opened, js_handler="(event) => { if (event.target.open) emit(); }")
