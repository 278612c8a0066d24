"""What the pages of the draft have in common: whether one trains, asking why, entries as they are marked up, times."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from bot.clock import local
from bot.desk.ui.forms import Said, button, field, tag
from bot.desk.ui.office import Visit
from bot.errors import StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.formats.examples import MARKUP, kind_of
from bot.studio.drafts.model import Entry, Version, Warning  # noqa: A004
from bot.studio.drafts.texts import as_text
from bot.studio.drafts.words import draft_words
from bot.studio.roles import TRAINS

HERE = Path(__file__).resolve().parent
CSS = HERE.parent / "drafts.css"
MARKING = HERE / "marking.js"
KEYS = """
window.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || '');
  if (event.key === '/' && !typing) { event.preventDefault(); document.querySelector('input[type=search]')?.focus(); }
  if (event.altKey && event.code === 'KeyN') { event.preventDefault(); document.querySelector('[data-new]')?.focus(); }
});
"""
_COLLECT = """(event) => {
  const form = event.target.closest('form');
  if (!form.reportValidity()) return;
  const said = {};
  for (const [name, value] of new FormData(form)) (said[name] ||= []).push(value);
  emit(said);
}"""
T = TypeVar("T")


def word(name: str, **values: object) -> str:
    """One text of the pages."""
    return draft_words().ui[name].format(**values)


def trains(here: Visit) -> bool:
    """Whether who looks may change anything."""
    return here.person.role in TRAINS


def address(page: str, /, **asked: object) -> str:
    """A page of the studio with what it is asked for; what is empty is left out."""
    given = urlencode({name: str(value) for name, value in asked.items() if value not in ("", None)})
    return f"/studio/{page}?{given}" if given else f"/studio/{page}"


async def attempt(
    here: Visit,
    move: Callable[[Actor], Awaitable[T]],
    refused: ui.label,
    *,
    stale: Callable[[StaleEntryError], None] | None = None,
) -> T | None:
    """Do something as who looks; what somebody else did meanwhile goes to ``stale``."""

    async def moved(actor: Actor) -> T | None:
        try:
            return await move(actor)
        except StaleEntryError as error:
            if stale is None:
                raise
            stale(error)
            return None

    refused.set_text("")
    return await here.attempt(TRAINS, moved, refused=refused)


def acting(text: str, act: Callable[[Said], Awaitable[None]], kind: str = "") -> None:
    """A second button of a form: gives ``act`` what stands in it, if the browser finds nothing missing."""

    async def sent(event: GenericEventArguments) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        await act({str(key): [str(each) for each in values] for key, values in given.items()})

    button(text, kind, type="button").on("click", sent, js_handler=_COLLECT)


def why_field(value: str = "") -> None:
    """Every change says why."""
    field(word("why"), "why", value, required=True, maxlength=500, placeholder=word("why_hint")).classes("wide")


def marking(entities: Iterable[str], target: str) -> None:
    """Marks what is selected in the field of that name as an entity; by mouse, or Alt+M and the arrows."""
    with tag("div", "marking wide"):
        label = word("mark_as")
        with tag("select", "mark-select", **{"data-mark": target, "aria-label": label, "title": word("mark_hint")}):
            tag("option", "", label, value="")
            for name in entities:
                tag("option", "", name, value=name)
        tag("button", "small", word("unmark"), type="button", **{"data-unmark": target})
        tag("span", "hint", word("mark_hint"))


def draw_marked(text: str, place: str = "said") -> None:
    """An example with its entities to be seen."""
    with tag("span", place):
        at = 0
        for mark in MARKUP.finditer(text):
            if mark.start() > at:
                tag("span", "", text[at : mark.start()])
            with tag("mark"):
                tag("span", "", mark["text"])
                tag("small", "", kind_of(mark))
            at = mark.end()
        if at < len(text):
            tag("span", "", text[at:])


def draw_warnings(warnings: Iterable[Warning]) -> None:
    """What to mind, by kind, each with what it is about."""
    with tag("ul", "warnings", **{"data-testid": "warnings"}):
        for each in warnings:
            with tag("li"):
                tag("span", "tag why", draft_words().warnings[each.kind])
                tag("span", "", f"{each.text} ↔ {each.other}")


def draw_history(history: Iterable[Version], people: Mapping[str, str]) -> None:
    """Changes of an entry, the newest first."""
    with tag("ol", "changes-short"):
        for version in history:
            with tag("li"):
                tag("span", "muted nowrap", f"{when(version.when)} · {people[version.who]}")
                tag("span", "", "；".join(version.told) or version.why)
                if version.told:
                    tag("span", "muted", version.why)


def draw_stale(error: StaleEntryError, own: str, take_theirs: Callable[[], Awaitable[None]]) -> None:
    """What somebody else made of the entry beside one's own; saving again keeps one's own."""
    theirs = as_text(error.newest.value) if isinstance(error.newest, Entry) else word("is_gone")
    with tag("div", "stale wide", role="alert", **{"data-testid": "stale"}):
        tag("p", "stale-why", str(error))
        with tag("div", "two"):
            for title, text in ((word("theirs"), theirs), (word("own"), own)):
                with tag("div", "side-text"):
                    tag("b", "", title)
                    tag("pre", "", text)
        with tag("div", "acts"):
            button(word("take_theirs"), type="button").on("click", take_theirs)
            tag("span", "muted", word("save_again") if isinstance(error.newest, Entry) else "")


def draw_pager(first: str | None, following: str | None) -> None:
    with tag("div", "pager"):
        if first:
            tag("a", "button", word("first_page"), href=first)
        if following:
            tag("a", "button", word("next_page"), href=following)


def tabs(chosen: str, options: Mapping[str, tuple[str, str]]) -> None:
    """``options`` is name -> text, address."""
    with tag("nav", "tabs"):
        for name, (text, target) in options.items():
            tag("a", "tab", text, href=target, **({"aria-current": "page"} if name == chosen else {}))


def when(moment: datetime) -> str:
    """In China, to the minute."""
    return f"{local(moment):%m-%d %H:%M}"
