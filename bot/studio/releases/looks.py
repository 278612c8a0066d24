"""When a comparison that goes on is looked at, and how sure each look has to be.  Pure.

Who looks again and again at equal releases sees a clear difference in the end.  So the looks are few, and they share
one probability of a false alarm: **alpha spending** (Lan and DeMets 1983) with the function ``a * k / (k + 1)`` of the
number of looks, of which look ``k`` has ``a / (k * (k + 1))``.  By Bonferroni's inequality all looks together, however
many they become, raise a false alarm with probability ``a`` at most.
"""

from dataclasses import dataclass
from math import floor, log

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Looks:
    """
    Parameters
    ----------
    least: cases on the smaller side at the first look.
    growth: each further look has so many times the cases of the one before.
    alarm: probability of a false alarm, of all looks at one measure together.
    """

    least: int
    growth: float
    alarm: float

    def due(self, n: int) -> int:
        """The number of the latest look that ``n`` cases on the smaller side are enough for; 0 before the first."""
        if n < self.least:
            return 0
        return 1 + floor(log(n / self.least) / log(self.growth) + _ROUNDING)

    def confidence(self, look: int) -> float:
        """How sure (one-sided) a difference has to be at this look, the first being 1."""
        return 1 - self.alarm / (look * (look + 1))
