"""The draft of a service summary, from what was said and done in a conversation; by rules, pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.conversations.schemas import MessageView
from bot.desk.tools.free_text import mask_text
from bot.desk.tools.ports import Calendar
from bot.desk.tools.promising import promises_in
from bot.desk.tools.words import tool_words
from bot.desk.words import desk_words
from bot.waybills.numbers import find_waybill_numbers

_TALK = frozenset(
    {"greet", "goodbye", "thank", "affirm", "deny", "cancel_flow", "inform", "dissatisfied", "bot_challenge"}
    | {"chitchat", "out_of_scope", "request_human"}
)
"""Intents that say nothing about the matter."""
_LONGEST = 60
OTHER = "other"


@dataclass(frozen=True)
class Drafted:
    """A promise in the draft: ``words`` without phones and addresses, ``made_at`` when it was said."""

    kind: str
    words: str
    made_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Done:
    """What was done meanwhile: a ticket (with its category) or a change to the waybill (its intent)."""

    ticket_no: str | None
    what: str


@dataclass(frozen=True)
class Material:
    """What a draft is made from.

    Parameters
    ----------
    waybill_no: the one under discussion.
    intents: of the customer's messages with their seq, as far as they were understood, oldest first.
    since: from when on what agents said counts: when the conversation was accepted.
    """

    messages: Sequence[MessageView]
    intents: Sequence[tuple[int, str]]
    hand_off_intent: str | None
    waybill_no: str | None
    done: Sequence[Done]
    since: datetime


@dataclass(frozen=True)
class Draft:
    """What the agent confirms or edits."""

    wrap_up_code: str
    waybill_nos: tuple[str, ...]
    wanted: str
    done: str
    promises: tuple[Drafted, ...]
    text: str


def draft_of(material: Material, *, calendar: Calendar) -> Draft:
    """The same conversation gives the same draft."""
    code = wrap_up_code(material)
    wanted = _wanted(material, code)
    done = "；".join(dict.fromkeys(_said(one) for one in material.done)) or tool_words().summary["answered"]
    promises = _promises(material, calendar)
    return Draft(code, _waybills(material), wanted, done, promises, text_of(wanted, done, promises))


def text_of(wanted: str, done: str, promises: Sequence[Drafted]) -> str:
    """The summary in three short lines."""
    words = tool_words().summary
    promised = "；".join(one.words for one in promises)
    lines = [words["wanted"].format(wanted=wanted), words["done"].format(done=done)]
    return "\n".join([*lines, words["promised"].format(promised=promised)] if promised else lines)


def wrap_up_code(material: Material) -> str:
    """Of a ticket that was opened, else what was said last about the matter, else why a person was asked."""
    allowed = desk_words().wrap_up_codes
    of_tickets = [one.what for one in reversed(material.done)]
    said = [intent for _, intent in reversed(material.intents) if intent not in _TALK]
    handed = [material.hand_off_intent] if material.hand_off_intent not in _TALK else []
    return next((code for code in (*of_tickets, *said, *handed) if code in allowed), OTHER)


def _wanted(material: Material, code: str) -> str:
    """The name of the matter and the customer's own words for it."""
    by_seq = {message.seq: message for message in material.messages if message.author == "customer"}
    about = [seq for seq, intent in material.intents if intent == code and seq in by_seq]
    telling = [seq for seq, intent in material.intents if intent not in _TALK and seq in by_seq]
    chosen = about or telling or [seq for seq, message in by_seq.items() if len(message.text) > 4] or list(by_seq)
    words = " ".join(mask_text(by_seq[chosen[-1]].text).split()) if chosen else ""
    name = desk_words().intent(code)
    short = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    return f"{name}（{short}）" if short else name


def _promises(material: Material, calendar: Calendar) -> tuple[Drafted, ...]:
    """The last word on each kind counts: what was promised later replaces what was promised before."""
    found: dict[str, Drafted] = {}
    for message in material.messages:
        if message.author == "agent" and message.created_at >= material.since:
            for one in promises_in(message.text, said_at=message.created_at, calendar=calendar):
                found[one.kind.value] = Drafted(one.kind.value, mask_text(one.words), message.created_at, one.due_at)
    return tuple(sorted(found.values(), key=lambda one: one.due_at))


def _waybills(material: Material) -> tuple[str, ...]:
    """The one under discussion first, then every other number that customer or agent named."""
    named = [
        number
        for message in material.messages
        if message.author in ("customer", "agent")
        for number in find_waybill_numbers(message.text)
    ]
    first = [material.waybill_no] if material.waybill_no else []
    return tuple(dict.fromkeys([*first, *named]))


def _said(done: Done) -> str:
    words = tool_words().summary
    name = desk_words().intent(done.what)
    if done.ticket_no is None:
        return words["change"].format(change=name)
    return words["ticket"].format(ticket_no=done.ticket_no, category=name)
