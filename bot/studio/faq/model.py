"""What the knowledge base's pages speak of: entries with their topics, and what stands in the way of one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.dialogue.components.text import normalize
from knowledge_base.entries import FaqEntry

TOPIC = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
"""A group of topics and a name in it."""


@dataclass(frozen=True)
class Topic:
    """A line of the list of topics; without an entry it is a gap."""

    id: str
    covers: str
    entry: FaqEntry | None = None

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Snapshot:
    """All topics of one commit of the draft, in the order of their list.

    ``changed`` are those that differ from what is published; ``intents`` those that buttons may start.
    """

    commit: str
    topics: Mapping[str, Topic]
    changed: frozenset[str] = frozenset()
    intents: frozenset[str] = frozenset()

    @property
    def entries(self) -> list[FaqEntry]:
        return [topic.entry for topic in self.topics.values() if topic.entry is not None]

    def entry(self, topic: str) -> FaqEntry | None:
        found = self.topics.get(topic)
        return found.entry if found else None


@dataclass(frozen=True)
class Fault:
    """Something that keeps an entry from being saved: in which field, and a Chinese sentence."""

    field: str
    text: str


@dataclass(frozen=True)
class Difference:
    """One field before and after, as people read it; lists have a line for each element."""

    field: str
    before: str
    after: str


@lru_cache(maxsize=200_000)
def normal(text: str) -> str:
    """What two questions have in common when they are the same: letter case, width and spelling do not count."""
    return normalize(text).text.lower()


def texts_of(topic: Topic) -> dict[str, str]:
    """Everything about a topic as texts by field, as it stands in a spreadsheet."""
    entry = topic.entry
    if entry is None:
        return {"id": topic.id, "covers": topic.covers}
    answers = {f"answers.{channel}": text.strip() for channel, text in entry.answers.items()}
    return {
        "id": topic.id,
        "covers": topic.covers,
        "question": entry.question,
        "phrasings": "\n".join(entry.phrasings),
        "answer": entry.answer.strip(),
        **answers,
        "related": "\n".join(entry.related),
        "action.title": entry.action.title if entry.action else "",
        "action.intent": entry.action.intent if entry.action else "",
        "when.waybill": "\n".join(status.value for status in entry.when.waybill) if entry.when else "",
        "when.after": "\n".join(entry.when.after) if entry.when else "",
        "valid_from": entry.valid_from.isoformat() if entry.valid_from else "",
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else "",
    }


def raw_of(texts: Mapping[str, str]) -> dict[str, Any]:
    """The same as `FaqEntry` reads it; the opposite of `texts_of`."""
    raw: dict[str, Any] = {"id": texts["id"], "question": texts.get("question", ""), "answer": texts.get("answer", "")}
    for name in ("phrasings", "related"):
        raw[name] = tuple(lines_of(texts.get(name, "")))
    raw["answers"] = {name.partition(".")[2]: text for name, text in texts.items() if _is_answer(name) and text}
    if texts.get("action.title") or texts.get("action.intent"):
        raw["action"] = {"title": texts.get("action.title", ""), "intent": texts.get("action.intent", "")}
    when = {name: tuple(lines_of(texts.get(f"when.{name}", ""))) for name in ("waybill", "after")}
    if any(when.values()):
        raw["when"] = when
    for name in ("valid_from", "valid_until"):
        if texts.get(name):
            raw[name] = texts[name]
    return raw


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What changed, in the order of the fields; what ``after`` does not speak of is as it was."""
    names = dict.fromkeys([*before, *after])
    return [
        Difference(name, before.get(name, ""), after[name])
        for name in names
        if name in after and after[name] != before.get(name, "")
    ]


def lines_of(text: str) -> Iterator[str]:
    """The lines of a field that holds several, without blanks around them, each once."""
    seen: set[str] = set()
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and stripped not in seen:
            seen.add(stripped)
            yield stripped


def _is_answer(name: str) -> bool:
    return name.startswith("answers.")


def by_question(entries: Sequence[FaqEntry]) -> dict[str, str]:
    """The topic of every question and phrasing, in its normal spelling."""
    return {normal(text): entry.id for entry in entries for text in entry.questions}
