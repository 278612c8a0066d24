"""What the bot may learn of a miss: the sentence with made-up names and numbers in the place of real ones; pure."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bot.desk.tools.free_text import secrets_in
from bot.desk.tools.kinds import Secret
from bot.dialogue.components.text import normalize
from bot.studio.misses.kinds import Personal
from bot.studio.misses.masking import PLACEHOLDER, Mark, Masked
from bot.studio.misses.words import miss_words, refused

NO_OPERATOR = ("154", "163", "164", "168", "169")
"""Beginnings of numbers that no operator has been given: a number made up here rings nobody."""
LONG_AGO = "2000"
"""Numbers of ours begin with the year; nothing was sent in this one."""

_NUMBER = re.compile(r"[A-Za-z]{0,3}\d(?:[\s\-]?\d){6,}")
_SHAPES = {
    Personal.waybill_no: ("YD", 9),
    Personal.order_no: ("DD", 8),
    Personal.ticket_no: ("GD", 6),
    Personal.number: ("", 8),
}
_MADE_UP = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    + "|".join(rf"{letters}{LONG_AGO}\d{{{length}}}" for letters, length in _SHAPES.values())
    + rf"|(?:{'|'.join(NO_OPERATOR)})\d{{8}})(?!\d)",
    re.IGNORECASE,
)
_APART = "，"


@dataclass(frozen=True)
class Worded:
    """A sentence to be learnt, with its entities."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Trace:
    """Something of a real person in a text that was to be learnt, and what could stand there instead."""

    what: str
    kind: Personal
    instead: str
    is_placeholder: bool


def worded(masked: Masked) -> Worded:
    """The same sentence with something made up for every placeholder; always the same for the same sentence."""
    made_up = _random(masked.text)
    done, placed, at = "", [], 0
    for mark in masked.marks:
        done += masked.text[at : mark.start]
        shown = masked.text[mark.start : mark.end]
        if mark.kind in set(Personal):
            shown = invented(Personal(mark.kind), made_up)
            done += _between(done[-1:], shown)
        if mark.kind not in set(Personal) or mark.kind in miss_words().entities:
            placed.append(Mark(len(done), len(done) + len(shown), mark.kind))
        done += shown
        at = mark.end
        if mark.kind in set(Personal):
            done += _between(shown[-1:], masked.text[at:])
    return Worded(done + masked.text[at:], tuple(placed))


def invented(kind: Personal, made_up: Random) -> str:
    """Something of this kind that is nobody's; cards are named rather than made up."""
    words = miss_words()
    if kind in _SHAPES:
        letters, length = _SHAPES[kind]
        return f"{letters}{LONG_AGO}{_digits(made_up, length)}"
    match kind:
        case Personal.phone:
            return made_up.choice(NO_OPERATOR) + _digits(made_up, 8)
        case Personal.phone_tail:
            return _digits(made_up, 4)
        case Personal.person_name:
            return made_up.choice(words.made_up.names)
        case Personal.address:
            return made_up.choice(words.made_up.addresses)
    return words.personal[kind]


def traces(text: str) -> list[Trace]:
    """Numbers that may be somebody's, and placeholders nobody replaced."""
    made_up = _random(text)
    by_name = {name: Personal(kind) for kind, name in miss_words().personal.items()}
    found = [
        Trace(match.group(), kind, invented(kind, made_up), is_placeholder=True)
        for match in PLACEHOLDER.finditer(text)
        if (kind := by_name.get(match.group(1))) is not None
    ]
    spelled = normalize(text).text
    for what, kind in _real_numbers(spelled):
        found.append(Trace(what, kind, invented(kind, made_up), is_placeholder=False))
    return found


def refuse_traces(texts: Sequence[str]) -> None:
    """Raises `RefusedError` for the first text that tells of a real person."""
    for text in texts:
        for trace in traces(text):
            name = "placeholder" if trace.is_placeholder else "personal"
            kind = miss_words().personal[trace.kind]
            raise refused(name, what=trace.what, kind=kind, instead=trace.instead)


def refuse_bad_marks(worded: Worded) -> None:
    """Raises `RefusedError` for marks that are not in the text, or overlap."""
    at = 0
    for mark in sorted(worded.marks, key=lambda one: one.start):
        if not at <= mark.start < mark.end <= len(worded.text):
            raise refused("bad_place")
        at = mark.end


def _between(before: str, after: str) -> str:
    """A number that was made up is kept apart from letters and digits beside it."""
    return _APART if before.isascii() and before.isalnum() and after[:1].isascii() and after[:1].isalnum() else ""


def _real_numbers(text: str) -> Iterator[tuple[str, Personal]]:
    text = _MADE_UP.sub(_APART, text)
    taken: list[tuple[int, int]] = []
    for found in secrets_in(text):
        what = text[found.start : found.end]
        taken.append((found.start, found.end))
        if found.kind is not Secret.address:
            yield what, Personal(found.kind.value)
    for match in _NUMBER.finditer(text):
        if all(match.end() <= start or end <= match.start() for start, end in taken):
            yield match.group(), _kind_of(match.group())


def _kind_of(number: str) -> Personal:
    letters = number[:2].upper()
    return next((kind for kind, (begins, _) in _SHAPES.items() if begins and begins == letters), Personal.waybill_no)


def _digits(made_up: Random, length: int) -> str:
    return "".join(made_up.choice("0123456789") for _ in range(length))


def _random(text: str) -> Random:
    return Random(hashlib.sha256(text.encode()).digest())
