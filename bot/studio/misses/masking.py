"""A customer's words with placeholders for whatever names or reaches somebody; pure but for the lexicon it reads."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.desk.tools.free_text import secrets_in
from bot.desk.tools.kinds import Secret
from bot.dialogue.components.addresses import AddressGrammar
from bot.dialogue.components.lexicon import region_names
from bot.dialogue.components.names import NAMES_FILE, NameGrammar
from bot.dialogue.components.text import NormalText, normalize
from bot.settings import PROJECT
from bot.studio.misses.kinds import Personal
from bot.studio.misses.words import miss_words

LEXICON = PROJECT / "nlu_data" / "lexicon"
OPEN, CLOSE = "〔", "〕"
PLACEHOLDER = re.compile("〔([^〔〕]{1,8})〕")

_WAYBILL = re.compile(r"(?<![A-Za-z])[Yy][Dd][\s\-]?\d(?:[\s\-]?\d){7,16}")
_ORDER = re.compile(r"(?<![A-Za-z])[Dd][Dd][\s\-]?\d(?:[\s\-]?\d){7,15}")
_TICKET = re.compile(r"(?<![A-Za-z])[Gg][Dd][\s\-]?\d(?:[\s\-]?\d){6,13}")
_TAIL = re.compile(
    r"(?:尾号|尾数|[后末]四位)(?:[是为:：\s]{0,3})(?P<value>\d{4}|[零〇一二两三四五六七八九幺]{4})(?!\d)"
)
_DATE = re.compile(r"20\d\d\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}(?:\s+\d{1,2}[:：]\d{2})?")
_LONG = re.compile(r"[A-Za-z]{0,3}\d(?:[\s\-]?[\dA-Za-z]){5,}|[零〇一二两三四五六七八九幺]{7,}")
_DIGIT = re.compile(r"\d")
_CUES = "我叫|名字是|收件人|寄件人|联系人|姓名"
_ENDS = r"[，,。.！!；;、\s]|的|$"
_DIGITS_AT_LEAST = 6


@dataclass(frozen=True)
class Mark:
    """Characters ``start`` to ``end`` (not included) are a ``kind``: a `Personal` placeholder, or an entity."""

    start: int
    end: int
    kind: str

    def overlaps(self, other: "Mark") -> bool:
        return self.start < other.end and other.start < self.end

    def as_row(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "kind": self.kind}


@dataclass(frozen=True)
class Masked:
    """Nobody can be recognised in ``text``; ``marks`` are in their order and never overlap."""

    text: str
    marks: tuple[Mark, ...] = ()

    @property
    def bare(self) -> str:
        """Without the brackets: what is encoded, so that sentences are alike whatever their numbers are."""
        return self.text.replace(OPEN, "").replace(CLOSE, "")

    @property
    def words(self) -> str:
        """What is left without placeholders, signs and blanks."""
        return re.sub(r"[\W_]+", "", PLACEHOLDER.sub("", self.text))


class Masker:
    """Masks by form, by the grammars of the lexicon, and by what the pipeline recognised."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        self._addresses = AddressGrammar.load(lexicon, region_names(lexicon))
        self._names = NameGrammar.load(lexicon, {})
        self._called = _called(lexicon)

    def mask(self, text: str, entities: Sequence[Mapping[str, Any]] = ()) -> Masked:
        """``entities``: ``{entity, start, end}`` as understood at the time; empty where nobody parsed it."""
        known = [mark for mark in map(_entity, entities) if mark is not None and mark.end <= len(text)]
        found: list[Mark] = []
        for mark in self._personal(text, known):
            found += _rest(mark, found)
        for mark in known:
            if not _is_personal(mark) and not any(map(mark.overlaps, found)):
                found.append(mark)
        return _put_in(text, sorted(found, key=lambda mark: mark.start))

    def _personal(self, text: str, known: Iterable[Mark]) -> Iterator[Mark]:
        """The surer kinds first."""
        normal = normalize(text)
        yield from _back(normal, _by_form(normal.text))
        yield from (mark for mark in known if _is_personal(mark))
        yield from _back(normal, self._by_grammar(normal.text))
        yield from _back(normal, _details(normal.text))
        yield from _back(normal, _long_numbers(normal.text))
        yield from _long_numbers(text)

    def _by_grammar(self, text: str) -> Iterator[Mark]:
        for start, end in self._addresses.find(text):
            yield Mark(start, end, Personal.address)
        for match in self._called.finditer(text):
            yield Mark(*match.span("value"), Personal.person_name)
        for start, end in self._names.find(text):
            yield Mark(start, end, Personal.person_name)


