"""How well entities are found: those of a file of JSON lines, compared with what a finder finds in the same sentences.

A line is ``{"text": ..., "entities": [{"type", "text", "value"?}]}``.  An entity counts as found when its kind and its
words are the same; what a longer find contains is part of that and not counted.  ``value`` is what the words mean:
kilograms ("3.5"), yuan ("1200"), centimetres ("40x30x20"), the first day ("2026-11-21") or first and last
("2026-11-21/2026-11-22"), hours ("9-11", "15-"), the digits of a number, a region's code or name.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bot.json_lines import read_json_lines

TODAY_VARIABLE = "BOT_TODAY"
"""Environment variable that tells the entity extractor what day it is (ISO); only for measuring."""
WORST_SHOWN = 20


class FoundEntity(BaseModel):
    """``start`` and ``end`` are places in the sentence as written; ``normalized`` is absent when nothing is certain."""

    model_config = ConfigDict(extra="ignore")

    entity: str
    value: str
    start: int
    end: int
    normalized: JsonValue = None


class LabelledEntity(BaseModel):
    """What should be found; ``value`` is judged only where it is given."""

    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = Field(min_length=1)
    value: str | None = None


class LabelledSentence(BaseModel):
    """One line of an evaluation file."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1)
    entities: list[LabelledEntity]


class KindScore(BaseModel):
    """``n`` entities should have been found, ``found`` were, ``right`` of those."""

    n: int
    found: int
    right: int
    precision: float
    recall: float
    f1: float


class ValueScore(BaseModel):
    """Of ``n`` entities labelled with a value, ``right`` were found and read rightly."""

    n: int
    right: int
    accuracy: float


class Miss(BaseModel):
    """A sentence with what was missed, found wrongly, and read wrongly, each as ``kind:words``."""

    text: str
    missed: list[str]
    wrong: list[str]
    misread: list[str]

    @property
    def weight(self) -> int:
        return len(self.missed) + len(self.wrong) + len(self.misread)


class EntityReport(BaseModel):
    """``micro`` is over all entities, ``macro_f1`` the mean over the kinds that should have been found."""

    n: int
    micro: KindScore
    macro_f1: float
    per_kind: dict[str, KindScore]
    values: dict[str, ValueScore]
    value_accuracy: float
    worst: list[Miss]


Finder: TypeAlias = Callable[[Sequence[str]], Sequence[Sequence[FoundEntity]]]
"""Finds the entities of many sentences at once; an answer a sentence, in order."""


def evaluate_entities(file: Path, find: Finder, kinds: set[str]) -> EntityReport:
    """Measure a finder on a file; DataFileError names the lines that are wrong.

    Parameters
    ----------
    kinds: the entities this bot knows; a label outside them is an error of the file.
    """
    sentences = read_labelled_entities(file, kinds)
    return score_entities(sentences, find([sentence.text for sentence in sentences]))


def read_labelled_entities(file: Path, kinds: set[str]) -> list[LabelledSentence]:
    """All lines, or DataFileError with every line that is not JSON, lacks a field or labels what is not there."""
    return read_json_lines(file, lambda line: _labelled(line, kinds), if_empty="the file has no sentences")


def score_entities(sentences: Sequence[LabelledSentence], found: Sequence[Sequence[FoundEntity]]) -> EntityReport:
    """Compare what was found with what should have been."""
    judged = [_Judged.of(sentence, finds) for sentence, finds in zip(sentences, found, strict=True)]
    wanted = Counter(label.type for sentence in sentences for label in sentence.entities)
    got = Counter(kind for one in judged for kind, _ in one.got.elements())
    right = Counter(kind for one in judged for kind, _ in one.right.elements())
    per_kind = {kind: _kind_score(wanted[kind], got[kind], right[kind]) for kind in sorted({*wanted, *got})}
    values = _value_scores(judged)
    return EntityReport(
        n=len(sentences),
        micro=_kind_score(wanted.total(), got.total(), right.total()),
        macro_f1=_share(sum(per_kind[kind].f1 for kind in wanted), len(wanted)),
        per_kind=per_kind,
        values=values,
        value_accuracy=_share(sum(s.right for s in values.values()), sum(s.n for s in values.values())),
        worst=sorted((one.miss for one in judged if one.miss.weight), key=lambda m: -m.weight)[:WORST_SHOWN],
    )


