"""Which entry answers a question, how surely, and whether to answer, to ask back or to decline."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, TypeAlias

from bot.dialogue.components.text import normalize
from bot.settings import Settings
from knowledge_base.calibration import Calibration
from knowledge_base.context import Context, prior
from knowledge_base.entries import FaqEntry
from knowledge_base.evidence import NEIGHBOURS, Evidence, Votes
from knowledge_base.index import Neighbours, PhrasingIndex, SentenceEncoder, Vectors
from knowledge_base.topic_model import TopicModel
from knowledge_base.topic_words import TopicWords

Decision: TypeAlias = Literal["answer", "ask", "decline"]


@dataclass(frozen=True)
class Thresholds:
    """``answer``: the best candidate's confidence from which it is the answer.  ``ask``: the confidence in all topics
    together from which the question is taken for one that the knowledge base can answer."""

    answer: float
    ask: float

    @classmethod
    def of(cls, settings: Settings) -> "Thresholds":
        return cls(answer=settings.faq_answer_threshold, ask=settings.faq_ask_threshold)

    def decide(self, *, best: float, in_scope: float) -> Decision:
        if in_scope < self.ask:
            return "decline"
        return "answer" if best >= self.answer else "ask"


@dataclass(frozen=True)
class Candidate:
    """A topic the question may be about.

    ``confidence`` is a probability; over all topics it adds up to that of the question being answerable at all.
    ``matched`` is the phrasing most like the question, None when none of this topic came near.
    """

    topic: str
    question: str
    confidence: float
    matched: str | None = None


@dataclass(frozen=True)
class Retrieval:
    """Candidates, best first, and what to do with them."""

    candidates: tuple[Candidate, ...]
    decision: Decision
    in_scope: float


@dataclass(frozen=True)
class Parts:
    """What a retriever is made of beside its entries; takes time to make."""

    phrasings: PhrasingIndex
    model: TopicModel
    words: TopicWords
    calibration: Calibration


class Retriever:
    """Never changes once made: safe to share between threads, replaced as a whole when entries change."""

    def __init__(
        self, entries: Iterable[FaqEntry], *, encoder: SentenceEncoder, parts: Parts, thresholds: Thresholds
    ) -> None:
        self.entries = {entry.id: entry for entry in entries}
        self.parts = parts
        self._encoder = encoder
        self._votes = Votes(parts.phrasings, parts.model.columns[:-1])
        self._thresholds = thresholds

    def search(self, text: str, *, k: int = 3, on: date, context: Context | None = None) -> Retrieval:
        """The ``k`` likeliest topics among those that are valid on a day; a few milliseconds of one core."""
        spelled = normal_spelling(text)
        if not spelled:
            return Retrieval(candidates=(), decision="decline", in_scope=0.0)
        vector = self.parts.model.centre.questions(self._encoder.encode([spelled])[0])
        neighbours = self.parts.phrasings.nearest(vector, NEIGHBOURS)
        sure = self._confidences(self._evidence(spelled, vector, neighbours), on)
        in_scope = sum(sure.values())
        if context is not None:
            sure = self._in_context(sure, context)
        best = sorted(sure, key=sure.__getitem__, reverse=True)[:k]
        matched = self._matched(neighbours)
        return Retrieval(
            candidates=tuple(
                Candidate(topic, self.entries[topic].question, sure[topic], matched.get(topic)) for topic in best
            ),
            decision=self._thresholds.decide(best=max(sure.values(), default=0.0), in_scope=in_scope),
            in_scope=in_scope,
        )

    async def asearch(self, text: str, *, k: int = 3, on: date, context: Context | None = None) -> Retrieval:
        """`search` in a worker thread."""
        return await asyncio.to_thread(self.search, text, k=k, on=on, context=context)

    def _evidence(self, spelled: str, vector: Vectors, neighbours: Neighbours) -> Evidence:
        regression = self.parts.model.scores(vector)
        return Evidence.of(regression, self._votes.of(neighbours), self.parts.words.scores(spelled))

    def _confidences(self, evidence: Evidence, on: date) -> dict[str, float]:
        """By topic, of those that are valid on a day."""
        confidences = self.parts.calibration.confidences(evidence)
        by_topic = zip(self.parts.model.columns[:-1], confidences, strict=True)
        return {topic: float(confidence) for topic, confidence in by_topic if self.entries[topic].is_valid(on)}

    def _in_context(self, sure: Mapping[str, float], context: Context) -> dict[str, float]:
        """Context moves confidence between topics; whether any of them answers stays as it was."""
        weighed = {topic: confidence * prior(self.entries[topic], context) for topic, confidence in sure.items()}
        scale = sum(sure.values()) / max(sum(weighed.values()), 1e-12)
        return {topic: confidence * scale for topic, confidence in weighed.items()}

    def _matched(self, neighbours: Neighbours) -> dict[str, str]:
        """The nearest phrasing of each topic that has one among the neighbours."""
        matched: dict[str, str] = {}
        for row in neighbours.rows:
            if (phrasing := self.parts.phrasings.phrasings[row]) is not None:
                matched.setdefault(phrasing.topic, phrasing.text)
        return matched


@lru_cache(maxsize=20_000)
def normal_spelling(text: str) -> str:
    """What the index and the model see of a sentence."""
    return normalize(text).text
