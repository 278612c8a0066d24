"""Sentences in, unit vectors out: serves the ONNX encoder that ``encoder_build`` made.

Runs unchanged in the platform's interpreter and in Rasa's (Python 3.10): numpy, onnxruntime and tokenizers only.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

Kind = Literal["query", "passage"]
Vectors = npt.NDArray[np.float32]

MANIFEST = "manifest.json"
GROUP = 32


@dataclass(frozen=True)
class Manifest:
    """What a build says about itself; the part that serving needs.

    ``alone``: sentences must not share a run, because int8 scales depend on everything in it.
    """

    name: str
    key: str
    dim: int
    max_tokens: int
    prefixes: dict[str, str]
    onnx_file: str
    alone: bool = False

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return cls(**{name: content[name] for name in cls.__dataclass_fields__})


class Encoder:
    """A sentence encoder on one CPU; safe to share between threads.

    Parameters
    ----------
    folder: a finished build (``manifest.json``, ``tokenizer.json`` and the ONNX file it names).
    threads: cores that one call may use.
    cache_size: this many latest sentences are remembered.
    """

    def __init__(self, folder: Path, *, threads: int = 1, cache_size: int = 4096) -> None:
        self._manifest = Manifest.read(folder)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self._manifest.max_tokens)
        self._session = _session(folder / self._manifest.onnx_file, threads)
        self._inputs = [node.name for node in self._session.get_inputs()]
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._cache_size = cache_size
        self._lock = Lock()

    @property
    def dim(self) -> int:
        return self._manifest.dim

    @property
    def name(self) -> str:
        return self._manifest.name

    @property
    def hash(self) -> str:
        """Two encoders with the same hash give the same vectors."""
        return self._manifest.key

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:
        """Vectors of length 1, shape ``(len(texts), dim)``.

        Sentences are run in groups of equal token count (an int8 encoder: one by one), so that no padding enters and a
        sentence's vector does not depend on its neighbours.
        """
        prefixed = [self._manifest.prefixes[kind] + text for text in texts]
        known = self._recall(set(prefixed))
        missing = [text for text in dict.fromkeys(prefixed) if text not in known]
        for group in self._by_length(missing):
            known.update(zip(group.texts, self._run(group.ids), strict=True))
        self._remember({text: known[text] for text in missing})
        if not prefixed:
            return np.zeros((0, self.dim), dtype=np.float32)
        return np.stack([known[text] for text in prefixed])

    def _run(self, ids: npt.NDArray[np.int64]) -> Vectors:
        feeds: dict[str, npt.NDArray[np.int64]] = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        outputs: Any = self._session.run(None, {name: feeds[name] for name in self._inputs})
        vectors: Vectors = outputs[0]
        return vectors

    def _by_length(self, texts: list[str]) -> "Iterable[_Group]":
        at_most = 1 if self._manifest.alone else GROUP
        by_length: dict[int, list[tuple[str, list[int]]]] = {}
        for text, encoding in zip(texts, self._tokenizer.encode_batch(texts), strict=True):
            by_length.setdefault(len(encoding.ids), []).append((text, encoding.ids))
        for same in by_length.values():
            for start in range(0, len(same), at_most):
                part = same[start : start + at_most]
                yield _Group([text for text, _ in part], np.array([ids for _, ids in part], dtype=np.int64))

    def _recall(self, texts: set[str]) -> dict[str, Vectors]:
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
            for text in known:
                self._cache.move_to_end(text)
        return known

    def _remember(self, vectors: dict[str, Vectors]) -> None:
        with self._lock:
            self._cache.update(vectors)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


@dataclass(frozen=True)
class _Group:
    """Sentences of one token count: ``ids`` has shape ``(len(texts), tokens)``."""

    texts: list[str]
    ids: npt.NDArray[np.int64]


def is_held_out(text: str) -> bool:
    """Whether training keeps this sentence back (one in ten): whatever tunes on sentences judges itself on these."""
    return hashlib.sha256(text.encode()).digest()[0] % 10 == 0


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_mem_pattern = False  # sentence lengths vary: a plan per length only costs memory
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
