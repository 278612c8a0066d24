"""A question put to the draft and to what is published, side by side; and what an entry being written is too like."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.errors import BadQueryError
from bot.studio.faq.model import Snapshot
from bot.studio.faq.vectors import KeptEncoder
from bot.studio.faq.words import refusal
from knowledge_base.context import Context
from knowledge_base.entries import FaqEntry
from knowledge_base.factory import RetrieverFactory, unanswerable_sentences
from knowledge_base.retriever import Candidate, Decision, Retriever, Thresholds, normal_spelling
from knowledge_base.vectors import SentenceEncoder

CANDIDATES = 5
ALIKE = 0.7
"""Cosine of centred vectors from which two phrasings of different topics are told of: one in a hundred of those that
stand in the knowledge base, most of them rightly."""
MOST_TEXTS = 200
_NEIGHBOURS = 40


@dataclass(frozen=True)
class Side:
    """What one state of the knowledge base makes of a question; ``took_ms`` is the search alone."""

    decision: Decision
    in_scope: float
    candidates: tuple[Candidate, ...]
    took_ms: float

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None


@dataclass(frozen=True)
class Tried:
    """Both sides of one question."""

    text: str
    published: Side
    draft: Side

    @property
    def is_same(self) -> bool:
        """Whether the customer would get the same."""
        ours, theirs = self.draft.best, self.published.best
        if self.draft.decision != self.published.decision or self.draft.decision == "decline":
            return self.draft.decision == self.published.decision
        return (ours and ours.topic) == (theirs and theirs.topic)


@dataclass(frozen=True)
class Alike:
    """``text`` is nearly what ``phrasing`` of another topic says; ``question`` is that topic's."""

    text: str
    topic: str
    question: str
    phrasing: str
    likeness: float


