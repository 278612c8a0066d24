"""What the checks found, line by line, each with the places to look at."""

from collections.abc import Iterator, Sequence

from bot.checking.balance import WIDEST, Counts
from bot.checking.examples import Example
from bot.checking.likeness import NEAR, Twins, duplicates, near_duplicates
from bot.checking.noise import Doubt


def likeness_lines(examples: Sequence[Example]) -> Iterator[str]:
    """Exact ones first, then near ones; those that stand under two intents do the most harm."""
    same = duplicates(examples)
    yield f"{len(same)} of {len(examples)} examples stand twice"
    yield from map(_twins, same)
    near = [twins for twins in near_duplicates(examples) if twins.first.bare != twins.second.bare]
    across = [twins for twins in near if twins.is_across]
    yield f"{len(near)} pairs share {NEAR:.0%} of their character pairs, {len(across)} of them under two intents"
    yield from map(_twins, [*across, *(twins for twins in near if not twins.is_across)])


def balance_lines(counts: Counts) -> Iterator[str]:
    yield f"the largest task has {counts.spread:.1f} times the examples of the smallest (at most {WIDEST:.0f})"
    yield from counts.too_few()


def doubt_lines(doubts: Sequence[Doubt]) -> Iterator[str]:
    yield f"{len(doubts)} labels are doubtful"
    for doubt in doubts:
        example = doubt.example
        rather = f"{example.intent} {doubt.given:.2f}, rather {doubt.other} {doubt.sure:.2f}"
        yield f"{example.place}: {rather}: {example.text}"


def _twins(twins: Twins) -> str:
    first, second = twins.first, twins.second
    return f"{second.place}: {second.intent}: {second.text} = {first.place}: {first.intent}: {first.text}"
