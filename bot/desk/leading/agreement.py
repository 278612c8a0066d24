"""How far two scorers agree about the same service; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.desk.leading.kinds import Mark

Marks = Mapping[str, Mark]


@dataclass(frozen=True)
class Agreement:
    """Of all pairs of scorers, over all criteria that both marked.

    Parameters
    ----------
    share: of the marks that are the same; None where nothing can be compared.
    kappa: Cohen's kappa: the share beyond what chance would give; None where chance alone would agree always.
    spread: the greatest difference of the totals of one service.
    """

    pairs: int
    share: float | None
    kappa: float | None
    spread: float


def agreement_of(services: Sequence[Sequence[tuple[Marks, float]]]) -> Agreement:
    """Compare what was given for each service: marks and total of every scorer."""
    both = [
        (one[key], other[key])
        for scores in services
        for (one, _), (other, _) in combinations(scores, 2)
        for key in one
        if key in other
    ]
    totals = [[total for _, total in scores] for scores in services]
    spread = max((max(each) - min(each) for each in totals if each), default=0.0)
    share = sum(one is other for one, other in both) / len(both) if both else None
    return Agreement(len(both), share, _kappa(both, share), round(spread, 1))


def differing(scores: Sequence[Marks]) -> tuple[str, ...]:
    """Keys that not everybody marked the same."""
    keys = dict.fromkeys(key for marks in scores for key in marks)
    return tuple(key for key in keys if len({marks.get(key) for marks in scores}) > 1)


def _kappa(both: Sequence[tuple[Mark, Mark]], share: float | None) -> float | None:
    if share is None:
        return None
    # Scorers of a pair have no order: the chance is of both together.
    used = Counter(mark for pair in both for mark in pair)
    chance = sum((count / (2 * len(both))) ** 2 for count in used.values())
    return None if chance == 1.0 else round((share - chance) / (1 - chance), 3)
