"""How far two people agree beyond chance: Cohen's kappa (1960); pure."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
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


def cohen_kappa(pairs: Mapping[tuple[L, L], int]) -> float | None:
    """(observed - expected) / (1 - expected); None for no pairs, or where chance alone agrees always.

    ``pairs`` of labels with how often each was given, here and below.
    """
    n = sum(pairs.values())
    if not n:
        return None
    first, second = Counter[L](), Counter[L]()
    for (one, other), times in pairs.items():
        first[one] += times
        second[other] += times
    observed = sum(times for (one, other), times in pairs.items() if one == other) / n
    expected = sum(first[label] * second[label] for label in first) / n**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def per_intent(pairs: Mapping[tuple[frozenset[str], frozenset[str]], int]) -> tuple[IntentAgreement, ...]:
    """The least agreed upon first."""
    marks: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
    for (one, other), times in pairs.items():
        for intent in one | other:
            marks[intent][intent in one, intent in other] += times
    whole = sum(pairs.values())
    found = [_one_intent(intent, marks[intent], whole) for intent in sorted(marks)]
    return tuple(sorted(found, key=lambda one: (one.both / one.n, -one.n)))


def _one_intent(intent: str, marks: Counter[tuple[bool, bool]], whole: int) -> IntentAgreement:
    """``marks`` of the sentences that either gave the intent, of all there are."""
    n = marks.total()
    others = {(False, False): whole - n} if whole > n else {}
    return IntentAgreement(intent, n, marks[True, True], cohen_kappa(marks | Counter(others)))


def confused(pairs: Mapping[tuple[frozenset[str], frozenset[str]], int]) -> tuple[tuple[str, str, int], ...]:
    """What one called this and the other that, whoever it was."""
    found = Counter[tuple[str, str]]()
    for (one, other), times in pairs.items():
        for here in one - other:
            for there in other - one:
                found[min(here, there), max(here, there)] += times
    return tuple((here, there, n) for (here, there), n in found.most_common())
