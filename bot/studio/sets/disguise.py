"""Sentences of customers as they may be kept: nobody can be recognised, and what was a number still looks like one.

A phone, a waybill number, a house number becomes another of the same shape, always the same for the same sentence, so
that entities can still be marked and measured; names that were recognised, cards and identity numbers go as well.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from bot.desk.tools.free_text import secrets_in
from bot.desk.tools.kinds import Secret
from bot.dialogue.components.text import normalize

_LONG = re.compile(r"\d(?:[\s\-]?\d){6,}")
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"\d{4,}")
_NO_WORD = re.compile(r"[\W_]+")
# Prefixes that no operator has been given: no number made up here rings anybody.
_PREFIXES = ("154", "163", "164", "168", "169")
_NAMES = "赵钱孙李周吴郑王冯陈"
_GIVEN = "晓明丽华建国芳伟静强"
_NAME = "person_name"


def disguise(text: str, entities: Sequence[Mapping[str, Any]] = ()) -> str:
    """The sentence with everything replaced that names or reaches somebody.

    Parameters
    ----------
    entities: what was recognised, ``{entity, start, end}``; names of people are taken from it.
    """
    made_up = Random(hashlib.sha256(text.encode()).digest())
    done, at = [], 0
    for start, end, kind in sorted(_spans(text, entities)):
        if start < at:
            continue
        done += [text[at:start], _other(text[start:end], kind, made_up)]
        at = end
    return "".join([*done, text[at:]])


def text_key(text: str) -> str:
    """What two sentences have in common that say the same, whatever numbers are in them."""
    plain = _RUN.sub("#", _NO_WORD.sub("", normalize(text).text.lower()))
    return hashlib.sha256(plain.encode()).hexdigest()[:32]


def _spans(text: str, entities: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, int, str]]:
    taken: list[tuple[int, int]] = []
    for one in entities:
        if one.get("entity") == _NAME and isinstance(one.get("start"), int) and isinstance(one.get("end"), int):
            taken.append((one["start"], one["end"]))
            yield one["start"], one["end"], _NAME
    for found in secrets_in(text):
        taken.append((found.start, found.end))
        yield found.start, found.end, found.kind.value
    for match in _LONG.finditer(text):
        if all(match.end() <= start or end <= match.start() for start, end in taken):
            yield match.start(), match.end(), "number"


def _other(said: str, kind: str, made_up: Random) -> str:
    """Something of the same shape."""
    if kind == _NAME:
        given = "".join(made_up.choice(_GIVEN) for _ in said[1:])
        return made_up.choice(_NAMES) + given
    digits = iter(made_up.choice(_PREFIXES) if kind == Secret.phone and _is_mobile(said) else "")
    shown = 0

    def other(_: "re.Match[str]") -> str:
        nonlocal shown
        shown += 1
        first = "123456789" if shown == 1 else "0123456789"
        return next(digits, None) or made_up.choice(first)

    return _DIGIT.sub(other, said)


def _is_mobile(said: str) -> bool:
    digits = re.sub(r"\D", "", said)
    return len(digits) == 11 and digits.startswith("1")
