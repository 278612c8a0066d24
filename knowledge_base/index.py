"""All phrasings as vectors: encoded once, searched with FAISS, kept on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from knowledge_base.vectors import Kind as Kind
from knowledge_base.vectors import SentenceEncoder as SentenceEncoder
from knowledge_base.vectors import VectorCache as VectorCache
from knowledge_base.vectors import Vectors as Vectors
from knowledge_base.vectors import write_atomically as write_atomically

FLAT_UP_TO = 20_000
"""So many phrasings are compared one by one (under a millisecond); more go through a graph (HNSW)."""

_HNSW_LINKS = 32
_HNSW_BUILD_BREADTH = 80
_HNSW_SEARCH_BREADTH = 150


@dataclass(frozen=True)
class Phrasing:
    """A row of the index: what a customer may say, as it was written."""

    text: str
    topic: str


@dataclass(frozen=True)
class Neighbours:
    """Rows of the index near a vector, nearest first, and the cosine of each."""

    rows: npt.NDArray[np.int64]
    cosines: Vectors


class PhrasingIndex:
    """The nearest phrasings of a vector, by inner product.  Never changes once made.

    ``phrasings`` has an element for each row; None where a phrasing was taken out.
    """

    def __init__(self, index: faiss.Index, phrasings: Sequence[Phrasing | None]) -> None:
        self._index = index
        self.phrasings = tuple(phrasings)

    @classmethod
    def build(cls, vectors: Vectors, phrasings: Sequence[Phrasing]) -> "PhrasingIndex":
        index = _graph(vectors.shape[1]) if len(vectors) > FLAT_UP_TO else faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index, phrasings)

    @classmethod
    def load(cls, path: Path, phrasings: Sequence[Phrasing]) -> "PhrasingIndex":
        return cls(faiss.read_index(str(path)), phrasings)

    def save(self, path: Path) -> None:
        """Only for an index that nothing was taken out of: rows are told apart by their number."""
        faiss.write_index(self._index, str(path))

    def updated(self, phrasings: Sequence[Phrasing], vectors_of: Callable[[Sequence[int]], Vectors]) -> "PhrasingIndex":
        """An index over these phrasings.  A graph is copied and added to, which is far quicker than building it.

        ``vectors_of`` gives the vectors of some of them, by number.
        """
        if len(phrasings) <= FLAT_UP_TO or not isinstance(self._index, faiss.IndexHNSW):
            return self.build(vectors_of(range(len(phrasings))), phrasings)
        wanted, known = set(phrasings), self._known
        kept = [phrasing if phrasing in wanted else None for phrasing in self.phrasings]
        new = [row for row, phrasing in enumerate(phrasings) if phrasing not in known]
        index = faiss.clone_index(self._index)
        if new:
            index.add(np.ascontiguousarray(vectors_of(new)))
        return PhrasingIndex(index, [*kept, *(phrasings[row] for row in new)])

    @cached_property
    def _known(self) -> frozenset[Phrasing | None]:
        """Asked again with every change made to the same published index."""
        return frozenset(self.phrasings)

    def __len__(self) -> int:
        return sum(phrasing is not None for phrasing in self.phrasings)

    def vectors(self) -> Vectors:
        """Of all rows, those taken out included."""
        vectors: Vectors = self._index.reconstruct_n(0, self._index.ntotal)
        return vectors

    def nearest(self, vector: Vectors, k: int) -> Neighbours:
        """The ``k`` nearest rows; fewer where some of them were taken out."""
        cosines, rows = self._index.search(vector[None, :], min(k, self._index.ntotal))
        is_there = np.array([row >= 0 and self.phrasings[row] is not None for row in rows[0]], dtype=bool)
        return Neighbours(rows[0][is_there], cosines[0][is_there])


def _graph(dim: int) -> faiss.Index:
    index = faiss.IndexHNSWFlat(dim, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _HNSW_BUILD_BREADTH
    index.hnsw.efSearch = _HNSW_SEARCH_BREADTH
    return index
