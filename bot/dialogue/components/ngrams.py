"""What the n-gram features are, apart from Rasa."""

import re
from dataclasses import dataclass

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
