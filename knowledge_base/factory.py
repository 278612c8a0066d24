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

from bot.content import current_content
from knowledge_base.building.sentences import intent_sentences
from knowledge_base.calibration import Calibration
from knowledge_base.encoder import is_held_out
from knowledge_base.entries import FaqEntry
from knowledge_base.evidence import NEIGHBOURS, Evidence, Votes
from knowledge_base.index import Neighbours, Phrasing, PhrasingIndex, SentenceEncoder, VectorCache, Vectors
from knowledge_base.retriever import Parts, Retriever, Thresholds, normal_spelling
from knowledge_base.topic_model import NO_TOPIC, Centre, FittedModel, Sample, TopicModel, spread, thinned
from knowledge_base.topic_words import TopicWords

VERSION = "2"
"""Raise it when the same entries must give another retriever."""

OUTSIDE = "out_of_scope"
SMALL_TALK = ("chitchat", "bot_challenge", "abuse", "greet", "thank", "goodbye")
UNANSWERABLE = (OUTSIDE, *SMALL_TALK)
"""The intents whose examples teach what no entry answers."""

MOST_SMALL_TALK = 60
"""Of each: it is soon learnt, and every sentence costs time to fit."""

KEPT = 8
"""So many states of the entries stay on disk, the latest."""

_SHORTEST_LINE = 6
_MARKUP = re.compile(r"^[\s\-*>#\d.、]+|\*\*|\{\w+\}")


def unanswerable_sentences(folder: Path | None = None) -> list[str]:
    """Of a folder of intents, by default the current one."""
    by_intent: dict[str, list[str]] = {intent: [] for intent in UNANSWERABLE}
    for sentence in intent_sentences(folder or current_content().intents):
        if sentence.label in by_intent:
            by_intent[sentence.label].append(sentence.text)
    talk = [text for intent in SMALL_TALK for text in spread(by_intent[intent], MOST_SMALL_TALK)]
    return [*by_intent[OUTSIDE], *talk]


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
        self._taught: dict[str, _Taught] = {}

    def with_encoder(self, encoder: SentenceEncoder) -> "RetrieverFactory":
        """The same factory for another encoder."""
        unanswerable = [sample.text for sample in self._unanswerable]
        return RetrieverFactory(encoder, self._thresholds, cache=self._cache, unanswerable=unanswerable)

    def make(self, entries: Sequence[FaqEntry]) -> Retriever:
        """From disk if these entries were here before, else by fitting and calibrating."""
        content = self._content(entries)
        parts = self._load(content)
        if parts is None:
            parts = self._fit(content)
            self._save(content, parts)
        return self._retriever(entries, parts)

    def make_quickly(self, entries: Sequence[FaqEntry], previous: Retriever) -> Retriever:
        """From a retriever over nearly the same entries, at the cost of what is new; nothing is saved."""
        content = self._content(entries)
        parts = self._load(content) or self._update(content, previous.parts)
        return self._retriever(entries, parts)

    def _fit(self, content: "_Content") -> Parts:
        samples = thinned(content.samples)
        fitted = TopicModel.fit(samples, self._encode(samples))
        asked = [sample.text for sample in content.asked]
        vectors = fitted.model.centre.questions(self._vectors.vectors(asked, kind="query"))
        phrasings = PhrasingIndex.build(vectors, content.phrasings)
        words = TopicWords(content.texts)
        calibration = _calibrate(samples, fitted, phrasings, words)
        return Parts(phrasings, fitted.model, words, calibration)

    def _update(self, content: "_Content", old: Parts) -> Parts:
        samples = thinned(content.samples)

        def vectors_of(rows: Sequence[int]) -> Vectors:
            asked = [content.asked[row].text for row in rows]
            return old.model.centre.questions(self._vectors.vectors(asked, kind="query"))

        return Parts(
            old.phrasings.updated(content.phrasings, vectors_of),
            old.model.updated(samples, self._encode(samples)),
            TopicWords(content.texts, old.words),
            old.calibration,
        )

    def _retriever(self, entries: Sequence[FaqEntry], parts: Parts) -> Retriever:
        return Retriever(entries, encoder=self._encoder, parts=parts, thresholds=self._thresholds)

    def _encode(self, samples: Sequence[Sample]) -> Vectors:
        vectors = np.empty((len(samples), self._encoder.dim), np.float32)
        for kind in ("query", "passage"):
            rows = [number for number, sample in enumerate(samples) if sample.kind == kind]
            vectors[rows] = self._vectors.vectors([samples[row].text for row in rows], kind=kind)
        return vectors

    def _content(self, entries: Sequence[FaqEntry]) -> "_Content":
        """Entries that have not changed are not spelled out again."""
        taught = {entry.id: self._taught.get(entry.id) for entry in entries}
        self._taught = {
            entry.id: known if (known := taught[entry.id]) and known.entry == entry else _Taught.by(entry)
            for entry in entries
        }
        return _Content(list(self._taught.values()), self._unanswerable)

    def _folder(self, content: "_Content") -> Path | None:
        if self._cache is None:
            return None
        digest = hashlib.sha256(f"{VERSION} {self._encoder.hash}".encode())
        for sample in content.samples:
            digest.update(f"\0{sample.topic}\0{sample.kind}\0{sample.text}".encode())
        return self._cache / digest.hexdigest()[:16]

    def _load(self, content: "_Content") -> Parts | None:
        folder = self._folder(content)
        try:
            return _load(folder, content) if folder else None
        except FileNotFoundError:
            return None

    def _save(self, content: "_Content", parts: Parts) -> None:
        if folder := self._folder(content):
            self._vectors.save()
            _save(folder, parts)
            _forget_old(folder.parent)


