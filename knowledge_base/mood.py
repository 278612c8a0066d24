"""Reads the mood of a message: two small calibrated linear models over the sentence vector and character n-grams."""

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.conversations.mood import CALM, Mood, Sentiment, Urgency
from bot.dialogue.components.linear import Features, LinearModel, LinearOptions
from bot.dialogue.components.ngrams import NgramOptions, as_written
from bot.dialogue.components.text import normalize, simplify
from knowledge_base.encoder import Encoder, is_held_out
from knowledge_base.index import SentenceEncoder, VectorCache, Vectors, write_atomically
from knowledge_base.mood_build import MOOD_DATA, model_path
from knowledge_base.mood_sentences import Labelled, read_sentiments, read_urgencies

NGRAMS = NgramOptions(longest=3, min_count=2)
SENTIMENT = LinearOptions(strength=8.0, dense_weight=0.4)
URGENCY = LinearOptions(strength=8.0, dense_weight=0.4)
"""Chosen by cross-validation between writers; the table is in docs/nlu.md."""

KEPT = 4
"""So many fitted models stay on disk, the latest."""

_LONGER_THAN_THREE = re.compile(r"(.)\1{3,}")
_LONGEST = 400


def as_felt(text: str) -> str:
    """The text as the n-grams see it: unlike for intents, ``！！！`` and ``急急急`` stay what they are.

    >>> as_felt("怎麼還不送！！！！！")
    '^怎么还不送!!!$'
    """
    simple = simplify(unicodedata.normalize("NFKC", text[:_LONGEST]))
    return as_written(_LONGER_THAN_THREE.sub(r"\1\1\1", simple))


@dataclass
class MoodHead:
    """One of the two readings: how probable each label is."""

    vectorizer: TfidfVectorizer
    model: LinearModel

    @classmethod
    def fit(cls, sentences: Labelled, vectors: Vectors, options: LinearOptions) -> "MoodHead":
        """One sentence in ten sets the temperature, so that confidences are honest."""
        vectorizer = NGRAMS.vectorizer()
        sparse = vectorizer.fit_transform([as_felt(text) for text in sentences.texts]).tocsr()
        held_out = np.array([is_held_out(text) for text in sentences.texts])
        return cls(vectorizer, LinearModel.fit((sparse, vectors), sentences.labels, held_out, options))

    def best(self, texts: Sequence[str], vectors: Vectors) -> list[tuple[str, float]]:
        """The likeliest label of each text and its probability."""
        found = self.probabilities(texts, vectors)
        columns = found.argmax(axis=1)
        return [(self.model.classes[column], float(row[column])) for row, column in zip(found, columns, strict=True)]

    def probabilities(self, texts: Sequence[str], vectors: Vectors) -> npt.NDArray[np.float64]:
        features: Features = (self.vectorizer.transform([as_felt(text) for text in texts]).tocsr(), vectors)
        return self.model.probabilities(features)

    def arrays(self) -> dict[str, Any]:
        """All of it, for ``np.savez``."""
        terms = [term for term, _ in sorted(self.vectorizer.vocabulary_.items(), key=lambda pair: pair[1])]
        names = json.dumps({"terms": terms, "classes": self.model.classes}, ensure_ascii=False)
        return {"names": np.array(names), "idf": self.vectorizer.idf_, **self.model.arrays()}

    @classmethod
    def of(cls, arrays: dict[str, Any]) -> "MoodHead":
        names, idf = json.loads(str(arrays.pop("names"))), arrays.pop("idf")
        vectorizer = NGRAMS.vectorizer()
        vectorizer.vocabulary_ = {term: column for column, term in enumerate(names["terms"])}
        vectorizer.idf_ = idf
        return cls(vectorizer, LinearModel(names["classes"], **arrays))


