"""What happened to a ticket, in words: who, when, why, by which rule, and what it changed."""

from datetime import datetime
from typing import Any

from bot.clock import local
from bot.desk.ticket_file import TicketFile
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import tag
from bot.desk.ui.tickets.wording import moment
from bot.desk.words import desk_words
from bot.tickets.kinds import RulingEffect
from bot.tickets.model import TicketEvent
from bot.tickets.words import ticket_words

_TOLD = ("text", "done", "reason", "answer", "words")


def draw_story(file: TicketFile) -> None:
    """Newest first."""
    with tag("ol", "story", **{"data-testid": "timeline"}):
        for event in reversed(file.events):
            _draw_event(event, file)


def who_did(event: TicketEvent, file: TicketFile) -> str:
    """A name with its unit and role, or that the system did it."""
    words = page_words().ui
    if event.role is None:
        return words["bot"] if event.by == "bot" else words["rule"] if event.because else words["system"]
    unit = file.names.unit(event.unit)
    role = desk_words().roles.get(event.role, event.role)
    return " · ".join(part for part in (file.names.person(event.by), unit, role) if part)


def _draw_event(event: TicketEvent, file: TicketFile) -> None:
    with tag("li", f"event what-{event.what}"):
        with tag("div", "event-head"):
            tag("b", "", ticket_words().moves.get(event.what, event.what))
            tag("span", "muted", who_did(event, file))
            tag("time", "muted mono", moment(event.at), title=f"{local(event.at):%Y-%m-%d %H:%M:%S}")
        told = [str(event.details.get(name) or "") for name in _TOLD]
        for text in dict.fromkeys(filter(None, [event.why, *told])):
            tag("p", "said-text", text)
        changes = [_effect(event), *(_change(name, values, file) for name, values in event.changed.items())]
        if any(changes):
            tag("p", "muted changes", "；".join(filter(None, changes)))
        if event.details.get("evidence"):
            tag("p", "muted", page_words().ui["files"].format(n=len(event.details["evidence"])))
        for rule in event.because:
            tag("p", "muted rule", f"{page_words().ui['because']}：{_said(rule, file)}", title=rule)


def _said(rule: str, file: TicketFile) -> str:
    """What a rule says; of the catalogue only that it was the catalogue, whose rows say everything at once."""
    said = file.rules.get(rule, rule)
    return said.partition("：")[0] if rule.startswith("category.") else said


def _effect(event: TicketEvent) -> str:
    """What a ruling on an appeal did to the one before."""
    words, effect = page_words(), str(event.details.get("effect") or "")
    return words.effects[effect] if effect in words.effects and effect != RulingEffect.first else ""


def _change(name: str, values: list[Any], file: TicketFile) -> str:
    """``处理单位：甲 → 乙``; "" for what nobody needs to read."""
    words = page_words()
    if name not in words.changed or len(values) != 2:
        return ""
    before, after = (_value(name, value, file) for value in values)
    shown = f"{before} → {after}" if before else after
    return f"{words.changed[name]}：{shown}" if after else ""


def _value(name: str, value: Any, file: TicketFile) -> str:
    if value in (None, ""):
        return ""
    if name in ("owner_unit", "liable_unit"):
        return file.names.unit(str(value))
    if name == "assignee":
        return file.names.person(str(value))
    if name == "priority":
        return page_words().priorities.get(str(value), str(value))
    if name == "finding":
        return page_words().findings.get(str(value), str(value))
    if name in ("due_at", "paused_until"):
        return moment(datetime.fromisoformat(str(value)))
    return str(value)
