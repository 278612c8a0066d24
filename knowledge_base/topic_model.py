"""From a sentence's vector to topics: kernel ridge regression on what trainers wrote.

A kernel method, because it gives three things at the size of a knowledge base (some thousands of sentences): fitting is
one Cholesky factorisation (seconds), what the model would have said of a sentence had it not been trained on it follows
in closed form (Rasmussen & Williams, Gaussian Processes for Machine Learning, 5.4.2), and a changed entry is taken in
without fitting everything again.  ``docs/faq.md`` has the measurements behind the constants.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from knowledge_base.index import Kind, Vectors

NO_TOPIC = ""
"""The topic of sentences that no entry answers."""

MAX_SAMPLES = 9000
"""More are thinned out evenly: the time of fitting grows with the third power."""

_SHARPNESS = 2.0
_NOISE = 0.3

Item = TypeVar("Item")


@dataclass(frozen=True)
class Sample:
    """A sentence in its normal spelling and the topic it belongs to.

    ``kind`` tells a customer's words (``query``) from lines of an answer (``passage``).  ``is_held_out``: the encoder
    was not tuned on it, so that it may judge.
    """

    text: str
    topic: str
    kind: Kind = "query"
    is_held_out: bool = False


@dataclass(frozen=True)
class Centre:
    """What all sentences of a kind share.  The encoder's cosines are crowded near 1 until it is taken out."""

    query: Vectors
    passage: Vectors

    @classmethod
    def of(cls, samples: Sequence[Sample], vectors: Vectors) -> "Centre":
        """Over what has a topic; lines of answers, where there are none, share what questions do."""
        query = _mean(samples, vectors, "query")
        return cls(query, query if not _rows(samples, "passage").any() else _mean(samples, vectors, "passage"))

    def questions(self, vectors: Vectors) -> Vectors:
        """Unit vectors without what questions share; any number of leading axes."""
        return _unit(vectors - self.query)

    def samples(self, samples: Sequence[Sample], vectors: Vectors) -> Vectors:
        told = np.array([sample.kind == "passage" for sample in samples], dtype=bool)
        return _unit(vectors - np.where(told[:, None], self.passage, self.query))


class TopicModel:
    """Scores of all topics for a sentence; safe to share between threads.

    ``vectors`` are centred and of length 1.  ``duals`` has a row for each sample and a column for each of ``columns``:
    the topics in order, then NO_TOPIC.
    """

    def __init__(self, samples: Sequence[Sample], vectors: Vectors, duals: Vectors, centre: Centre) -> None:
        self.columns = columns_of(samples)
        self.samples = samples
        self.vectors = vectors
        self.duals = duals
        self.centre = centre

    @classmethod
    def fit(cls, samples: Sequence[Sample], vectors: Vectors) -> "FittedModel":
        """``vectors`` holds the encoder's row for each sample."""
        centre = Centre.of(samples, vectors)
        centred = centre.samples(samples, vectors)
        kernel = _with_noise(_kernel(centred, centred))
        targets = _targets(samples, columns_of(samples))
        factor, _ = cho_factor(kernel, lower=True, overwrite_a=True, check_finite=False)
        duals = cho_solve((factor, True), targets, check_finite=False)
        return FittedModel(cls(samples, centred, duals, centre), targets, factor)

    def updated(self, samples: Sequence[Sample], vectors: Vectors) -> "TopicModel":
        """Nearly what fitting all of them would give, at the cost of the new ones.

        Samples known before keep their weight; new ones are fitted to what the old ones leave open.
        """
        columns = columns_of(samples)
        row_of = {sample: row for row, sample in enumerate(self.samples)}
        rows = np.array([row_of.get(sample, -1) for sample in samples])
        before = self if columns == self.columns else self._over(columns)
        return ChangedModel(before, samples, rows, self.centre.samples(samples, vectors))

    def _over(self, columns: Sequence[str]) -> "TopicModel":
        """The same with a column for each of these topics: 0 for those that are new."""
        column = {topic: number for number, topic in enumerate(self.columns)}
        there = np.array([column.get(topic, -1) for topic in columns])
        duals = self.duals[:, there]
        duals[:, there < 0] = 0
        over = copy(self)
        over.columns, over.duals = tuple(columns), duals
        return over

    def scores(self, question: Vectors) -> Vectors:
        """For a centred vector, one number for each of ``columns``.

        About 0 for what has nothing to do with it, up to 1 for a sure match.  Not by BLAS: its threads, where they wait
        for a core, make half a millisecond into twenty.
        """
        likeness = _sharpened(np.einsum("ij,j->i", self.vectors, question))
        scores: Vectors = np.einsum("i,ij->j", likeness, self.duals)
        return scores


