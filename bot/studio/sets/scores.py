"""How well the bot did on a set when its sentences were said, estimated for all messages there were; pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from bot.studio.sets.kinds import FALLBACK, OUT_OF_SCOPE
from bot.studio.sets.model import Accuracy

_Z = 1.959963984540054


@dataclass(frozen=True)
class Judged:
    """``n`` sentences with the same label and the same guess of the bot; each stands for ``weight`` messages."""

    intents: tuple[str, ...]
    guess: str
    weight: float
    n: int = 1

    @property
    def is_right(self) -> bool:
        return (OUT_OF_SCOPE if self.guess == FALLBACK else self.guess) in self.intents


def accuracy(judged: Sequence[Judged]) -> Accuracy:
    """By weights; the bounds are Wilson's (1927) for as many sentences as the weights leave (Kish 1965)."""
    whole = sum(one.weight * one.n for one in judged)
    if not whole:
        return Accuracy(n=0, share=None, low=None, high=None)
    share = sum(one.weight * one.n for one in judged if one.is_right) / whole
    low, high = wilson(share, whole**2 / sum(one.weight**2 * one.n for one in judged))
    return Accuracy(n=sum(one.n for one in judged), share=share, low=low, high=high)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share that was found in ``n`` trials."""
    middle = share + _Z**2 / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    whole = 1 + _Z**2 / n
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def confusions(judged: Sequence[Judged]) -> list[tuple[str, str, float]]:
    """Intent, what it was taken for, and the share of all messages; the greatest first."""
    whole = sum(one.weight * one.n for one in judged)
    found: dict[tuple[str, str], float] = defaultdict(float)
    for one in judged:
        if not one.is_right:
            found[one.intents[0], one.guess] += one.weight * one.n
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [(truth, guess, weight / whole) for (truth, guess), weight in ranked]