class _Judged:
    """One sentence: what was wanted, got and right, and how each value was read."""

    def __init__(self, sentence: LabelledSentence, finds: Sequence[FoundEntity]) -> None:
        self.wanted = Counter((label.type, label.text) for label in sentence.entities)
        by_words = {(f.entity, sentence.text[f.start : f.end]): f for f in finds}
        self.got = Counter((f.entity, sentence.text[f.start : f.end]) for f in finds)
        self.right = self.wanted & self.got
        self.values = [
            (label, found is not None and is_value(label, found))
            for label in sentence.entities
            if label.value is not None
            for found in [by_words.get((label.type, label.text))]
        ]
        misread = [f"{label.type}:{label.text}" for label, right in self.values if not right]
        missed, wrong = _shown(self.wanted - self.got), _shown(self.got - self.wanted)
        self.miss = Miss(
            text=sentence.text, missed=missed, wrong=wrong, misread=[m for m in misread if m not in missed]
        )

    @classmethod
    def of(cls, sentence: LabelledSentence, finds: Sequence[FoundEntity]) -> "_Judged":
        return cls(sentence, _outermost(finds))


def _outermost(finds: Sequence[FoundEntity]) -> list[FoundEntity]:
    """Without finds that lie inside a longer one, as the city does in an address."""
    return [
        one
        for one in finds
        if not any(
            other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start
            for other in finds
        )
    ]


def _shown(entities: "Counter[tuple[str, str]]") -> list[str]:
    return [f"{kind}:{words}" for kind, words in entities.elements()]


def is_value(label: LabelledEntity, found: FoundEntity) -> bool:
    """Whether what was read equals the labelled value, in whatever way it is written."""
    wanted, read = str(label.value), found.normalized
    match read:
        case float() | int():
            return _near([wanted], [read])
        case [*sides] if label.type == "dimensions":
            return _near(wanted.lower().replace("*", "x").replace("×", "x").split("x"), sides)
        case {"first": first, "last": last}:
            return _is_day(wanted, first, last)
        case {"from": start, "to": end}:
            return _are_hours(wanted, start, end)
        case {"code": code, "name": name}:
            return wanted in (code, name)
    return wanted in (read, found.value)


def _is_day(wanted: str, first: JsonValue, last: JsonValue) -> bool:
    """A single day may stand for a stretch that begins with it, or for an open one that ends with it."""
    start, both, end = wanted.partition("/")
    return (start or None, end or None) == (first, last) if both else start == (first or last)


def _are_hours(wanted: str, start: JsonValue, end: JsonValue) -> bool:
    """``15-`` asks for the beginning only, ``-8`` for the end only, ``9`` for a moment."""
    begin, both, until = wanted.partition("-")
    if not both:
        until = begin
    return all(not said or _near([said], [read]) for said, read in ((begin, start), (until, end)))


def _near(wanted: Iterable[str], read: Sequence[JsonValue]) -> bool:
    try:
        numbers = [float(text.strip()) for text in wanted]
    except ValueError:
        return False
    return len(numbers) == len(read) and all(
        isinstance(value, int | float) and abs(value - number) < 1e-6
        for value, number in zip(read, numbers, strict=True)
    )


def _value_scores(judged: Sequence[_Judged]) -> dict[str, ValueScore]:
    kinds = sorted({label.type for one in judged for label, _ in one.values})
    scores = {}
    for kind in kinds:
        outcomes = [right for one in judged for label, right in one.values if label.type == kind]
        scores[kind] = ValueScore(n=len(outcomes), right=sum(outcomes), accuracy=_share(sum(outcomes), len(outcomes)))
    return scores


def _labelled(line: str, kinds: set[str]) -> LabelledSentence:
    try:
        sentence = LabelledSentence.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise ValueError(f"{place}: {first['msg']}") from error
    for label in sentence.entities:
        if label.type not in kinds:
            raise ValueError(f"type: {label.type!r} is not an entity of this bot")
        if label.text not in sentence.text:
            raise ValueError(f"text: {label.text!r} is not in the sentence")
        if label.type == "date" and label.value:
            _check_days(label.value)
    return sentence


def _check_days(value: str) -> None:
    for day in filter(None, value.split("/")):
        date.fromisoformat(day)


def _kind_score(n: int, found: int, right: int) -> KindScore:
    precision, recall = _share(right, found), _share(right, n)
    f1 = _share(2 * precision * recall, precision + recall)
    return KindScore(n=n, found=found, right=right, precision=precision, recall=recall, f1=f1)


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
