"""What the list of things to do, and the numbers, ask of the other parts of the studio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.studio.drafts.model import IntentLine, TopicLine
from bot.studio.insight.model import MendedDay
from bot.studio.sets.findings import Finding


@dataclass(frozen=True)
class Trouble:
    """A group of misses.

    Parameters
    ----------
    week: misses of the last seven days, whatever became of them.
    people, upset: of those, how many ended with a person, and how many customers were not content; ``lost``: either.
    target: where it likeliest belongs, ``intent:...`` or ``topic:...``; ``agree`` of ``asked`` members say so.
    """

    group_id: int
    name: str
    open: int
    week: int
    people: int
    upset: int
    lost: int
    target: str | None
    agree: int
    asked: int


@dataclass(frozen=True)
class Expiring:
    """An answer that will not be given after a day."""

    topic: str
    question: str
    until: date


class MissSource(Protocol):
    """What was not understood."""

    async def troubles(self, since: datetime, *, limit: int) -> Sequence[Trouble]:
        """Groups with open misses, those with most misses since then first."""
        ...

    async def mended(self, since: datetime, until: datetime) -> list[MendedDay]: ...


class FindingSource(Protocol):
    """What evaluation sets tell."""

    async def findings(self) -> Sequence[Finding]: ...


class ContentSource(Protocol):
    """What the bot knows, in the draft."""

    async def intents(self) -> list[IntentLine]: ...

    async def topics(self) -> list[TopicLine]: ...


class ExpirySource(Protocol):
    """What it will soon know no more."""

    async def expiring(self, after: date, until: date) -> Sequence[Expiring]:
        """Answers whose last day lies between these, both included."""
        ...
