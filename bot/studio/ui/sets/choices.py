"""A select of thousands: its options are drawn in the browser, where they cost next to nothing."""

from collections.abc import Mapping

from nicegui.element import Element


class Choices(Element, component="choices.js"):
    """A field of a form as `bot.desk.ui.forms.select` is; ``options`` is value -> text."""

    def __init__(self, name: str, options: Mapping[str, str], chosen: str | None) -> None:
        super().__init__()
        self._props.update(name=name, options=tuple(options.items()), chosen=chosen or "")
