"""Shares and how sure one can be of them.  Pure."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """``k`` of ``n``."""

    k: int
    n: int

    @property
    def value(self) -> float:
        return self.k / self.n if self.n else 0.0

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """Wilson (1927): good for few cases too, and for shares near 0 and 1."""
        if self.n == 0:
            return Interval(0.0, 1.0)
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        middle = self.value + z * z / (2 * self.n)
        half = z * sqrt(self.value * (1 - self.value) / self.n + z * z / (4 * self.n**2))
        scale = 1 + z * z / self.n
        return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def difference(new: Share, old: Share, confidence: float = CONFIDENCE) -> Interval:
    """Of ``new - old``: Newcombe's hybrid of two Wilson intervals (1998, method 10)."""
    one, other = new.interval(confidence), old.interval(confidence)
    apart = new.value - old.value
    below = sqrt((new.value - one.low) ** 2 + (other.high - old.value) ** 2)
    above = sqrt((one.high - new.value) ** 2 + (old.value - other.low) ** 2)
    return Interval(max(-1.0, apart - below), min(1.0, apart + above))


def is_higher(new: Share, old: Share, *, confidence: float, least: int) -> bool:
    """Whether the new share is the higher one, so surely (one-sided); never with fewer cases on either side."""
    if min(new.n, old.n) < least:
        return False
    return difference(new, old, 2 * confidence - 1).low > 0
