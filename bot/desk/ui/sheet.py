"""A modal sheet over a page, drawn anew each time it is opened."""

from collections.abc import Callable

from nicegui import Client, ui

from bot.desk.ui.forms import tag


class Sheet:
    """A ``<dialog>``: Escape closes it, and the browser keeps the focus inside."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._dialog = tag("dialog", "sheet people-sheet", **{"data-testid": "sheet"})

    def show(self, draw: Callable[[], None]) -> None:
        with self._client:
            self._dialog.clear()
            with self._dialog:
                draw()
            self._run("if (!dialog.open) dialog.showModal(); else dialog.scrollTop = 0;")

    def close(self) -> None:
        self._run("dialog.close()")

    def _run(self, script: str) -> None:
        with self._client:
            ui.run_javascript(
                f"requestAnimationFrame(() => {{ const dialog = getHtmlElement({self._dialog.id}); {script} }})"
            )
