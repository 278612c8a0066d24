"""Putting vectors together that mean the same: by average linkage; pure."""

from dataclasses import dataclass, field

import faiss
import numpy as np
import numpy.typing as npt

from knowledge_base.vectors import Vectors

Numbers = npt.NDArray[np.int64]
NOWHERE = -1
_ROUNDS = 60
_BLOCK = 4096


@dataclass
class Clusters:
    """Sums and counts of vectors that mean the same.

    A vector's likeness to a cluster is the mean of its cosines with the members, which is its product with their mean:
    so sums are all that has to be kept.

    Parameters
    ----------
    totals: shape ``(clusters, dim)``.
    weights: shape ``(clusters,)``.
    together: the likeness from which on a vector belongs to a cluster, and two clusters are one.
    """

    totals: Vectors
    weights: Vectors
    together: float
    _means: Vectors | None = field(default=None, repr=False)

    @classmethod
    def none(cls, dim: int, together: float) -> "Clusters":
        return cls(np.zeros((0, dim), np.float32), np.zeros(0, np.float32), together)

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def means(self) -> Vectors:
        if self._means is None:
            self._means = np.ascontiguousarray(self.totals / np.maximum(self.weights, 1)[:, None], dtype=np.float32)
        return self._means

    def nearest(self, vectors: Vectors) -> Numbers:
        """The cluster each vector belongs to, `NOWHERE` for none.  Nothing changes."""
        places = np.full(len(vectors), NOWHERE, np.int64)
        for start in range(0, len(vectors) if len(self) else 0, _BLOCK):
            part = np.ascontiguousarray(vectors[start : start + _BLOCK])
            like, rows = faiss.knn(part, self.means, 1, faiss.METRIC_INNER_PRODUCT)
            places[start : start + _BLOCK] = np.where(like[:, 0] >= self.together, rows[:, 0], NOWHERE)
        return places

    def take_in(self, vectors: Vectors) -> Numbers:
        """The cluster each vector is in now: one there was, or a new one behind the others."""
        places = self.nearest(vectors)
        alone = np.flatnonzero(places == NOWHERE)
        if len(alone):
            places[alone] = self._among_themselves(vectors[alone])
        np.add.at(self.totals, places, vectors)
        np.add.at(self.weights, places, 1)
        self._means = None
        return places

    def emptied(self) -> "Clusters":
        """The same without members; until some are taken in, likeness is still that to the members there were."""
        return Clusters(np.zeros_like(self.totals), np.zeros_like(self.weights), self.together, self.means)

    def _among_themselves(self, vectors: Vectors) -> Numbers:
        """New clusters for vectors that fit nowhere, one after the other; only room is made for them."""
        totals, weights = np.zeros_like(vectors), np.zeros(len(vectors), np.float32)
        places = np.empty(len(vectors), np.int64)
        count = 0
        for number, vector in enumerate(vectors):
            like = totals[:count] @ vector / weights[:count]
            best = int(like.argmax()) if count else NOWHERE
            if best == NOWHERE or like[best] < self.together:
                best, count = count, count + 1
            totals[best] += vector
            weights[best] += 1
            places[number] = best + len(self)
        self.totals = np.vstack([self.totals, np.zeros_like(totals[:count])])
        self.weights = np.append(self.weights, np.zeros(count, np.float32))
        return places

    def merged(self) -> Numbers:
        """Which cluster each is part of once those that mean the same are one; the heaviest keeps its number.

        Nearest neighbours of each other are merged until none are near enough, which for this likeness gives the same
        clusters as merging the nearest pair every time.
        """
        into = np.arange(len(self), dtype=np.int64)
        for _ in range(_ROUNDS):
            alive = np.flatnonzero((into == np.arange(len(self))) & (self.weights > 0))
            pairs = self._mutual(alive)
            if not pairs:
                break
            for one, other in pairs:
                kept, lost = (one, other) if self.weights[one] >= self.weights[other] else (other, one)
                self.totals[kept] += self.totals[lost]
                self.weights[kept] += self.weights[lost]
                self.totals[lost], self.weights[lost] = 0, 0
                into[into == lost] = kept
            self._means = None
        return into

    def _mutual(self, alive: Numbers) -> list[tuple[int, int]]:
        if len(alive) < 2:
            return []
        means = np.ascontiguousarray(self.means[alive])
        like, rows = faiss.knn(means, means, 2, faiss.METRIC_INNER_PRODUCT)
        own = np.arange(len(alive))
        # A cluster is not always nearest to itself: its mean is shorter than 1.
        second = np.where(rows[:, 0] == own, 1, 0)
        nearest, likeness = rows[own, second], like[own, second]
        return [
            (int(alive[number]), int(alive[other]))
            for number, other in enumerate(nearest)
            if number < other and nearest[other] == number and likeness[number] >= self.together
        ]


def central(vectors: Vectors) -> int:
    """The most central of some vectors."""
    return int((vectors @ vectors.sum(axis=0)).argmax())
