"""Whether every intent has its share of the examples."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.checking.examples import Example

CONVERSATION = frozenset(
    {
        *("request_human", "greet", "goodbye", "thank", "affirm", "deny", "cancel_flow", "inform"),
        *("dissatisfied", "abuse", "bot_challenge", "chitchat"),
    }
)
OUTSIDE = "out_of_scope"
BROAD = frozenset({"faq", OUTSIDE, "inform"})
"""Intents that hold many matters: they may be larger than the others."""

LEAST_TASK, LEAST_CONVERSATION, LEAST_OUTSIDE = 100, 40, 300
WIDEST = 4.0
"""The largest intent of a task may have so many times the examples of the smallest."""


@dataclass(frozen=True)
class Counts:
    """How many examples each intent has."""

    by_intent: Mapping[str, int]

    @classmethod
    def of(cls, examples: Iterable[Example]) -> "Counts":
        return cls(Counter(example.intent for example in examples))

    @property
    def tasks(self) -> dict[str, int]:
        """What customers come for."""
        return {name: n for name, n in self.by_intent.items() if name not in CONVERSATION | {OUTSIDE}}

    @property
    def spread(self) -> float:
        """The largest intent of a task over the smallest, without the broad ones."""
        sizes = [n for name, n in self.tasks.items() if name not in BROAD]
        return max(sizes) / min(sizes)

    def too_few(self) -> list[str]:
        """One sentence for each intent that lacks examples."""
        return [
            f"{name} has {n} examples and needs {least(name)}" for name, n in self.by_intent.items() if n < least(name)
        ]


def least(intent: str) -> int:
    """How many examples an intent needs."""
    if intent == OUTSIDE:
        return LEAST_OUTSIDE
    return LEAST_CONVERSATION if intent in CONVERSATION else LEAST_TASK
