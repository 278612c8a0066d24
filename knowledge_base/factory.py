"""Makes a retriever out of entries: encode, index, fit, calibrate; what was made once is taken from disk."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.settings import PROJECT
from knowledge_base.building.sentences import intent_sentences
from knowledge_base.calibration import Calibration
from knowledge_base.encoder import is_held_out
from knowledge_base.entries import FaqEntry
from knowledge_base.index import PhrasingIndex, SentenceEncoder, VectorCache, Vectors
from knowledge_base.retriever import Phrasing, Retriever, Thresholds, normal_spelling
from knowledge_base.topic_model import NO_TOPIC, FittedModel, Sample, TopicModel, columns_of, thinned

VERSION = "1"
"""Raise it when the same entries must give another retriever."""

UNANSWERABLE = ("out_of_scope", "chitchat", "bot_challenge", "abuse", "greet", "thank", "goodbye")
"""The intents whose examples teach what no entry answers."""

KEPT = 8
"""So many states of the entries stay on disk, the latest."""

_SHORTEST_LINE = 6
_MARKUP = re.compile(r"^[\s\-*>#\d.、]+|\*\*|\{\w+\}")


def unanswerable_sentences(folder: Path = PROJECT / "nlu_data" / "intents") -> list[str]:
    return [sentence.text for sentence in intent_sentences(folder) if sentence.label in UNANSWERABLE]


class RetrieverFactory:
    """Keeps what retrievers over changing entries have in common: the encoder, its cache, what is out of scope.

    Parameters
    ----------
    cache: a folder for vectors and fitted models; None keeps nothing.
    """

    def __init__(
        self,
        encoder: SentenceEncoder,
        thresholds: Thresholds,
        *,
        cache: Path | None = None,
        unanswerable: Sequence[str] = (),
    ) -> None:
        self._encoder = encoder
        self._thresholds = thresholds
        self._cache = cache
        self._vectors = VectorCache(encoder, cache)
        self._unanswerable = [_sample(text, NO_TOPIC) for text in unanswerable if normal_spelling(text)]

    def make(self, entries: Sequence[FaqEntry]) -> Retriever:
        """From disk if these entries were here before, else by fitting and calibrating."""
        made = self._load(entries)
        if made is None:
            made = self._fit(entries, calibration=None)
            self._save(entries, made)
        return self._retriever(entries, made)

    def make_quickly(self, entries: Sequence[FaqEntry], calibration: Calibration) -> Retriever:
        """With the calibration of a retriever over nearly the same entries: half the time, nothing saved."""
        return self._retriever(entries, self._load(entries) or self._fit(entries, calibration=calibration))

    def _fit(self, entries: Sequence[FaqEntry], calibration: Calibration | None) -> "_Made":
        samples = self._samples(entries)
        vectors = self._encode(samples)
        fitted = TopicModel.fit(samples, vectors)
        if calibration is None:
            calibration = _calibrate(samples, fitted)
        index = PhrasingIndex.build(self._phrasing_vectors(entries))
        return _Made(index, vectors, fitted.model, calibration)

    def _retriever(self, entries: Sequence[FaqEntry], made: "_Made") -> Retriever:
        return Retriever(
            entries,
            encoder=self._encoder,
            phrasings=_phrasings(entries),
            index=made.index,
            model=made.model,
            calibration=made.calibration,
            thresholds=self._thresholds,
        )

    def _samples(self, entries: Sequence[FaqEntry]) -> list[Sample]:
        asked = [_sample(text, entry.id) for entry in entries for text in entry.questions]
        told = [Sample(line, entry.id, kind="passage") for entry in entries for line in _lines(entry.answer)]
        return thinned([*asked, *told, *self._unanswerable])

    def _encode(self, samples: Sequence[Sample]) -> Vectors:
        vectors = np.empty((len(samples), self._encoder.dim), np.float32)
        for kind in ("query", "passage"):
            rows = [number for number, sample in enumerate(samples) if sample.kind == kind]
            vectors[rows] = self._vectors.vectors([samples[row].text for row in rows], kind=kind)
        return vectors

    def _phrasing_vectors(self, entries: Sequence[FaqEntry]) -> Vectors:
        texts = [normal_spelling(phrasing.text) for phrasing in _phrasings(entries)]
        return self._vectors.vectors(texts, kind="query")

    def _folder(self, entries: Sequence[FaqEntry]) -> Path | None:
        if self._cache is None:
            return None
        digest = hashlib.sha256(f"{VERSION} {self._encoder.hash}".encode())
        for sample in self._samples(entries):
            digest.update(f"\0{sample.topic}\0{sample.kind}\0{sample.text}".encode())
        return self._cache / digest.hexdigest()[:16]

    def _load(self, entries: Sequence[FaqEntry]) -> "_Made | None":
        folder = self._folder(entries)
        try:
            return _Made.load(folder, self._samples(entries)) if folder else None
        except FileNotFoundError:
            return None

    def _save(self, entries: Sequence[FaqEntry], made: "_Made") -> None:
        if folder := self._folder(entries):
            made.save(folder)
            _forget_old(folder.parent)


@dataclass(frozen=True)
class _Made:
    """The parts of a retriever that take time to make."""

    index: PhrasingIndex
    vectors: Vectors
    model: TopicModel
    calibration: Calibration

    @classmethod
    def load(cls, folder: Path, samples: Sequence[Sample]) -> "_Made":
        with np.load(folder / "model.npz") as arrays:
            vectors, duals = arrays["vectors"], arrays["duals"]
        calibration = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        index = PhrasingIndex.load(folder / "phrasings.faiss")
        return cls(index, vectors, TopicModel(samples, vectors, duals), Calibration(**calibration))

    def save(self, folder: Path) -> None:
        """All of it or nothing; another process that saves the same at the same time does no harm."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder.parent) as scratch:
            half = Path(scratch) / folder.name
            half.mkdir()
            self.index.save(half / "phrasings.faiss")
            np.savez(half / "model.npz", vectors=self.vectors, duals=self.model.duals)
            calibration = json.dumps(self.calibration.as_dict(), indent=2)
            (half / "calibration.json").write_text(calibration, encoding="utf-8")
            if folder.exists():
                shutil.rmtree(folder)
            half.rename(folder)


def _forget_old(cache: Path) -> None:
    made = sorted((path.parent for path in cache.glob("*/calibration.json")), key=lambda folder: folder.stat().st_mtime)
    for folder in made[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _phrasings(entries: Sequence[FaqEntry]) -> list[Phrasing]:
    return [Phrasing(text, entry.id) for entry in entries for text in entry.questions]


def _sample(text: str, topic: str) -> Sample:
    spelled = normal_spelling(text)
    return Sample(spelled, topic, is_held_out=is_held_out(spelled))


def _lines(answer: str) -> list[str]:
    lines = (normal_spelling(_MARKUP.sub("", line)) for line in answer.splitlines())
    return [line for line in lines if len(line) >= _SHORTEST_LINE]


def _calibrate(samples: Sequence[Sample], fitted: FittedModel) -> Calibration:
    columns = {topic: number for number, topic in enumerate(columns_of(samples))}
    judges = [number for number, sample in enumerate(samples) if sample.kind == "query" and sample.is_held_out]
    scores = fitted.leave_one_out()[judges]
    return Calibration.fit(scores, np.array([columns[samples[row].topic] for row in judges], dtype=np.int64))