@dataclass(frozen=True)
class _Taught:
    """What one entry teaches: questions, lines of its answer, and the questions as they were written."""

    entry: FaqEntry
    asked: tuple[Sample, ...]
    told: tuple[Sample, ...]
    phrasings: tuple[Phrasing, ...]

    @classmethod
    def by(cls, entry: FaqEntry) -> "_Taught":
        return cls(
            entry,
            asked=tuple(_sample(text, entry.id) for text in entry.questions),
            told=tuple(Sample(line, entry.id, kind="passage") for line in _lines(entry.answer)),
            phrasings=tuple(Phrasing(text, entry.id) for text in entry.questions),
        )


class _Content:
    """What all entries teach, in the forms that the parts of a retriever are made from.

    ``asked`` and ``phrasings`` have the same order.  ``samples`` are all sentences that teach, ``texts`` those of each
    topic in the order of topics.
    """

    def __init__(self, taught: Sequence[_Taught], unanswerable: Sequence[Sample]) -> None:
        self.asked = [sample for one in taught for sample in one.asked]
        self.phrasings = [phrasing for one in taught for phrasing in one.phrasings]
        self.samples = [*self.asked, *(sample for one in taught for sample in one.told), *unanswerable]
        self.texts = {
            one.entry.id: [sample.text for sample in (*one.asked, *one.told)]
            for one in sorted(taught, key=lambda one: one.entry.id)
        }


def _load(folder: Path, content: _Content) -> Parts:
    with np.load(folder / "model.npz") as arrays:
        centre = Centre(arrays["query"], arrays["passage"])
        model = TopicModel(thinned(content.samples), arrays["vectors"], arrays["duals"], centre)
    calibration = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    phrasings = PhrasingIndex.load(folder / "phrasings.faiss", content.phrasings)
    return Parts(phrasings, model, TopicWords(content.texts), Calibration(**calibration))


def _save(folder: Path, parts: Parts) -> None:
    """All of it or nothing; another process that saves the same at the same time does no harm."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder.parent) as scratch:
        half = Path(scratch) / folder.name
        half.mkdir()
        parts.phrasings.save(half / "phrasings.faiss")
        model = parts.model
        query, passage = model.centre.query, model.centre.passage
        np.savez(half / "model.npz", vectors=model.vectors, duals=model.duals, query=query, passage=passage)
        calibration = json.dumps(parts.calibration.as_dict(), indent=2)
        (half / "calibration.json").write_text(calibration, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        half.rename(folder)


def _forget_old(cache: Path) -> None:
    made = sorted((path.parent for path in cache.glob("*/calibration.json")), key=lambda folder: folder.stat().st_mtime)
    for folder in made[:-KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _sample(text: str, topic: str) -> Sample:
    spelled = normal_spelling(text)
    return Sample(spelled, topic, is_held_out=is_held_out(spelled))


def _lines(answer: str) -> list[str]:
    lines = (normal_spelling(_MARKUP.sub("", line)) for line in answer.splitlines())
    return [line for line in lines if len(line) >= _SHORTEST_LINE]


def _calibrate(
    samples: Sequence[Sample], fitted: FittedModel, phrasings: PhrasingIndex, words: TopicWords
) -> Calibration:
    """On sentences that the encoder was not tuned on, each as if it had never been written."""
    judges = [row for row, sample in enumerate(samples) if sample.kind == "query" and sample.is_held_out]
    topics = fitted.model.columns[:-1]
    column = {topic: number for number, topic in enumerate(topics)}
    votes = Votes(phrasings, topics)
    evidence = []
    for row, regression in zip(judges, fitted.left_out(judges), strict=True):
        sample = samples[row]
        neighbours = phrasings.nearest(fitted.model.vectors[row], NEIGHBOURS + 1)
        if sample.topic == NO_TOPIC:
            evidence.append(Evidence.of(regression, votes.of(neighbours), words.scores(sample.text)))
            continue
        itself = _row_of(sample, neighbours, phrasings)
        without = words.scores_without(sample.text, column[sample.topic])
        evidence.append(Evidence.of(regression, votes.of(neighbours, without=itself), without))
    return Calibration.fit(evidence, [column.get(samples[row].topic) for row in judges])


def _row_of(sample: Sample, neighbours: Neighbours, phrasings: PhrasingIndex) -> int | None:
    for row in neighbours.rows:
        phrasing = phrasings.phrasings[row]
        if phrasing and phrasing.topic == sample.topic and normal_spelling(phrasing.text) == sample.text:
            return int(row)
    return None
