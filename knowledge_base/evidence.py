"""What speaks for each topic, put together from three witnesses: regression, neighbours and words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.index import Neighbours, PhrasingIndex, Vectors
from knowledge_base.topic_words import WordScores

NEIGHBOURS = 100

_WEIGHTS = np.array([2 / 6, 1 / 6, 3 / 6], dtype=np.float32)
"""Of regression, votes and words."""

_SMALLEST_SPREAD = 0.5
"""Words of which no topic speaks must not be blown up into evidence."""

_SHARPNESS = 10.0
_FLOOR = 1e-4


@dataclass(frozen=True)
class Evidence:
    """``topics``: a number for each topic, comparable within one question only.  ``lead``: how far the regression's
    best topic is ahead of no topic.  ``coverage``: see `WordScores`."""

    topics: Vectors
    lead: float
    coverage: float

    @classmethod
    def of(cls, regression: Vectors, votes: Vectors, words: WordScores) -> "Evidence":
        """``regression`` ends with the score of no topic, ``votes`` and ``words`` have none for it."""
        witnesses = np.stack(
            [_standardised(regression[:-1]), _standardised(votes), _standardised(words.topics, _SMALLEST_SPREAD)]
        )
        topics: Vectors = _WEIGHTS @ witnesses
        return cls(topics, float(regression[:-1].max() - regression[-1]), words.coverage)


class Votes:
    """How crowded each topic is around a question: a kernel density over the nearest phrasings."""

    def __init__(self, phrasings: PhrasingIndex, topics: Sequence[str]) -> None:
        column = {topic: number for number, topic in enumerate(topics)}
        self._columns = np.array([column[p.topic] if p else -1 for p in phrasings.phrasings], dtype=np.int64)
        self._sizes = np.maximum(np.bincount(self._columns[self._columns >= 0], minlength=len(topics)), 1)

    def of(self, neighbours: Neighbours, *, without: int | None = None) -> Vectors:
        """``without`` is a row that has no vote."""
        near = neighbours.rows != without
        columns = self._columns[neighbours.rows[near]]
        weights = np.exp(_SHARPNESS * (neighbours.cosines[near] - 1))
        density = np.bincount(columns, weights=weights, minlength=len(self._sizes)) / self._sizes
        votes: Vectors = np.log(density + _FLOOR).astype(np.float32)
        return votes


def _standardised(scores: Vectors, smallest: float = 1e-6) -> Vectors:
    standardised: Vectors = (scores - scores.mean()) / np.float32(max(float(scores.std()), smallest))
    return standardised
