"""How satisfied customers were, added up; pure."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import NormalDist
from typing import TypeVar

STARS = (1, 2, 3, 4, 5)
GOOD = 4
FEWEST = 5
"""Answers, for an interval to tell anything."""
_Z = NormalDist().inv_cdf(0.975)
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Tally:
    """So many were asked; ``stars`` counts the answers of 1 to 5."""

    offered: int = 0
    stars: tuple[int, ...] = (0, 0, 0, 0, 0)

    def __add__(self, other: "Tally") -> "Tally":
        both = zip(self.stars, other.stars, strict=True)
        return Tally(self.offered + other.offered, tuple(one + more for one, more in both))

    @property
    def answered(self) -> int:
        return sum(self.stars)

    @property
    def mean(self) -> float | None:
        return _mean(self.stars) if self.answered else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % confidence of the mean by Student's t, within 1 to 5; None with too few answers.

        The variance counts one more answer at each end of the scale, so that five times five stars is no certainty.
        """
        count = self.answered
        if count < FEWEST:
            return None
        mean, wider = _mean(self.stars), (self.stars[0] + 1, *self.stars[1:4], self.stars[4] + 1)
        middle = _mean(wider)
        spread = sum(n * (star - middle) ** 2 for star, n in zip(STARS, wider, strict=True)) / (count + 1)
        half = student_t(count - 1) * sqrt(spread / count)
        return max(1.0, mean - half), min(5.0, mean + half)

    @property
    def good(self) -> float | None:
        """The share of four and five stars among the answers."""
        return sum(self.stars[GOOD - 1 :]) / self.answered if self.answered else None

    @property
    def response(self) -> float | None:
        """The share of those asked who answered."""
        return self.answered / self.offered if self.offered else None


@dataclass(frozen=True)
class Cell:
    """A tally of one day, channel, team and person; ``agent`` and ``team`` are None for the bot."""

    day: date
    channel: str
    about: str
    team: str | None
    agent: str | None
    agent_name: str | None
    tally: Tally


def by(cells: Iterable[Cell], key: Callable[[Cell], Key]) -> dict[Key, Tally]:
    """Tallies by whatever; in the order they first appear."""
    found: dict[Key, Tally] = {}
    for cell in cells:
        found[key(cell)] = found.get(key(cell), Tally()) + cell.tally
    return found


def student_t(freedom: int) -> float:
    """The 97.5 % quantile, by the expansion of Cornish and Fisher: within 0.02 from four degrees of freedom on."""
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, 1))


def _mean(stars: tuple[int, ...]) -> float:
    return sum(star * count for star, count in zip(STARS, stars, strict=True)) / sum(stars)
