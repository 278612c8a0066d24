"""FAQ entries out of pairs of questions that people judged to mean the same, or not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LARGEST_GROUP = 15


@dataclass(frozen=True)
class Pair:
    one: str
    other: str
    is_same: bool


def groups(pairs: Sequence[Pair], *, smallest: int = 3) -> list[list[str]]:
    """Questions that mean the same, by what was judged: connected components of the positive pairs.

    A component that holds a negative pair contradicts itself and is dropped, as is one of fewer than ``smallest``
    questions; of a large one the first fifteen are kept.  All order is by spelling, whatever the order of the pairs.
    """
    links: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        if pair.is_same and pair.one != pair.other:
            links[pair.one].add(pair.other)
            links[pair.other].add(pair.one)
    apart = [(pair.one, pair.other) for pair in pairs if not pair.is_same]
    found = [component for component in _components(links) if not _contradicts(component, apart)]
    return sorted(sorted(component)[:LARGEST_GROUP] for component in found if len(component) >= smallest)


def _components(links: dict[str, set[str]]) -> Iterable[set[str]]:
    seen: set[str] = set()
    for first in links:
        if first in seen:
            continue
        component, waiting = {first}, [first]
        while waiting:
            fresh = links[waiting.pop()] - component
            component |= fresh
            waiting += fresh
        seen |= component
        yield component


def _contradicts(component: set[str], apart: Iterable[tuple[str, str]]) -> bool:
    return any(one in component and other in component for one, other in apart)