@dataclass
class MoodModel:
    """Both readings together."""

    sentiment: MoodHead
    urgency: MoodHead

    @classmethod
    def fit(cls, encode: Callable[[list[str]], Vectors], data: Path = MOOD_DATA) -> "MoodModel":
        """Raises `DataFileError` when the sentences are not in order."""
        sentiments, urgencies = read_sentiments(data), read_urgencies(data)
        return cls(
            MoodHead.fit(sentiments, encode(sentiments.texts), SENTIMENT),
            MoodHead.fit(urgencies, encode(urgencies.texts), URGENCY),
        )

    def read(self, texts: Sequence[str], vectors: Vectors) -> list[Mood]:
        pairs = zip(self.sentiment.best(texts, vectors), self.urgency.best(texts, vectors), strict=True)
        return [
            Mood(Sentiment(feeling), feels_sure, Urgency(haste), haste_sure)
            for (feeling, feels_sure), (haste, haste_sure) in pairs
        ]

    def save(self, path: Path) -> None:
        """All of it or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        parts = {
            f"{head}.{name}": array
            for head, part in (("sentiment", self.sentiment), ("urgency", self.urgency))
            for name, array in part.arrays().items()
        }
        write_atomically(path, lambda scratch: np.savez(scratch, **parts))

    @classmethod
    def load(cls, path: Path) -> "MoodModel":
        with np.load(path) as content:
            parts = {name: content[name] for name in content.files}
        heads = [
            {name.partition(".")[2]: array for name, array in parts.items() if name.startswith(f"{head}.")}
            for head in ("sentiment", "urgency")
        ]
        return cls(*(MoodHead.of(arrays) for arrays in heads))


class TrainedMoodReader:
    """Reads moods with the model that was fitted for this encoder; loads it at the first reading, or fits it then.

    Asks the encoder for the very spelling the FAQ retriever asks for, so that one of them finds the vector ready.

    Parameters
    ----------
    cache: the folder of fitted models and of vectors.
    data: the folder of ``sentiment.yml`` and ``urgency.yml``.
    """

    def __init__(self, encoder: SentenceEncoder, cache: Path, *, data: Path = MOOD_DATA) -> None:
        self._encoder = encoder
        self._cache = cache
        self._data = data
        self._fitted: _Fitted | None = None
        self._preparing = Lock()

    def read(self, text: str) -> Mood:
        return self.read_all([text])[0]

    def read_all(self, texts: Sequence[str]) -> list[Mood]:
        """Many at once, for measuring; a text without any character is calm."""
        fitted = self._fitted or self.prepare()
        spelled = [normalize(text).text for text in texts]
        moods = fitted.model.read(texts, fitted.encoder.encode(spelled))
        return [mood if seen else CALM for mood, seen in zip(moods, spelled, strict=True)]

    def prepare(self) -> "_Fitted":
        """Load the model, or fit it if it never was."""
        with self._preparing:
            if self._fitted is None:
                self._fitted = self._load_or_fit(self._encoder)
            return self._fitted

    def use(self, encoder: SentenceEncoder) -> None:
        """Read with another encoder from now on; until its model is there, the old pair serves."""
        fitted = self._load_or_fit(encoder)
        with self._preparing:
            self._encoder, self._fitted = encoder, fitted

    def _load_or_fit(self, encoder: SentenceEncoder) -> "_Fitted":
        path = model_path(encoder.hash, self._cache, self._data)
        if path.exists():
            return _Fitted(encoder, MoodModel.load(path))
        known = VectorCache(encoder, self._cache)
        model = MoodModel.fit(
            lambda texts: known.vectors([normalize(text).text for text in texts], kind="query"), self._data
        )
        known.save()
        model.save(path)
        _forget_old(self._cache)
        return _Fitted(encoder, model)


@dataclass(frozen=True)
class _Fitted:
    """A model and the encoder it was fitted for."""

    encoder: SentenceEncoder
    model: MoodModel


def _forget_old(cache: Path) -> None:
    for kind in ("mood-*.npz", "vectors-*.npz"):
        for path in sorted(cache.glob(kind), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    TrainedMoodReader(Encoder(Path(sys.argv[1])), Path(sys.argv[2])).prepare()
