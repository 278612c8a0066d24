"""How good an encoder is at our two tasks, on sentences it was not tuned on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from bot.dialogue.components.linear import LinearModel, LinearOptions
from knowledge_base.building.sentences import Sentence
from knowledge_base.encoder import Encoder, is_held_out

KNOWN_INTENT_SENTENCES = 4000
ASKED = 1000
"""So many known sentences of intents, and held-out sentences of each task, are enough to compare two builds."""


@dataclass(frozen=True)
class TaskScores:
    """Shares of held-out sentences that are understood right."""

    intent_accuracy: float
    faq_hit1: float
    sentences: int

    def within(self, tolerance: float, of: "TaskScores") -> bool:
        """Whether neither score is more than ``tolerance`` below the other's."""
        return self.intent_accuracy >= of.intent_accuracy - tolerance and self.faq_hit1 >= of.faq_hit1 - tolerance

    def __str__(self) -> str:
        return f"intent accuracy {self.intent_accuracy:.3f}, FAQ hit1 {self.faq_hit1:.3f}"


def judge(encoder: Encoder, intents: Sequence[Sentence], topics: Sequence[Sentence]) -> TaskScores:
    asked, known = _parted(intents)
    asked = _spread(asked, ASKED)
    intent_accuracy = _intent_accuracy(encoder, _spread(known, KNOWN_INTENT_SENTENCES), asked)
    questions, indexed = _parted(topics)
    questions = _spread(questions, ASKED)
    faq_hit1 = _hit1(encoder, indexed, questions)
    return TaskScores(intent_accuracy, faq_hit1, len(asked) + len(questions))


def _parted(sentences: Sequence[Sentence]) -> tuple[list[Sentence], list[Sentence]]:
    """The held-out ones and the rest."""
    return [s for s in sentences if is_held_out(s.text)], [s for s in sentences if not is_held_out(s.text)]


def _spread(sentences: list[Sentence], count: int) -> list[Sentence]:
    """At most about ``count`` of them, evenly over the list."""
    return sentences[:: max(1, -(-len(sentences) // count))]


def _intent_accuracy(encoder: Encoder, known: list[Sentence], asked: list[Sentence]) -> float:
    """By the classifier that serves, on sentence vectors alone."""
    model = LinearModel.fit(
        (csr_matrix((len(known), 1)), encoder.encode([s.text for s in known])),
        [s.label for s in known],
        np.zeros(len(known), dtype=bool),
        LinearOptions(strength=10.0, dense_weight=1.0),
    )
    found = model.probabilities((csr_matrix((len(asked), 1)), encoder.encode([s.text for s in asked])))
    return _share(model.classes[column] == s.label for column, s in zip(found.argmax(axis=1), asked, strict=True))


def _hit1(encoder: Encoder, indexed: list[Sentence], questions: list[Sentence]) -> float:
    """Whether the nearest phrasing belongs to the right topic."""
    index = encoder.encode([s.text for s in indexed])
    nearest = (encoder.encode([s.text for s in questions]) @ index.T).argmax(axis=1)
    return _share(indexed[row].label == s.label for row, s in zip(nearest, questions, strict=True))


def _share(right: Iterator[bool]) -> float:
    return float(np.mean(list(right)))