@lru_cache(maxsize=1)
def default_masker() -> Masker:
    return Masker()


def _called(lexicon: Path) -> "re.Pattern[str]":
    """Names behind 我叫 and the like; where nothing shows the end of one, a sign too many is masked."""
    words = yaml.safe_load((lexicon / NAMES_FILE).read_text(encoding="utf-8"))
    surname = "|".join(sorted(words["common_surnames"].split(), key=len, reverse=True))
    given = f"[一-鿿]{{1,2}}(?=是|{_ENDS})|[一-鿿]{{1,2}}"
    return re.compile(f"(?:{_CUES})(?:叫|是|为)?[:：\\s]*(?P<value>(?:{surname})(?:{given}))")


def placeholder(kind: str) -> str:
    return f"{OPEN}{miss_words().personal[kind]}{CLOSE}"


def _by_form(text: str) -> Iterator[Mark]:
    for pattern, kind in ((_WAYBILL, Personal.waybill_no), (_ORDER, Personal.order_no), (_TICKET, Personal.ticket_no)):
        for match in pattern.finditer(text):
            yield Mark(*match.span(), kind)
    for found in secrets_in(text):
        if found.kind is not Secret.address:
            yield Mark(found.start, found.end, found.kind.value)
    for match in _TAIL.finditer(text):
        yield Mark(*match.span("value"), Personal.phone_tail)


def _details(text: str) -> Iterator[Mark]:
    """House numbers where the grammar found no address."""
    return (Mark(one.start, one.end, Personal.address) for one in secrets_in(text) if one.kind is Secret.address)


def _long_numbers(text: str) -> Iterator[Mark]:
    """Whatever else has many digits, except days."""
    days = [match.span() for match in _DATE.finditer(text)]
    for match in _LONG.finditer(text):
        is_day = any(start < match.end() and match.start() < end for start, end in days)
        digits = len(_DIGIT.findall(match.group()))
        if not is_day and (digits >= _DIGITS_AT_LEAST or digits == 0):
            yield Mark(*match.span(), Personal.number)


def _rest(mark: Mark, found: Sequence[Mark]) -> list[Mark]:
    """What is left of a mark beside those there are."""
    left, at = [], mark.start
    for other in sorted((one for one in found if one.overlaps(mark)), key=lambda one: one.start):
        left.append(Mark(at, other.start, mark.kind))
        at = other.end
    return [one for one in (*left, Mark(at, mark.end, mark.kind)) if one.start < one.end]


def _back(normal: NormalText, marks: Iterable[Mark]) -> Iterator[Mark]:
    """Places in the text as it was written."""
    for mark in marks:
        if mark.start < mark.end:
            yield Mark(*normal.original_span(mark.start, mark.end), mark.kind)


def _entity(row: Mapping[str, Any]) -> Mark | None:
    start, end, kind = row.get("start"), row.get("end"), row.get("entity")
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(kind, str)) or start >= end:
        return None
    return Mark(start, end, kind) if kind in miss_words().entities else None


def _is_personal(mark: Mark) -> bool:
    return mark.kind in set(Personal)


def _put_in(text: str, marks: Sequence[Mark]) -> Masked:
    done, placed, at = "", [], 0
    for mark in marks:
        done += text[at : mark.start]
        shown = placeholder(mark.kind) if _is_personal(mark) else text[mark.start : mark.end]
        placed.append(Mark(len(done), len(done) + len(shown), mark.kind))
        done += shown
        at = mark.end
    return Masked(done + text[at:], tuple(placed))
