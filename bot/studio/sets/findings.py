"""What the evaluation sets tell about where the bot, or the people, are at odds."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from bot.studio.sets.agreement import Agreement

_ENOUGH = 20


@dataclass(frozen=True)
class Finding:
    """One set.

    Parameters
    ----------
    n: sentences whose label is certain.
    confused: intent, what the bot took it for, the share of all messages, and how many sentences that were.
    topics: the share of all messages that ask for a topic.
    disputed: sentences whose disagreement nobody has settled.
    """

    set_id: UUID
    name: str
    until: date
    n: int
    confused: tuple[tuple[str, str, float, int], ...]
    topics: dict[str, float]
    agreement: Agreement
    disputed: int

    @property
    def is_enough(self) -> bool:
        """Fewer sentences say nothing about messages as a whole."""
        return self.n >= _ENOUGH