class ChangedModel(TopicModel):
    """A model some of whose samples are others.  What stayed is looked up in the model before, not copied: that would
    be hundreds of megabytes where there are thousands of topics.

    ``rows``: where each sample stands in ``before``, -1 for new ones; ``vectors`` as `TopicModel` has them.
    """

    def __init__(
        self, before: TopicModel, samples: Sequence[Sample], rows: npt.NDArray[np.int64], vectors: Vectors
    ) -> None:
        self.columns = before.columns
        self.samples = samples
        self.vectors = vectors
        self.centre = before.centre
        self._before = before
        self._rows = rows
        self._times = np.bincount(rows[rows >= 0], minlength=len(before.samples)).astype(np.float32)
        self._own = vectors[rows < 0]
        self._own_duals = self._fitted([sample for sample, row in zip(samples, rows, strict=True) if row < 0])

    def _fitted(self, new: Sequence[Sample]) -> Vectors:
        """To what the old ones leave open."""
        targets = _targets(new, self.columns)
        if not new:
            return targets
        left_open = targets - (_kernel(self._own, self._before.vectors) * self._times) @ self._before.duals
        fitted: Vectors = np.linalg.solve(_with_noise(_kernel(self._own, self._own)), left_open).astype(np.float32)
        return fitted

    @property
    def duals(self) -> Vectors:  # type: ignore[override]  # made where it is asked for
        duals = self._before.duals[self._rows]
        duals[self._rows < 0] = self._own_duals
        return duals

    def updated(self, samples: Sequence[Sample], vectors: Vectors) -> TopicModel:
        return TopicModel(self.samples, self.vectors, self.duals, self.centre).updated(samples, vectors)

    def scores(self, question: Vectors) -> Vectors:
        likeness = _sharpened(np.einsum("ij,j->i", self._before.vectors, question)) * self._times
        own = _sharpened(np.einsum("ij,j->i", self._own, question))
        old = np.einsum("i,ij->j", likeness, self._before.duals)
        scores: Vectors = old + np.einsum("i,ij->j", own, self._own_duals)
        return scores


@dataclass(frozen=True)
class FittedModel:
    """A model with what is left over from fitting it."""

    model: TopicModel
    targets: Vectors
    factor: Vectors

    def left_out(self, rows: Sequence[int]) -> Vectors:
        """Scores of these samples, each by a model fitted without it."""
        picks = np.zeros((len(self.targets), len(rows)), np.float32)
        picks[rows, np.arange(len(rows))] = 1
        inverse = cho_solve((self.factor, True), picks, overwrite_b=True, check_finite=False)
        diagonal = inverse[rows, np.arange(len(rows))]
        scores: Vectors = self.targets[rows] - self.model.duals[rows] / diagonal[:, None]
        return scores


def columns_of(samples: Iterable[Sample]) -> tuple[str, ...]:
    return (*sorted({sample.topic for sample in samples} - {NO_TOPIC}), NO_TOPIC)


def thinned(samples: Sequence[Sample], limit: int = MAX_SAMPLES) -> list[Sample]:
    """At most about ``limit`` samples, the same share of every topic, spread evenly over its list."""
    if len(samples) <= limit:
        return list(samples)
    by_topic: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_topic[sample.topic].append(sample)
    share = limit / len(samples)
    return [sample for same in by_topic.values() for sample in spread(same, max(1, round(len(same) * share)))]


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """So many of them, from the first to the last."""
    if len(items) <= count:
        return list(items)
    return [items[at] for at in _places(len(items), count)]


@lru_cache(maxsize=1024)
def _places(n: int, count: int) -> tuple[int, ...]:
    return tuple(map(int, np.linspace(0, n - 1, count)))


def _kernel(left: Vectors, right: Vectors) -> Vectors:
    return _sharpened(left @ right.T)


def _sharpened(cosines: Vectors) -> Vectors:
    """In place."""
    cosines -= 1
    cosines *= _SHARPNESS
    return np.exp(cosines, out=cosines)


def _with_noise(kernel: Vectors) -> Vectors:
    kernel[np.diag_indices_from(kernel)] += _NOISE
    return kernel


def _targets(samples: Sequence[Sample], columns: Sequence[str]) -> Vectors:
    column = {topic: number for number, topic in enumerate(columns)}
    targets = np.full((len(samples), len(columns)), -1 / len(columns), np.float32)
    targets[np.arange(len(samples)), [column[sample.topic] for sample in samples]] += 1
    return targets


def _rows(samples: Sequence[Sample], kind: Kind) -> npt.NDArray[np.bool_]:
    return np.array([sample.kind == kind and sample.topic != NO_TOPIC for sample in samples], dtype=bool)


def _mean(samples: Sequence[Sample], vectors: Vectors, kind: Kind) -> Vectors:
    mean: Vectors = vectors[_rows(samples, kind)].mean(axis=0)
    return mean


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit
