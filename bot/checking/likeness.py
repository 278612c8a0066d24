"""Sentences that say the same, or nearly."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.checking.examples import Example

NEAR = 0.9
"""From this share of common character pairs on (Jaccard) two sentences are nearly the same."""
SHORTEST = 6
"""Shorter sentences are too easily alike."""


@dataclass(frozen=True)
class Twins:
    """Two examples that are alike, and how much."""

    first: Example
    second: Example
    likeness: float

    @property
    def is_across(self) -> bool:
        return self.first.intent != self.second.intent


def duplicates(examples: Sequence[Example]) -> list[Twins]:
    """Each example that says exactly what an earlier one says, in the normal spelling."""
    seen: dict[str, Example] = {}
    found = []
    for example in examples:
        earlier = seen.setdefault(example.bare, example)
        if earlier is not example:
            found.append(Twins(earlier, example, 1.0))
    return found


def near_duplicates(examples: Sequence[Example], threshold: float = NEAR) -> list[Twins]:
    """All pairs of longer sentences that share so many character pairs, most alike first.

    Prefix filtering (Chaudhuri et al. 2006): two sets that overlap enough share one of their few rarest members, so
    only sentences that do are compared.
    """
    long = [
        (example, pairs) for example in examples if len(bare := example.bare) >= SHORTEST for pairs in [_pairs(bare)]
    ]
    rarity = _rarity([pairs for _, pairs in long])
    found = [
        Twins(long[one][0], long[other][0], likeness)
        for one, other in _candidates([pairs for _, pairs in long], rarity, threshold)
        if (likeness := _jaccard(long[one][1], long[other][1])) >= threshold
    ]
    return sorted(found, key=lambda twins: -twins.likeness)


def _candidates(
    sentences: Sequence[frozenset[str]], rarity: Callable[[str], tuple[int, str]], threshold: float
) -> Iterator[tuple[int, int]]:
    having: defaultdict[str, list[int]] = defaultdict(list)
    for number, pairs in enumerate(sentences):
        rarest = sorted(pairs, key=rarity)[: len(pairs) - math.ceil(threshold * len(pairs)) + 1]
        for other in {other for pair in rarest for other in having[pair]}:
            yield other, number
        for pair in rarest:
            having[pair].append(number)


def _rarity(sentences: Sequence[frozenset[str]]) -> Callable[[str], tuple[int, str]]:
    """Rare ones first, always in the same order."""
    counts = Counter(pair for pairs in sentences for pair in pairs)
    return lambda pair: (counts[pair], pair)


def _pairs(bare: str) -> frozenset[str]:
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
