"""What the n-gram features are, apart from Rasa."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

_NUMBER = re.compile(r"(?:YD)?[\d\s-]{3,}\d", re.IGNORECASE)
"""A waybill number is written with and without its letters; those of an order or a ticket tell it apart."""


@dataclass(frozen=True)
class NgramOptions:
    """``longest`` characters a gram, seen in at least ``min_count`` sentences."""

    longest: int
    min_count: int

    def vectorizer(self) -> TfidfVectorizer:
        return TfidfVectorizer(
            analyzer="char",
            ngram_range=(1, self.longest),
            min_df=self.min_count,
            sublinear_tf=True,
            lowercase=False,
        )


class NgramWeights:
    """What a fitted vectorizer knows, for one sentence at a time: scikit-learn's own way to a row takes a millisecond.

    Parameters
    ----------
    longest: characters of the longest gram.
    columns: of every known gram.
    weights: inverse document frequencies by column, shape ``(len(columns),)``.
    """

    def __init__(self, longest: int, columns: Mapping[str, int], weights: npt.NDArray[Any]) -> None:
        self._longest = longest
        self._columns = columns
        self._weights = weights

    def row(self, text: str) -> csr_matrix:
        """The same as ``TfidfVectorizer.transform([text])``: ``(1, len(columns))``, of length 1 or empty."""
        found = Counter(
            column
            for size in range(1, self._longest + 1)
            for start in range(len(text) - size + 1)
            if (column := self._columns.get(text[start : start + size])) is not None
        )
        indices = np.fromiter(sorted(found), dtype=np.int32, count=len(found))
        counts = np.fromiter((found[index] for index in indices.tolist()), dtype=np.float64, count=len(found))
        values = (np.log(counts) + 1.0) * self._weights[indices]
        if length := float(np.sqrt(values @ values)):
            values /= length
        return csr_matrix((values, indices, np.array([0, len(indices)])), shape=(1, len(self._columns)))


def as_written(text: str) -> str:
    """The text as the n-grams see it: lower case, marked ends, a number as the mark of its length.

    >>> as_written("YD1234567890123到哪了")
    '^⑬到哪了$'
    >>> as_written("订单DD261115000456")
    '^订单dd⑫$'
    """
    return "^" + _NUMBER.sub(_mark, text).lower() + "$"


def _mark(match: "re.Match[str]") -> str:
    digits = sum(character.isdigit() for character in match.group())
    return chr(0x2460 + min(digits, 20) - 1)
