"""What the pages of numbers show, and what they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.studio.insight.kinds import HintKind

LONGEST = timedelta(days=731)


@dataclass(frozen=True)
class Period:
    """Days on the wall clock of the business, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before these."""
        return Period(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def each(self) -> list[date]:
        return [self.since + timedelta(days=number) for number in range(self.days)]


@dataclass(frozen=True)
class Contacts:
    """How contacts ended.  ``repeated``: of those resolved, how many wrote again within 24 hours."""

    resolved: int = 0
    repeated: int = 0
    given_up: int = 0
    handed: Mapping[str, int] = field(default_factory=dict)

    @property
    def handed_over(self) -> int:
        return sum(self.handed.values())

    @property
    def all(self) -> int:
        return self.resolved + self.given_up + self.handed_over

    @property
    def resolution(self) -> float | None:
        """The share that needed no person and did not end in discontent."""
        return self.resolved / self.all if self.all else None

    @property
    def repeat_share(self) -> float | None:
        return self.repeated / self.resolved if self.resolved else None

    @property
    def handed_share(self) -> float | None:
        return self.handed_over / self.all if self.all else None


@dataclass(frozen=True)
class Heard:
    """Messages typed to the bot, those it did not understand, and those it took for none of its business."""

    n: int = 0
    unsure: int = 0
    out_of_scope: int = 0
    confidence: float = 0.0

    @property
    def understood(self) -> float | None:
        return 1 - self.unsure / self.n if self.n else None


@dataclass(frozen=True)
class Ratings:
    """How many gave each score."""

    scores: Mapping[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return sum(self.scores.values())

    @property
    def mean(self) -> float | None:
        return sum(score * n for score, n in self.scores.items()) / self.n if self.n else None


@dataclass(frozen=True)
class DayNumbers:
    """One day; ``channels`` is what was heard on each."""

    day: date
    contacts: Contacts
    heard: Heard
    channels: Mapping[str, Heard]
    bot_ratings: Ratings
    agent_ratings: Ratings


@dataclass(frozen=True)
class Asked:
    """How often customers wanted something, and in as many days before."""

    intent: str
    n: int
    before: int


@dataclass(frozen=True)
class EntryUse:
    """An answer of the knowledge base: given to customers, and suggested to agents."""

    topic: str
    n: int
    bad: int
    used: int = 0
    edited: int = 0
    ignored: int = 0

    @property
    def helped(self) -> float | None:
        return 1 - self.bad / self.n if self.n else None

    @property
    def suggested(self) -> int:
        return self.used + self.edited + self.ignored


@dataclass(frozen=True)
class MendedDay:
    """Misses that were mended on a day; half of them within ``median_h`` hours of being said."""

    day: date
    n: int
    median_h: float


@dataclass(frozen=True)
class Report:
    """Everything about a period; ``before`` is how contacts ended in as many days before."""

    period: Period
    channel: str | None
    channels: tuple[str, ...]
    counted_at: datetime | None
    days: tuple[DayNumbers, ...]
    contacts: Contacts
    before: Contacts
    heard: Heard
    heard_before: Heard
    bot_ratings: Ratings
    agent_ratings: Ratings
    asked: tuple[Asked, ...]
    entries: tuple[EntryUse, ...]
    unanswered: int
    mended: tuple[MendedDay, ...]


@dataclass(frozen=True)
class Hint:
    """Something worth doing.

    Parameters
    ----------
    cost: hand-overs and discontented customers a week.
    odds: how surely it can be mended, from 0 to 1.
    title, why, act: what it is about, how the numbers came about, and what the button says; in Chinese.
    href: where it is mended.
    """

    kind: HintKind
    title: str
    cost: float
    odds: float
    why: str
    act: str
    href: str

    @property
    def gain(self) -> float:
        return self.cost * self.odds
