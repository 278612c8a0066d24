"""All phrasings as vectors: encoded once, searched with FAISS, kept on disk."""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import faiss
import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
Kind: TypeAlias = Literal["query", "passage"]

FLAT_UP_TO = 20_000
"""So many phrasings are compared one by one (under a millisecond); more go through a graph (HNSW)."""

_HNSW_LINKS = 32


class SentenceEncoder(Protocol):
    """What turns sentences into unit vectors; `knowledge_base.encoder.Encoder` is the real one."""

    @property
    def dim(self) -> int: ...

    @property
    def hash(self) -> str: ...

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors: ...


class VectorCache:
    """Vectors of sentences by what was encoded and by which encoder, in one file per encoder.

    Without a folder it only remembers for as long as it lives.  Not for two writers in one process at a time.
    """

    def __init__(self, encoder: SentenceEncoder, folder: Path | None = None) -> None:
        self._encoder = encoder
        self._path = folder / f"vectors-{encoder.hash}.npz" if folder else None
        self._known = self._read()

    def vectors(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Shape ``(len(texts), dim)``; encodes only what was never seen."""
        keys = [hashlib.sha256(f"{kind}\0{text}".encode()).hexdigest()[:24] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            self._known.update(zip(missing, self._encoder.encode(list(missing.values()), kind=kind), strict=True))
            self._save()
        return np.stack([self._known[key] for key in keys]) if keys else np.zeros((0, self._encoder.dim), np.float32)

    def _read(self) -> dict[str, Vectors]:
        if self._path is None or not self._path.exists():
            return {}
        with np.load(self._path) as content:
            return dict(zip(map(str, content["keys"]), content["vectors"], strict=True))

    def _save(self) -> None:
        if self._path is None:
            return
        keys, vectors = np.array(list(self._known)), np.stack(list(self._known.values()))
        write_atomically(self._path, lambda path: np.savez(path, keys=keys, vectors=vectors))


class PhrasingIndex:
    """The nearest phrasings of a vector, by inner product."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> "PhrasingIndex":
        dim = vectors.shape[1]
        index: faiss.Index
        if len(vectors) > FLAT_UP_TO:
            index = faiss.IndexHNSWFlat(dim, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
        else:
            index = faiss.IndexFlatIP(dim)
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> "PhrasingIndex":
        return cls(faiss.read_index(str(path)))

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def nearest(self, vector: Vectors, k: int) -> list[int]:
        """Row numbers of the ``k`` nearest phrasings, nearest first."""
        _, rows = self._index.search(vector[None, :], min(k, len(self)))
        return [int(row) for row in rows[0] if row >= 0]


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Whoever reads ``path`` meets the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as scratch:
        half = Path(scratch) / path.name
        write(half)
        half.replace(path)
