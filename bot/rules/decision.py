"""What a rule decides and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.errors import NoRuleError
from bot.rules.cells import Value

Facts: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True)
class Hit:
    """A row whose cells all fit."""

    row: str
    outcome: Mapping[str, Value]


@dataclass(frozen=True)
class Decision:
    """What a table says of some facts.  The accessors read the first hit and raise `NoRuleError` without any."""

    table: str
    version: int
    facts: Facts
    hits: tuple[Hit, ...]

    @property
    def because(self) -> tuple[str, ...]:
        """The rules that decided, as ``escalation.overdue_2h@v7``."""
        return tuple(f"{self.table}.{hit.row}@v{self.version}" for hit in self.hits)

    @property
    def outcome(self) -> Mapping[str, Value]:
        if not self.hits:
            raise NoRuleError(self.table, f"no row of version {self.version} fits {dict(self.facts)}")
        return self.hits[0].outcome

    def get(self, name: str, default: Value = None) -> Value:
        """One output; the default where its cell is empty."""
        value = self.outcome[name]
        return default if value is None else value

    def text(self, name: str) -> str:
        """A text or choice; "" where its cell is empty."""
        return str(self.get(name, ""))

    def number(self, name: str) -> float:
        """A number.  Raises `NoRuleError` where its cell is empty."""
        value = self.get(name)
        if not isinstance(value, int | float):
            raise NoRuleError(self.table, f"row {self.hits[0].row} says no number for {name}")
        return value

    def flag(self, name: str) -> bool:
        """A flag; an empty cell is no."""
        return self.get(name) is True


def plain(value: Any) -> Value:
    """A fact as JSON can keep it: no numpy, no NaN, None for the empty text."""
    found: Value = value.item() if hasattr(value, "item") else value
    is_nothing = found == "" or (isinstance(found, float) and not math.isfinite(found))
    return None if is_nothing else found
