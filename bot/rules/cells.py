"""The cell language of decision tables: what stands in one cell of an input column.

Nothing (any value), ``in_transit``, ``in_transit, picked_up``, ``not refused``, ``>= 48``, ``< 3``, ``1..5``,
``(0..72]``, ``none`` (there is no such fact).  docs/rules.md explains it to those who write it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class Literal:
    """Exactly this value."""

    value: str | float | bool

    def holds(self, value: Value) -> bool:
        return value == self.value

    def covers(self, other: "Item") -> bool:
        return self == other


@dataclass(frozen=True)
class Span:
    """Numbers between two ends; an end that is left out is infinite."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Value) -> bool:
        if not isinstance(value, int | float):
            return False
        above = value > self.low if self.low_open else value >= self.low
        return above and (value < self.high if self.high_open else value <= self.high)

    def covers(self, other: "Item") -> bool:
        if isinstance(other, Literal):
            return self.holds(other.value)
        low_fits = self.low < other.low or (self.low == other.low and (other.low_open or not self.low_open))
        high_fits = self.high > other.high or (self.high == other.high and (other.high_open or not self.high_open))
        return low_fits and high_fits

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


Item: TypeAlias = Literal | Span


@dataclass(frozen=True)
class Cell:
    """A test of one fact.  Without items and without ``none`` it lets everything pass.

    A fact that is None passes only there, or where ``none`` is listed and nothing negated.
    """

    items: tuple[Item, ...] = ()
    none: bool = False
    negated: bool = False

    @property
    def is_any(self) -> bool:
        return not self.items and not self.none

    def matches(self, value: Value) -> bool:
        if self.is_any:
            return True
        if value is None:
            return self.none and not self.negated
        return any(item.holds(value) for item in self.items) != self.negated

    def covers(self, other: "Cell") -> bool:
        """Whether surely everything that passes ``other`` passes here as well; may say no where it is so."""
        if self.is_any or self == other:
            return True
        if other.is_any or other.negated or (other.none and not self.matches(None)):
            return False
        return all(self._covers(item) for item in other.items)

    def _covers(self, item: Item) -> bool:
        if isinstance(item, Literal):
            return self.matches(item.value)
        return not self.negated and any(own.covers(item) for own in self.items)

    def breakpoints(self) -> Iterator[float]:
        """The finite numbers at which the answer may change."""
        for item in self.items:
            ends = (item.low, item.high) if isinstance(item, Span) else (item.value,)
            yield from (end for end in ends if isinstance(end, float) and math.isfinite(end))

    def test(self) -> Callable[[Value], bool]:
        """`matches`, made quick for the usual forms."""
        if self.negated or self.is_any:
            return self.matches
        if all(isinstance(item, Literal) for item in self.items):
            passing = frozenset(item.value for item in self.items if isinstance(item, Literal))
            return (passing | {None}).__contains__ if self.none else passing.__contains__
        if len(self.items) == 1 and not self.none and isinstance(self.items[0], Span):
            return self.items[0].holds
        return self.matches


ANY = Cell()
NEVER = Cell((Span(1.0, 0.0),))
"""Stands where a cell could not be read: nothing passes."""
