"""A set as files of the evaluation, one JSON object a line; docs/evaluation.md describes them.  Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.evaluation.everything import Part
from bot.studio.sets.model import NO_TOPIC, Labels

PARTS: tuple[Part, ...] = ("nlu", "faq", "entities", "two")
"""Keys of `bot.evaluation.everything.FILES`, which names the file of each."""


@dataclass(frozen=True)
class Labelled:
    """A sentence whose label is certain."""

    text: str
    label: Labels
    weight: float


def rows_of(part: Part, sentences: Iterable[Labelled]) -> list[dict[str, Any]]:
    """The rows of one part, as the readers of `bot.evaluation` and `knowledge_base.evaluation` want them.

    ``weight`` is ours; they pass over it.  Whether a question is one for the knowledge base shows in two parts: its
    topic in ``faq``, its intent in ``nlu``.
    """
    rows = {"nlu": _nlu, "faq": _faq, "entities": _entities, "two": _wishes}[part]
    return [row | {"weight": round(one.weight, 4)} for one in sentences for row in rows(one)]


def json_lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _nlu(one: Labelled) -> list[dict[str, Any]]:
    first, *others = one.label.intents
    return [{"text": one.text, "intent": first, "alt": others}]


def _faq(one: Labelled) -> list[dict[str, Any]]:
    return [] if one.label.topic is None else [{"text": one.text, "topic": one.label.topic or NO_TOPIC, "alt": []}]


def _entities(one: Labelled) -> list[dict[str, Any]]:
    marks = [{"type": mark.kind, "text": one.text[mark.start : mark.end]} for mark in one.label.entities]
    return [{"text": one.text, "entities": marks}]


def _wishes(one: Labelled) -> list[dict[str, Any]]:
    return [{"text": one.text, "intents": list(one.label.intents)}]
