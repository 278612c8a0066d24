"""Labels that hold: examples whose own intent a classifier taught without them does not believe in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.checking.examples import Example
from bot.dialogue.components.linear import Features, best_temperature, rows, softmax
from bot.dialogue.components.ngrams import NgramOptions, as_written
from bot.dialogue.components.pooled import PooledModel, PooledOptions
from bot.dialogue.components.text import normalize
from knowledge_base.vectors import SentenceEncoder, VectorCache

FOLDS = 5
DOUBTED = 0.05
"""The given intent is held for less likely than this..."""
SURE = 0.8
"""...and another one for likelier than this."""
NGRAMS = NgramOptions(longest=4, min_count=2)


@dataclass(frozen=True)
class Doubt:
    """An example that rather says another intent; the confidence in the given one and in the other."""

    example: Example
    given: float
    other: str
    sure: float


def doubts(examples: Sequence[Example], encoder: SentenceEncoder, cache: Path) -> list[Doubt]:
    """Judge each example by a model taught with the other four fifths; the most doubtful first.

    An encoder that was tuned on these very labels believes them more than it should, so this finds the clear errors
    only; examples that are new since the tuning are judged without favour.
    """
    found = probabilities(examples, features_of(examples, encoder, cache))
    return _doubtful(examples, sorted({example.intent for example in examples}), found)


def _doubtful(examples: Sequence[Example], names: Sequence[str], found: npt.NDArray[np.float64]) -> list[Doubt]:
    doubtful = []
    for example, row in zip(examples, found, strict=True):
        given, best = float(row[names.index(example.intent)]), int(row.argmax())
        if given < DOUBTED and row[best] > SURE:
            doubtful.append(Doubt(example, given, names[best], float(row[best])))
    return sorted(doubtful, key=lambda doubt: -doubt.sure)


def doubts_about(
    new: Sequence[Example], known: Sequence[Example], encoder: SentenceEncoder, cache: Path
) -> list[Doubt]:
    """Judge new examples by a model that knows none of them; the most doubtful first.

    So a whole batch of wrong labels cannot vouch for itself.  Intents that are new themselves are not judged.
    """
    names = {example.intent for example in known}
    asked = [example for example in new if example.intent in names]
    if not asked:
        return []
    features = features_of([*known, *asked], encoder, cache)
    is_new = np.arange(len(known) + len(asked)) >= len(known)
    return _doubtful(asked, sorted(names), _judged(known, rows(features, ~is_new), rows(features, is_new)))


def features_of(examples: Sequence[Example], encoder: SentenceEncoder, cache: Path) -> Features:
    """N-grams and sentence vectors, as the intent classifier sees them; vectors are shared with training."""
    texts = [normalize(example.text).text for example in examples]
    known = VectorCache(encoder, cache)
    vectors = known.vectors(texts, kind="query")
    known.save()
    return NGRAMS.vectorizer().fit_transform([as_written(text) for text in texts]).tocsr(), vectors


def probabilities(examples: Sequence[Example], features: Features) -> npt.NDArray[np.float64]:
    """Of every intent, by name, for each example, from models that did not see it: ``(n, intents)``."""
    labels = np.array([example.intent for example in examples])
    names, columns = np.unique(labels, return_inverse=True)
    fold = _folds(columns)
    scores = np.zeros((len(labels), len(names)))
    nobody = np.zeros(len(labels), dtype=bool)
    for number in range(FOLDS):
        asked = fold == number
        taught = list(labels[~asked])
        model = PooledModel.fit(rows(features, ~asked), taught, nobody[~asked], PooledOptions())
        scores[asked] = model.scores(rows(features, asked))
    return softmax(scores / best_temperature(scores, columns))


def _judged(known: Sequence[Example], taught: Features, asked: Features) -> npt.NDArray[np.float64]:
    """Of every intent, by name; every fifth known example is kept back, to be honest about confidence."""
    labels = np.array([example.intent for example in known])
    names, columns = np.unique(labels, return_inverse=True)
    kept = _folds(columns) == 0
    nobody = np.zeros(int((~kept).sum()), dtype=bool)
    model = PooledModel.fit(rows(taught, ~kept), list(labels[~kept]), nobody, PooledOptions())
    scores = np.full((asked[0].shape[0], len(names)), -np.inf)
    place = [int(np.flatnonzero(names == name)[0]) for name in model.classes]
    temperature = 1.0
    if len(model.classes) == len(names):
        temperature = best_temperature(model.scores(rows(taught, kept)), columns[kept])
    scores[:, place] = model.scores(asked)
    return softmax(scores / temperature)


def _folds(columns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each intent is dealt out evenly, the same way every time."""
    order = np.random.default_rng(7).permutation(len(columns))
    fold = np.zeros(len(columns), dtype=np.int64)
    for intent in np.unique(columns):
        members = order[columns[order] == intent]
        fold[members] = np.arange(len(members)) % FOLDS
    return fold
