"""What a contender is taught: intents with examples, and FAQ entries with phrasings."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import yaml

from bot.training import FAQ, FAQ_INTENT, FAQ_PER_TOPIC, NLU_DATA
from knowledge_base.building.sentences import Sentence, intent_sentences
from knowledge_base.encoder_build import TrainingFolders, content_hash
from knowledge_base.entries import FaqEntry, load_entries

PHRASINGS_PER_EXAMPLE = 4
"""A limit of 60 examples an intent comes with 15 phrasings a topic."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Lessons:
    """``limit`` is the number of examples an intent that were kept, None for all."""

    intents: tuple[Sentence, ...]
    entries: tuple[FaqEntry, ...] = ()
    limit: int | None = None

    @classmethod
    def ours(cls) -> "Lessons":
        """All that trainers wrote."""
        return cls(tuple(intent_sentences(NLU_DATA / "intents")), tuple(load_entries(FAQ)))

    def limited(self, per_intent: int) -> "Lessons":
        """The same few of each every time: spread evenly over its list."""
        intents = tuple(s for same in _grouped(self.intents, _label).values() for s in spread(same, per_intent))
        phrasings = max(1, per_intent // PHRASINGS_PER_EXAMPLE)
        entries = tuple(
            entry.model_copy(update={"phrasings": tuple(spread(entry.phrasings, phrasings))}) for entry in self.entries
        )
        return replace(self, intents=intents, entries=entries, limit=per_intent)

    @property
    def topics(self) -> tuple[Sentence, ...]:
        return tuple(Sentence(text, entry.id) for entry in self.entries for text in entry.questions)

    @property
    def borrowed(self) -> tuple[Sentence, ...]:
        """The questions that the intent ``faq`` has from the knowledge base, as in `bot.training`."""
        known = {s.text for s in self.intents}
        texts = [text for entry in self.entries for text in spread(entry.questions, FAQ_PER_TOPIC)]
        return tuple(Sentence(text, FAQ_INTENT) for text in texts if text not in known)

    @property
    def intents_with_borrowed(self) -> tuple[Sentence, ...]:
        return (*self.intents, *self.borrowed)

    @property
    def name(self) -> str:
        return f"{self.limit} an intent" if self.limit else "all"

    @cached_property
    def key(self) -> str:
        """Two lessons with the same key teach the same."""
        said = [f"{s.label}\t{s.text}" for s in (*self.intents, *self.topics)]
        return content_hash([], *said, *(entry.answer for entry in self.entries))

    def write(self, folder: Path) -> TrainingFolders:
        """As the files that trainers edit."""
        folders = TrainingFolders(intents=folder / "intents", faq=folder / "faq")
        dump_yaml(folders.intents / "all.yml", nlu_content(self.intents))
        kept = {"id", "question", "phrasings", "answer"}
        dump_yaml(folders.faq / "all.yml", [entry.model_dump(mode="json", include=kept) for entry in self.entries])
        return folders


def nlu_content(sentences: Sequence[Sentence]) -> dict[str, object]:
    """Rasa's training format, one block for each label."""
    blocks = [
        {"intent": label, "examples": "".join(f"- {one_line(s.text)}\n" for s in same)}
        for label, same in _grouped(sentences, _label).items()
    ]
    return {"version": "3.1", "nlu": blocks}


def one_line(text: str) -> str:
    """Without what Rasa would take for the markup of an entity."""
    return " ".join(text.replace("[", "(").replace("]", ")").split())


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """At most ``count``, evenly over the whole list.

    >>> spread("abcdefg", 3)
    ['a', 'c', 'e']
    """
    if len(items) <= count:
        return list(items)
    return [items[number * len(items) // count] for number in range(count)]


def _label(sentence: Sentence) -> str:
    return sentence.label


def _grouped(items: Sequence[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups


def dump_yaml(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")
