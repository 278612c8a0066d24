"""The sentences the bot was taught, as vectors: what a miss is near to, and what near means for this encoder."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import faiss
import numpy as np

from bot.settings import PROJECT
from bot.studio.misses.targets import NOT_TAUGHT
from knowledge_base.building.sentences import faq_sentences, intent_sentences
from knowledge_base.retriever import normal_spelling
from knowledge_base.vectors import SentenceEncoder, VectorCache, Vectors

MOST_OF_ONE = 30
"""So many sentences of each intent or topic are enough to tell them apart."""
NEIGHBOURS = 5
TOGETHER = 4.5
"""Sentences mean the same whose cosine is so many standard deviations above that of any two.

Of FAQ phrasings put together by the built encoder, 82 of 100 are in a group of their own topic at 4, and 92 at 5.
"""
ALWAYS_TOGETHER = 0.6
"""From this cosine on they do, however far apart the few sentences are that are known."""


@dataclass(frozen=True)
class Saying:
    """A sentence the bot was taught; ``target`` as in `targets.Target`."""

    text: str
    target: str


Sayings: TypeAlias = Callable[[], Sequence[Saying]]


def published_sayings(root: Path = PROJECT) -> list[Saying]:
    """What stands in the files: examples of intents, and phrasings of the knowledge base."""
    intents = [Saying(one.text, f"intent:{one.label}") for one in intent_sentences(root / "nlu_data" / "intents")]
    topics = [Saying(one.text, f"topic:{one.label}") for one in faq_sentences(root / "knowledge_base" / "faq")]
    return [one for one in (*intents, *topics) if one.target.removeprefix("intent:") not in NOT_TAUGHT]


@dataclass(frozen=True)
class Known:
    """Vectors of what was taught, for one encoder.  Never changes once made.

    Parameters
    ----------
    centre: the mean of all of them; seen from there, vectors of different things point in different directions.
    together: from this cosine on two sentences (or a sentence and a group, on average) mean the same.
    """

    encoder: str
    centre: Vectors
    together: float
    targets: tuple[str, ...]
    vectors: Vectors

    @classmethod
    def of(cls, sayings: Sequence[Saying], vectors: Vectors, encoder: str) -> "Known":
        dim = vectors.shape[1]
        centre = vectors.mean(axis=0) if len(vectors) else np.zeros(dim, np.float32)
        centred = _unit(vectors - centre)
        return cls(
            encoder,
            centre,
            min(TOGETHER * _spread(centred), ALWAYS_TOGETHER),
            tuple(one.target for one in sayings),
            centred,
        )

    def seen(self, vectors: Vectors) -> Vectors:
        """The vectors as seen from the centre, of length 1."""
        return _unit(vectors.astype(np.float32) - self.centre)

    def votes(self, seen: Vectors) -> list[str]:
        """For each vector the target of its nearest sentences; empty where none is near."""
        if not len(self.targets) or not len(seen):
            return [""] * len(seen)
        cosines, rows = faiss.knn(
            np.ascontiguousarray(seen), self.vectors, min(NEIGHBOURS, len(self.targets)), faiss.METRIC_INNER_PRODUCT
        )
        return [self._winner(row, cosine) for row, cosine in zip(rows, cosines, strict=True)]

    def nearest(self, seen: Vectors, k: int) -> list[tuple[str, float]]:
        """Targets near one vector, best first, each with its share of the votes of the ``NEIGHBOURS * k`` nearest."""
        if not len(self.targets):
            return []
        most = min(NEIGHBOURS * k, len(self.targets))
        cosines, rows = faiss.knn(seen[None, :], self.vectors, most, faiss.METRIC_INNER_PRODUCT)
        weights: Counter[str] = Counter()
        for row, cosine in zip(rows[0], cosines[0], strict=True):
            weights[self.targets[row]] += max(float(cosine), 0.0) ** 3  # type: ignore[assignment]
        whole = sum(weights.values()) or 1.0
        return [(target, weight / whole) for target, weight in weights.most_common(k)]

    def _winner(self, rows: Sequence[int], cosines: Sequence[float]) -> str:
        weights: dict[str, float] = defaultdict(float)
        for row, cosine in zip(rows, cosines, strict=True):
            if cosine >= self.together:
                weights[self.targets[row]] += float(cosine)
        return max(weights, key=weights.__getitem__) if weights else ""


class KnownNow:
    """`Known` for the encoder that serves, made when first asked for and again by `renew`; asked in worker threads.

    Parameters
    ----------
    encoder: gives the encoder that serves now.
    cache: a folder for vectors; None keeps none.
    """

    def __init__(
        self, encoder: Callable[[], SentenceEncoder], sayings: Sayings = published_sayings, *, cache: Path | None = None
    ) -> None:
        self._encoder = encoder
        self._sayings = sayings
        self._cache = cache
        self._lock = Lock()
        self._known: Known | None = None

    @property
    def encoder(self) -> SentenceEncoder:
        return self._encoder()

    def __call__(self) -> Known:
        encoder = self._encoder()
        with self._lock:
            if self._known is None or self._known.encoder != encoder.hash:
                self._known = self._made(encoder)
            return self._known

    def renew(self) -> None:
        """Trainers have taught more since."""
        with self._lock:
            self._known = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape ``(len(texts), dim)``, of length 1 as the encoder gives them."""
        return self._encoder().encode([normal_spelling(text) or text for text in texts])

    def _made(self, encoder: SentenceEncoder) -> Known:
        sayings = _thinned(self._sayings())
        vectors = VectorCache(encoder, self._cache)
        made = Known.of(
            sayings, vectors.vectors([normal_spelling(one.text) for one in sayings], kind="query"), encoder.hash
        )
        vectors.save()
        return made


def _thinned(sayings: Iterable[Saying]) -> list[Saying]:
    """Some of each target, the same ones whenever this is asked."""
    by_target: dict[str, list[Saying]] = defaultdict(list)
    for saying in sayings:
        if normal_spelling(saying.text):
            by_target[saying.target].append(saying)
    return [saying for same in by_target.values() for saying in sorted(same, key=_by_chance)[:MOST_OF_ONE]]


def _by_chance(saying: Saying) -> bytes:
    return hashlib.sha256(saying.text.encode()).digest()


def _spread(centred: Vectors) -> float:
    """The standard deviation of the cosine of any two; of a thousand of them, to be quick."""
    some = centred[:: max(1, len(centred) // 1000)]
    if len(some) < 3:
        return ALWAYS_TOGETHER / TOGETHER
    cosines = (some @ some.T)[np.triu_indices(len(some), 1)]
    return float(cosines.std())


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(length, 1e-9)).astype(np.float32)
    return unit
