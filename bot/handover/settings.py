"""How conversations are given to people."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True)
class HandoverSettings:
    """Settings of the handover; ``docs/settings.md`` explains them.

    Parameters
    ----------
    assignment: ``offer``: whoever is online is offered the next customer; ``pick``: agents take them by hand.
    picking: whether agents may take waiting customers by hand where they are offered, too.
    calendar: when people answer, a calendar of `bot.rules.working_time`.
    grace: so long after the last sign of life of its page an agent is gone.
    passes_allowed: so many offers let pass in a row, and the agent is on a break.
    nobody_after: so long a customer waits while nobody at all is there, before an answer is promised instead.
    place_every: how often a waiting customer is told the place, on channels that cannot show it.
    """

    assignment: Literal["offer", "pick"] = "offer"
    picking: bool = True
    calendar: str = "always"
    grace: timedelta = timedelta(seconds=30)
    passes_allowed: int = 2
    nobody_after: timedelta = timedelta(minutes=10)
    place_every: timedelta = timedelta(minutes=3)
