"""Contenders that need no framework: what a developer would try first.

Each gets the sentences it is taught and those it is asked, and gives the labels of each question, likeliest first.
All read the normal spelling, as ours does.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rank_bm25 import BM25Okapi
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.dialogue.components.text import normalize
from knowledge_base.building.sentences import Sentence
from knowledge_base.index import SentenceEncoder, Vectors

Ranking = list[str]
Contender = Callable[[Sequence[Sentence], Sequence[str]], list[Ranking]]
Scores = npt.NDArray[np.float64]

KEPT = 20
"""So many places of a ranking are kept."""

_STRENGTH = 10.0
_STEPS = 300
_LONGEST_BM25_GRAM = 3


def ngram_regression(taught: Sequence[Sentence], asked: Sequence[str]) -> list[Ranking]:
    """Logistic regression on TF-IDF of character n-grams, 1 to 4."""
    known, wanted = _ngrams(taught, asked)
    return _by_regression(known, [s.label for s in taught], wanted)


def vectors_and_ngrams(encoder: SentenceEncoder) -> Contender:
    """The same with sentence vectors beside the n-grams."""

    def rank(taught: Sequence[Sentence], asked: Sequence[str]) -> list[Ranking]:
        known, wanted = _ngrams(taught, asked)
        near_known, near_wanted = _standardised(encoder, taught, asked)
        return _by_regression(
            hstack([known, csr_matrix(near_known)]).tocsr(),
            [s.label for s in taught],
            hstack([wanted, csr_matrix(near_wanted)]).tocsr(),
        )

    return rank


def nearest_vector(encoder: SentenceEncoder) -> Contender:
    """The label of the sentence whose vector is nearest."""

    def rank(taught: Sequence[Sentence], asked: Sequence[str]) -> list[Ranking]:
        scores = encoder.encode(_spelled(asked)) @ encoder.encode(_texts(taught)).T
        return rankings(scores.astype(np.float64), [s.label for s in taught])

    return rank


def nearest_by_bm25(taught: Sequence[Sentence], asked: Sequence[str]) -> list[Ranking]:
    """The label of the sentence that BM25 finds first, over character n-grams, 1 to 3."""
    index = BM25Okapi([grams(text) for text in _texts(taught)])
    scores = np.stack([index.get_scores(grams(text)) for text in _spelled(asked)])
    return rankings(scores, [s.label for s in taught])


def rankings(scores: Scores, labels: Sequence[str]) -> list[Ranking]:
    """``scores`` has a row for each question and a column for each known sentence: a label counts by its best one."""
    names, columns = np.unique(np.array(labels), return_inverse=True)
    best = np.full((len(scores), len(names)), -np.inf)
    for row, of_row in zip(best, scores, strict=True):
        np.maximum.at(row, columns, of_row)
    order = np.argsort(-best, axis=1, kind="stable")[:, :KEPT]
    return [[str(names[column]) for column in row] for row in order]


def grams(text: str) -> list[str]:
    """Character n-grams, 1 to 3.

    >>> grams("abc")
    ['a', 'b', 'c', 'ab', 'bc', 'abc']
    """
    text = text.lower()
    lengths = range(1, _LONGEST_BM25_GRAM + 1)
    return [text[at : at + length] for length in lengths for at in range(len(text) - length + 1)]


def _by_regression(known: Any, labels: list[str], wanted: Any) -> list[Ranking]:
    model = LogisticRegression(C=_STRENGTH, max_iter=_STEPS)
    model.fit(known, labels)
    return rankings(model.predict_proba(wanted), [str(name) for name in model.classes_])


def _ngrams(taught: Sequence[Sentence], asked: Sequence[str]) -> tuple[Any, Any]:
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True)
    return vectorizer.fit_transform(_texts(taught)), vectorizer.transform(_spelled(asked))


def _standardised(
    encoder: SentenceEncoder, taught: Sequence[Sentence], asked: Sequence[str]
) -> tuple[Vectors, Vectors]:
    """Without what all sentences share, and about as long as a row of n-grams."""
    known = encoder.encode(_texts(taught))
    mean = known.mean(axis=0)
    scale = float(np.linalg.norm(known - mean, axis=1).mean())
    return (known - mean) / scale, (encoder.encode(_spelled(asked)) - mean) / scale


def _texts(taught: Sequence[Sentence]) -> list[str]:
    return _spelled([sentence.text for sentence in taught])


def _spelled(texts: Sequence[str]) -> list[str]:
    return [normalize(text).text for text in texts]
