"""From a sentence to topics: ridge regression on two likenesses at once, character n-grams and encoder vectors.

A kernel method, because it gives three things at the size of a knowledge base (some thousands of sentences): fitting is
one Cholesky factorisation (a second), what the model would have said of each sentence had it not been trained on it
follows in closed form (Rasmussen & Williams, Gaussian Processes for Machine Learning, 5.4.2), and one changed entry is
simply fitted again.  ``docs/faq.md`` has the measurements behind the constants.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import spotri
from sklearn.feature_extraction.text import TfidfVectorizer

from knowledge_base.index import Kind, Vectors

NO_TOPIC = ""
"""The topic of sentences that no entry answers."""

MAX_SAMPLES = 6000
"""More are thinned out evenly: the time of fitting grows with the third power."""

_LONGEST_NGRAM = 4
_VECTOR_WEIGHT = 3.0
_VECTOR_SHARPNESS = 2.0
_NOISE = 1.0


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


class TopicModel:
    """Scores of all topics for a sentence; safe to share between threads.

    ``duals`` has a row for each sample and a column for each of ``columns``: the topics in order, then NO_TOPIC.
    """

    def __init__(self, samples: Sequence[Sample], vectors: Vectors, duals: Vectors) -> None:
        self.columns = columns_of(samples)
        self._duals = duals
        self._mean = _mean_of(samples, vectors, "query")
        self._vectors = _centred(samples, vectors)
        self._ngrams = TfidfVectorizer(analyzer="char", ngram_range=(1, _LONGEST_NGRAM), sublinear_tf=True)
        self._ngrams.fit([_marked(s.text) for s in samples if s.kind == "query" and s.topic != NO_TOPIC])
        self._grams = self._ngrams.transform([_marked(sample.text) for sample in samples]).astype(np.float32).tocsr()
        self._grams_by_gram = self._grams.T.tocsr()

    @classmethod
    def fit(cls, samples: Sequence[Sample], vectors: Vectors) -> "FittedModel":
        """``vectors`` holds a row for each sample."""
        model = cls(samples, vectors, np.zeros((0, 0), np.float32))
        kernel = _likeness((model._grams @ model._grams_by_gram).toarray(), model._vectors @ model._vectors.T)
        kernel[np.diag_indices_from(kernel)] += _NOISE
        targets = model._targets(samples)
        factor, _ = cho_factor(kernel, lower=True, overwrite_a=True)
        model._duals = cho_solve((factor, True), targets)
        return FittedModel(model, targets, factor)

    @property
    def duals(self) -> Vectors:
        return self._duals

    def scores(self, text: str, vector: Vectors) -> Vectors:
        """One number for each of ``columns``; about 0 for what has nothing to do with it, up to 1 for a sure match."""
        grams = self._ngrams.transform([_marked(text)]).astype(np.float32) @ self._grams_by_gram
        likeness = _likeness(grams.toarray()[0], self._vectors @ _unit(vector - self._mean))
        scores: Vectors = likeness @ self._duals
        return scores

    def _targets(self, samples: Sequence[Sample]) -> Vectors:
        column = {topic: number for number, topic in enumerate(self.columns)}
        shape = (len(samples), len(self.columns))
        targets: Vectors = np.full(shape, -1 / len(self.columns)).astype(np.float32)
        targets[np.arange(len(samples)), [column[sample.topic] for sample in samples]] += 1
        return targets


@dataclass(frozen=True)
class FittedModel:
    """A model with what is left over from fitting it."""

    model: TopicModel
    targets: Vectors
    factor: Vectors

    def leave_one_out(self) -> Vectors:
        """Scores of every sample by a model fitted without that sample.  Uses up ``factor``."""
        inverse, _ = spotri(self.factor, lower=1, overwrite_c=1)
        scores: Vectors = (self.targets - self.model.duals / np.diag(inverse)[:, None]).astype(np.float32)
        return scores


def columns_of(samples: Iterable[Sample]) -> tuple[str, ...]:
    return (*sorted({sample.topic for sample in samples} - {NO_TOPIC}), NO_TOPIC)


def thinned(samples: Sequence[Sample], limit: int = MAX_SAMPLES) -> list[Sample]:
    """At most about ``limit`` samples, the same share of every topic, spread evenly over its list."""
    step = -(-len(samples) // limit)
    if step <= 1:
        return list(samples)
    by_topic: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_topic[sample.topic].append(sample)
    return [sample for same in by_topic.values() for sample in same[::step]]


def _likeness(ngram_cosines: Vectors, vector_cosines: Vectors) -> Vectors:
    """Both parts are kernels, so their sum is one."""
    near = np.exp(_VECTOR_SHARPNESS * (vector_cosines - 1))
    total: Vectors = (ngram_cosines + _VECTOR_WEIGHT * near).astype(np.float32)
    return total


def _centred(samples: Sequence[Sample], vectors: Vectors) -> Vectors:
    """The encoder's cosines are crowded near 1; what all sentences share is taken out, for each kind its own."""
    centred = np.empty_like(vectors)
    kinds: tuple[Kind, ...] = ("query", "passage")
    for kind in kinds:
        rows = np.array([sample.kind == kind for sample in samples])
        if rows.any():
            centred[rows] = _unit(vectors[rows] - _mean_of(samples, vectors, kind))
    return centred


def _mean_of(samples: Sequence[Sample], vectors: Vectors, kind: Kind) -> Vectors:
    rows = np.array([sample.kind == kind and sample.topic != NO_TOPIC for sample in samples])
    mean: Vectors = vectors[rows].mean(axis=0)
    return mean


def _unit(vectors: npt.NDArray[np.float32]) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return unit


def _marked(text: str) -> str:
    return f"^{text}$"
