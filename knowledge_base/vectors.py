"""Vectors of sentences, kept on disk so that nothing is encoded twice.

Runs in the platform's interpreter and in Rasa's (Python 3.10): numpy only.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
Kind: TypeAlias = Literal["query", "passage"]

_SHARE = 64


class SentenceEncoder(Protocol):
    """What turns sentences into unit vectors; `knowledge_base.encoder.Encoder` is the real one."""

    @property
    def dim(self) -> int: ...

    @property
    def hash(self) -> str: ...

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors: ...


class SideBySide:
    """An encoder of one thread, asked from several: many short sentences go through several cores best this way.

    ``share`` is how many sentences a thread takes at a time.
    """

    def __init__(self, encoder: SentenceEncoder, *, threads: int, share: int = _SHARE) -> None:
        self._encoder = encoder
        self._share = share
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="encode")

    @property
    def dim(self) -> int:
        return self._encoder.dim

    @property
    def hash(self) -> str:
        return self._encoder.hash

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:
        parts = [texts[start : start + self._share] for start in range(0, len(texts), self._share)]
        if len(parts) == 1:
            return self._encoder.encode(texts, kind=kind)
        encoded = list(self._pool.map(lambda part: self._encoder.encode(part, kind=kind), parts))
        return np.concatenate(encoded) if encoded else np.zeros((0, self.dim), np.float32)


class VectorCache:
    """Vectors of sentences by what was encoded and by which encoder, in one file per encoder.

    Without a folder it only remembers for as long as it lives.  Not for two writers in one process at a time.
    """

    def __init__(self, encoder: SentenceEncoder, folder: Path | None = None) -> None:
        self._encoder = encoder
        self._path = folder / f"vectors-{encoder.hash}.npz" if folder else None
        self._known = self._read()
        self._is_saved = True

    def vectors(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """Shape ``(len(texts), dim)``; encodes only what was never seen."""
        keys = [hashlib.sha256(f"{kind}\0{text}".encode()).hexdigest()[:24] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            self._known.update(zip(missing, self._encoder.encode(list(missing.values()), kind=kind), strict=True))
            self._is_saved = False
        return np.stack([self._known[key] for key in keys]) if keys else np.zeros((0, self._encoder.dim), np.float32)

    def save(self) -> None:
        """Write the file, if there is anything new."""
        if self._path is None or self._is_saved:
            return
        keys, vectors = np.array(list(self._known)), np.stack(list(self._known.values()))
        write_atomically(self._path, lambda path: np.savez(path, keys=keys, vectors=vectors))
        self._is_saved = True

    def _read(self) -> dict[str, Vectors]:
        if self._path is None or not self._path.exists():
            return {}
        with np.load(self._path) as content:
            return dict(zip(map(str, content["keys"]), content["vectors"], strict=True))


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Whoever reads ``path`` meets the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as scratch:
        half = Path(scratch) / path.name
        write(half)
        half.replace(path)
