"""Vectors for the draft, which nobody else has encoded yet."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from knowledge_base.vectors import Kind, SentenceEncoder, VectorCache, Vectors

FEW = 8
"""So few sentences are encoded on the spot and not kept: what somebody tries is worth no place."""
SAVED_AFTER = 200
"""New sentences that are worth writing the file."""


class KeptEncoder:
    """An encoder that remembers on disk what it was given in bulk; safe to share between threads.

    An import of thousands of phrasings is encoded once, even if the platform starts again before it is published.
    """

    def __init__(self, encoder: SentenceEncoder, folder: Path | None) -> None:
        self._encoder = encoder
        self._cache = VectorCache(encoder, folder)
        self._lock = Lock()
        self._new = 0

    @property
    def dim(self) -> int:
        return self._encoder.dim

    @property
    def hash(self) -> str:
        return self._encoder.hash

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:
        if len(texts) <= FEW:
            return self._encoder.encode(texts, kind=kind)
        with self._lock:
            vectors = self._cache.vectors(texts, kind=kind)
            self._new += len(texts)
            if self._new >= SAVED_AFTER:
                self._cache.save()
                self._new = 0
            return vectors
