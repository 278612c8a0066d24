"""From a sentence's characters to topics: BM25, all that is written about a topic being one document.

Okapi BM25 (Robertson & Zaragoza, The Probabilistic Relevance Framework, 2009) over single characters and pairs.
Whole topics rather than single phrasings, because a customer's sentence shares a little with many phrasings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from knowledge_base.index import Vectors

_SATURATION = 1.2
_LENGTH_WEIGHT = 0.5

_BUCKET_BITS = 20
_BUCKETS = 2**_BUCKET_BITS
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4)."""


@dataclass(frozen=True)
class WordScores:
    """``coverage``: how much of the sentence the best topic speaks of, from 0 to about 2 (all of it, over and over)."""

    topics: Vectors
    coverage: float


class TopicWords:
    """Scores of all topics for a sentence; safe to share between threads.

    ``texts`` maps each topic to everything written about it; scores come in the order of its keys.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]], previous: "TopicWords | None" = None) -> None:
        """Topics that ``previous`` has with the same texts are not counted again."""
        self._counts: _Counts = _Counts.of(texts, previous._counts if previous else None)
        self._idf = self._counts.idf()
        self._by_gram = self._weights().T.tocsr()
        self._unknown = float(np.log1p(len(texts)))

    def scores(self, text: str) -> WordScores:
        grams = _Grams.of(text)
        return self._covered(grams, self._topics(grams))

    def scores_without(self, text: str, column: int) -> WordScores:
        """As if the text had not been written about the topic of that column."""
        grams = _Grams.of(text)
        topics = self._topics(grams)
        rest = self._counts.saturated_without(grams, column)
        topics[column] = float((rest * self._idf[grams.buckets] * grams.counts).sum())
        return self._covered(grams, topics)

    def _topics(self, grams: "_Grams") -> Vectors:
        """The product of the grams with all weights, without the cost of a sparse product for one small row."""
        starts = self._by_gram.indptr[grams.buckets]
        sizes = self._by_gram.indptr[grams.buckets + 1] - starts
        ends = np.cumsum(sizes)
        at = np.arange(ends[-1]) + np.repeat(starts - (ends - sizes), sizes)
        weights = self._by_gram.data[at] * np.repeat(grams.counts, sizes)
        return np.bincount(self._by_gram.indices[at], weights, minlength=self._by_gram.shape[1]).astype(np.float32)

    def _weights(self) -> csr_matrix:
        weights = self._counts.saturated()
        weights.data = (weights.data * self._idf[weights.indices]).astype(np.float32)
        return weights

    def _covered(self, grams: "_Grams", topics: Vectors) -> WordScores:
        idf = self._idf[grams.buckets]
        total = float((np.where(idf > 0, idf, self._unknown) * grams.counts).sum())
        return WordScores(topics, float(topics.max()) / total)


@dataclass(frozen=True)
class _Grams:
    """Single characters and pairs, hashed: there is no vocabulary to learn, to keep, or to learn anew after an edit."""

    buckets: npt.NDArray[np.int64]
    counts: Vectors

    @classmethod
    def of(cls, *texts: str) -> "_Grams":
        buckets, counts = np.unique(np.concatenate([_buckets(text) for text in texts]), return_counts=True)
        return cls(buckets, counts.astype(np.float32))


def _buckets(text: str) -> npt.NDArray[np.int64]:
    """The ends of a sentence count as characters."""
    codes = np.frombuffer(f"^{text.lower()}$".encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    pairs = (codes[:-1] << np.uint64(32)) | codes[1:]
    hashed = np.concatenate([codes, pairs]) * _GOLDEN
    return (hashed >> np.uint64(64 - _BUCKET_BITS)).astype(np.int64)


@dataclass(frozen=True)
class _Counts:
    """How often each gram stands in each document; ``lengths`` are sums of its rows."""

    documents: list[tuple[str, ...]]
    grams: csr_matrix
    lengths: npt.NDArray[np.float64]

    @classmethod
    def of(cls, texts: Mapping[str, Sequence[str]], previous: "_Counts | None") -> "_Counts":
        documents = [tuple(same) for same in texts.values()]
        counted = {document: row for row, document in enumerate(previous.documents)} if previous else {}
        fresh = [document for document in documents if document not in counted]
        counted |= {document: len(counted) + row for row, document in enumerate(fresh)}
        known = [previous.grams] if previous else []
        rows = vstack([*known, *map(_counted, fresh)], format="csr")
        grams = rows[[counted[document] for document in documents]]
        return cls(documents, grams, np.asarray(grams.sum(axis=1), dtype=np.float64).ravel())

    def idf(self) -> Vectors:
        """0 for what no document has."""
        found = np.bincount(self.grams.indices, minlength=_BUCKETS)
        idf = np.log1p((len(self.lengths) - found + 0.5) / (found + 0.5))
        weights: Vectors = np.where(found > 0, idf, 0).astype(np.float32)
        return weights

    def saturated(self) -> csr_matrix:
        """The part of BM25 that knows how often, before it is weighed by how rare."""
        weights = self.grams.copy()
        norms = np.repeat(self._norms(self.lengths), np.diff(self.grams.indptr))
        weights.data = weights.data * (_SATURATION + 1) / (weights.data + norms)
        return weights

    def saturated_without(self, grams: _Grams, row: int) -> Vectors:
        """The same for one document and these grams, once they are taken out of it; they must all be in it."""
        span = slice(*self.grams.indptr[row : row + 2])
        at = np.searchsorted(self.grams.indices[span], grams.buckets)
        left = self.grams.data[span][at] - grams.counts
        norm = float(self._norms(self.lengths[row] - grams.counts.sum()))
        weights: Vectors = left * (_SATURATION + 1) / (left + norm)
        return weights

    def _norms(self, lengths: Any) -> Any:
        return _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * lengths / self.lengths.mean())


def _counted(texts: Sequence[str]) -> csr_matrix:
    """One row: all texts together."""
    grams = _Grams.of(*texts)
    return csr_matrix((grams.counts, grams.buckets, [0, len(grams.buckets)]), shape=(1, _BUCKETS))
