"""How far two people agree beyond chance: Cohen's kappa (1960); pure."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

L = TypeVar("L", bound=Hashable)


@dataclass(frozen=True)
class IntentAgreement:
    """Of ``n`` sentences that either of the two gave this intent; ``kappa`` for this intent against all others."""

    intent: str
    n: int
    both: int
    kappa: float | None


@dataclass(frozen=True)
class Agreement:
    """``kappa`` of intents, of topics, and of whether the same entities were marked (a share: kappa has no chance to
    compare with there).  None where there is nothing to compare, or everybody always said the same.

    ``confused``: pairs of intents that one said instead of the other, the most frequent first.
    """

    n: int
    same: float | None
    kappa: float | None
    topic_kappa: float | None
    entities_same: float | None
    per_intent: tuple[IntentAgreement, ...]
    confused: tuple[tuple[str, str, int], ...]


def cohen_kappa(pairs: Sequence[tuple[L, L]]) -> float | None:
    """(observed - expected) / (1 - expected); None for no pairs, or where chance alone agrees always."""
    if not pairs:
        return None
    n = len(pairs)
    observed = sum(one == other for one, other in pairs) / n
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    expected = sum(first[label] * second[label] for label in first) / n**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def per_intent(pairs: Sequence[tuple[frozenset[str], frozenset[str]]]) -> tuple[IntentAgreement, ...]:
    """The least agreed upon first."""
    found = []
    for intent in sorted({name for pair in pairs for side in pair for name in side}):
        marks = [(intent in one, intent in other) for one, other in pairs]
        n, both = sum(any(mark) for mark in marks), sum(all(mark) for mark in marks)
        found.append(IntentAgreement(intent, n, both, cohen_kappa(marks)))
    return tuple(sorted(found, key=lambda one: (one.both / one.n, -one.n)))


def confused(pairs: Iterable[tuple[frozenset[str], frozenset[str]]]) -> tuple[tuple[str, str, int], ...]:
    """What one called this and the other that, whoever it was."""
    found = Counter(
        (min(here, there), max(here, there)) for one, other in pairs for here in one - other for there in other - one
    )
    return tuple((here, there, n) for (here, there), n in found.most_common())