class FaqTrial:
    """A retriever over the draft as it stands.  What serves customers is only read.

    Parameters
    ----------
    encoder: the one that serves now.
    published: the retriever that serves now.
    cache: the folder where models of the knowledge base are kept; read only.
    kept: a folder for vectors of the draft; None keeps none.
    unanswerable: sentences that no entry answers.
    """

    def __init__(
        self,
        encoder: Callable[[], SentenceEncoder],
        published: Callable[[], Retriever],
        thresholds: Thresholds,
        *,
        cache: Path | None = None,
        kept: Path | None = None,
        unanswerable: Callable[[], Sequence[str]] = unanswerable_sentences,
    ) -> None:
        self._encoder = encoder
        self._published = published
        self._thresholds = thresholds
        self._folders = cache, kept
        self._unanswerable = unanswerable
        self._factory: RetrieverFactory | None = None
        self._made: _Made | None = None
        self._making = asyncio.Lock()

    async def draft(self, snapshot: Snapshot) -> Retriever:
        """The retriever over these entries, never over older ones; takes seconds where much is new.

        Made once for the same entries, whatever else was changed in the draft.
        """
        async with self._making:
            entries, encoder, published = snapshot.entries, self._encoder().hash, self._published()
            if self._made is None or not self._made.is_of(entries, encoder, published):
                retriever = await asyncio.to_thread(self._make, entries, published)
                self._made = _Made(entries, encoder, published, retriever)
            return self._made.retriever

    async def ask(self, text: str, snapshot: Snapshot, *, on: date, context: Context | None = None) -> Tried:
        """Both sides, on the same day and in the same situation."""
        draft = await self.draft(snapshot)
        published = self._published()
        sides = await asyncio.to_thread(lambda: [_search(one, text, on, context) for one in (published, draft)])
        return Tried(text, *sides)

    async def alike(self, texts: Sequence[str], snapshot: Snapshot, *, topic: str | None = None) -> list[Alike]:
        """What other topics already say nearly the same, likest first; at most one line for a text and a topic.

        Raises `BadQueryError` for too many texts.
        """
        if len(texts) > MOST_TEXTS:
            raise BadQueryError(refusal("too_many_texts", n=MOST_TEXTS))
        retriever = await self.draft(snapshot)
        return await asyncio.to_thread(self._alike, list(dict.fromkeys(texts)), topic, retriever)

    async def nearest(self, question: str, snapshot: Snapshot, *, on: date) -> Candidate | None:
        """The entry that is likeliest, however unlikely it is."""
        found = await asyncio.to_thread((await self.draft(snapshot)).search, question, k=1, on=on)
        return found.candidates[0] if found.candidates else None

    async def covered(
        self, question: str, snapshot: Snapshot, *, on: date, topic: str | None = None
    ) -> Candidate | None:
        """The other entry that the draft would answer this question with, if it is sure."""
        retriever = await self.draft(snapshot)
        found = await asyncio.to_thread(retriever.search, question, k=2, on=on)
        best = next((one for one in found.candidates if one.topic != topic), None)
        is_sure = found.decision != "decline" and best is not None and best.confidence >= self._thresholds.answer
        return best if is_sure else None

    def _make(self, entries: list[FaqEntry], published: Retriever) -> Retriever:
        if {entry.id: entry for entry in entries} == published.entries:
            return published
        return self._ready_factory().make_quickly(entries, published)

    def _ready_factory(self) -> RetrieverFactory:
        encoder = self._encoder()
        if self._factory is None:
            cache, kept = self._folders
            self._factory = RetrieverFactory(
                KeptEncoder(encoder, kept), self._thresholds, cache=cache, unanswerable=self._unanswerable()
            )
            self._encoder_hash = encoder.hash
        elif self._encoder_hash != encoder.hash:
            self._factory = self._factory.with_encoder(KeptEncoder(encoder, self._folders[1]))
            self._encoder_hash = encoder.hash
        return self._factory

    def _alike(self, texts: list[str], topic: str | None, retriever: Retriever) -> list[Alike]:
        spelled = {text: normal_spelling(text) for text in texts}
        asked = [text for text in texts if spelled[text]]
        if not asked:
            return []
        encoded = self._encoder().encode([spelled[text] for text in asked])
        found: dict[tuple[str, str], Alike] = {}
        for text, vector in zip(asked, retriever.parts.model.centre.questions(encoded), strict=True):
            neighbours = retriever.parts.phrasings.nearest(vector, _NEIGHBOURS)
            for row, cosine in zip(neighbours.rows, neighbours.cosines, strict=True):
                phrasing = retriever.parts.phrasings.phrasings[row]
                if cosine < ALIKE or phrasing is None or phrasing.topic == topic:
                    continue
                question = retriever.entries[phrasing.topic].question
                alike = Alike(text, phrasing.topic, question, phrasing.text, min(1.0, float(cosine)))
                found.setdefault((text, phrasing.topic), alike)
        return sorted(found.values(), key=lambda one: -one.likeness)


@dataclass(frozen=True)
class _Made:
    entries: Sequence[FaqEntry]
    encoder: str
    published: Retriever
    retriever: Retriever

    def is_of(self, entries: Sequence[FaqEntry], encoder: str, published: Retriever) -> bool:
        """Entries that did not change are mostly the same objects, which is found at once."""
        is_same = self.encoder == encoder and self.published is published and len(self.entries) == len(entries)
        return is_same and all(one is other or one == other for one, other in zip(self.entries, entries, strict=True))


def _search(retriever: Retriever, text: str, on: date, context: Context | None) -> Side:
    begun = time.perf_counter()
    found = retriever.search(text, k=CANDIDATES, on=on, context=context)
    took = (time.perf_counter() - begun) * 1000
    return Side(found.decision, found.in_scope, found.candidates, round(took, 1))


def by_topic(found: Sequence[Alike]) -> Mapping[str, list[Alike]]:
    """Grouped by the other topic, likest topic first."""
    groups: dict[str, list[Alike]] = {}
    for one in found:
        groups.setdefault(one.topic, []).append(one)
    return groups
