"""Plain HTML forms in a NiceGUI page: nothing travels while one types, everything at once on Enter.

Values are set as ``defaultValue``: whatever else the page redraws, what was typed stays.
"""

import json
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

Said = Mapping[str, list[str]]
"""What a form sends: every field with all its values."""

_SEND = """(event) => {
  event.preventDefault();
  const said = {};
  for (const [name, value] of new FormData(event.target)) (said[name] ||= []).push(value);
  emit(said);
}"""


def form(on_send: Callable[[Said], Awaitable[None]], name: str) -> Element:
    """A form that gives ``on_send`` what stands in it."""

    async def sent(event: GenericEventArguments) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        await on_send({str(key): [str(each) for each in values] for key, values in given.items()})

    element = tag("form", "fields", **{"data-testid": name})
    element.on("submit", sent, js_handler=_SEND)
    return element


def tag(kind: str, classes: str = "", text: str | None = None, **attributes: Any) -> Element:
    """An element; attributes are set as they are, never parsed, so that no name of anybody becomes markup."""
    element = ui.element(kind).classes(classes)
    for name, value in attributes.items():
        if value is not None and value is not False:
            element.props[name.rstrip("_")] = value
    if text is not None:
        with element:
            ui.label(text)
    return element


def field(
    label: str, name: str, value: str | None = "", *, kind: str = "text", hint: str = "", **attributes: Any
) -> Element:
    """An input with its label; returns the label, which holds both."""
    with tag("label", "field") as whole:
        ui.label(label)
        tag("input", "", type=kind, name=name, defaultValue=value or "", **attributes)
        if hint:
            ui.label(hint).classes("hint")
    return whole


def area(label: str, name: str, value: str = "", *, hint: str = "", rows: int = 3) -> None:
    with tag("label", "field wide"):
        ui.label(label)
        tag("textarea", "", name=name, rows=rows, defaultValue=value, spellcheck="false")
        if hint:
            ui.label(hint).classes("hint")


def choice(label: str, name: str, options: Mapping[str, str], chosen: str | None, **attributes: Any) -> None:
    """A select; ``options`` is value -> text."""
    with tag("label", "field"):
        ui.label(label)
        select(name, options, chosen, **attributes)


def select(name: str, options: Mapping[str, str], chosen: str | None, **attributes: Any) -> None:
    with tag("select", "", name=name, **attributes):
        for value, text in options.items():
            tag("option", "", text, value=value, selected=value == (chosen or ""))


def button(text: str, kind: str = "", **attributes: Any) -> Element:
    """A button; it sends its form unless ``type`` says otherwise."""
    return tag("button", kind, text, **{"type": "submit"} | attributes)


def asking(sure: str) -> str:
    """The handler of a button that asks first."""
    return f"() => {{ if (confirm({json.dumps(sure)})) emit(); }}"


def alert() -> ui.label:
    """Where a refusal is read; empty and unseen until there is one."""
    label = ui.label("").classes("alert")
    label.props["role"] = "alert"
    return label


def first(said: Said, name: str) -> str | None:
    """A field's value without blanks around it; None when it is empty."""
    values = said.get(name) or [""]
    return values[0].strip() or None


def several(said: Said, name: str) -> tuple[str, ...]:
    """A field whose values are written with commas, blanks or lines between them."""
    text = " ".join(said.get(name, [])).replace("，", " ").replace("、", " ").replace(",", " ")
    return tuple(dict.fromkeys(text.split()))


def table(headings: Iterable[str], name: str, *, figures: Container[str] = ()) -> Element:
    """A table with its headings, those of ``figures`` set to the right; returns its body, to be filled."""
    with tag("div", "table-around"), tag("table", "", **{"data-testid": name}):
        with tag("thead"), tag("tr"):
            for heading in headings:
                tag("th", "money" if heading in figures else "", heading, scope="col")
        return tag("tbody")
