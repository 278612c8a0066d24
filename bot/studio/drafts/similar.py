"""Texts that say the same, or nearly, found at once among all examples and phrasings."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.checking.examples import Example as Sentence
from bot.checking.likeness import NEAR, SHORTEST
from bot.studio.drafts.formats.document import Document
from bot.studio.drafts.formats.examples import bare_text
from bot.studio.drafts.model import ExampleValue, FaqFields
from bot.studio.drafts.snapshot import Snapshot

_MOST_CANDIDATES = 600


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """A text with where it stands: under an intent, or as a question of a topic.  There is one of each."""

    text: str
    bare: str
    intent: str | None = None
    topic: str | None = None

    @property
    def shown(self) -> str:
        return f"{self.intent or self.topic}: {self.text}"


def bare_of(text: str) -> str:
    """The normal spelling without signs, spaces and case, as `bot.checking` compares."""
    return Sentence(text, "", "").bare


class SimilarTexts:
    """An index of everything said in a draft, which follows it from snapshot to snapshot.

    Near ones are found by prefix filtering as in `bot.checking.likeness`: by the rarest pairs of characters.  How rare
    a pair is was counted once and then stays: any order that does not change will do.
    """

    def __init__(self) -> None:
        self._by_document: dict[int, tuple[Document, list[Said]]] = {}
        self._by_bare: dict[str, list[Said]] = {}
        self._having: dict[str, dict[Said, None]] = {}
        self._counts: Counter[str] = Counter()
        self._known: dict[tuple[str, str | None, str | None], Said] = {}

    def follow(self, snapshot: Snapshot) -> None:
        """Take in what changed since the last snapshot; only one at a time may call."""
        documents = {id(document): document for document in snapshot.documents.values()}
        gone = [key for key in self._by_document if key not in documents]
        came = [document for key, document in documents.items() if key not in self._by_document]
        removed = {said: None for key in gone for said in self._by_document.pop(key)[1]}
        added: dict[Said, None] = {}
        for document in came:
            texts = [self._said(*each) for each in _texts(document)]
            self._by_document[id(document)] = (document, texts)
            added |= dict.fromkeys(texts)
        if not self._counts:
            self._counts.update(pair for said in added for pair in set(_pairs(said.bare)))
        for said in removed.keys() - added.keys():
            self._forget(said)
        for said in added.keys() - removed.keys():
            self._add(said)

    def same(self, text: str) -> list[Said]:
        """Texts that say exactly this, in whatever spelling."""
        return list(self._by_bare.get(bare_of(text), ()))

    def other_topics(self, text: str, topic: str) -> set[str]:
        """Topics besides this one that are asked in just these words, in whatever spelling."""
        said = self._known.get((text, None, topic))
        alike = self._by_bare.get(said.bare if said else bare_of(text), ())
        return {each.topic for each in alike if each.topic is not None and each.topic != topic}

    def near(self, text: str, threshold: float = NEAR) -> list[tuple[Said, float]]:
        """Texts that share so many pairs of characters (Jaccard), the most alike first; the same ones included."""
        bare = bare_of(text)
        if len(bare) < SHORTEST:
            return [(said, 1.0) for said in self._by_bare.get(bare, ())]
        pairs = frozenset(_pairs(bare))
        candidates = _without_strangers(bare, pairs, threshold, self._candidates(pairs, threshold))
        found = [(said, _jaccard(pairs, frozenset(_pairs(said.bare)))) for said in candidates]
        return sorted((each for each in found if each[1] >= threshold), key=lambda each: -each[1])

    def _candidates(self, pairs: frozenset[str], threshold: float) -> dict[Said, None]:
        found: dict[Said, None] = {}
        for pair in self._rarest(pairs, threshold):
            found |= self._having.get(pair, {})
            if len(found) > _MOST_CANDIDATES:
                break
        return found

    def _rarest(self, pairs: Iterable[str], threshold: float = NEAR) -> list[str]:
        ordered = sorted(set(pairs), key=lambda pair: (self._counts[pair], pair))
        return ordered[: len(ordered) - math.ceil(threshold * len(ordered)) + 1]

    def _said(self, text: str, intent: str | None, topic: str | None) -> Said:
        """Normal spellings cost the most, so each text is spelt once."""
        key = (text, intent, topic)
        if key not in self._known:
            self._known[key] = Said(text, bare_of(text), intent, topic)
        return self._known[key]

    def _add(self, said: Said) -> None:
        self._by_bare.setdefault(said.bare, []).append(said)
        if len(said.bare) >= SHORTEST:
            for pair in self._rarest(_pairs(said.bare)):
                self._having.setdefault(pair, {})[said] = None

    def _forget(self, said: Said) -> None:
        self._known.pop((said.text, said.intent, said.topic), None)
        self._by_bare[said.bare].remove(said)
        if len(said.bare) >= SHORTEST:
            for pair in self._rarest(_pairs(said.bare)):
                self._having[pair].pop(said, None)


def _texts(document: Document) -> Iterator[tuple[str, str | None, str | None]]:
    for entry in document.entries.values():
        if isinstance(entry.value, ExampleValue):
            yield bare_text(entry.value.text), entry.value.intent, None
        elif isinstance(entry.value, FaqFields):
            for question in entry.value.questions:
                yield question, None, entry.value.id


def _without_strangers(
    bare: str, pairs: frozenset[str], threshold: float, candidates: Iterable[Said]
) -> Iterator[Said]:
    """Those that may be alike, by what is quickly seen: which signs they lack.

    Each sign that another text lacks, but for the last, begins a pair that it lacks.
    """
    signs, most = frozenset(bare), len(pairs) - math.ceil(threshold * len(pairs)) + 1
    return (said for said in candidates if len(signs.difference(said.bare)) <= most)


def _pairs(bare: str) -> list[str]:
    return [bare[i : i + 2] for i in range(len(bare) - 1)]


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common)
