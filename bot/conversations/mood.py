"""How a customer feels and how pressing the matter is, as read off one message; and what follows from it.  Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

SURE = 0.5
"""From this confidence on a mood has consequences; below it is only kept."""


class Sentiment(StrEnum):
    """The feeling a colleague would read off the message alone."""

    positive = "positive"
    neutral = "neutral"
    negative = "negative"
    angry = "angry"


class Urgency(StrEnum):
    """``critical``: medicine, an exam, a flight, food going bad, safety, a lot of money today."""

    routine = "routine"
    pressing = "pressing"
    critical = "critical"


@dataclass(frozen=True)
class Mood:
    """Both readings of one message, each with the calibrated probability that it is right."""

    sentiment: Sentiment
    sentiment_confidence: float
    urgency: Urgency
    urgency_confidence: float

    @property
    def is_angry(self) -> bool:
        return self.sentiment is Sentiment.angry and self.sentiment_confidence >= SURE

    @property
    def is_critical(self) -> bool:
        return self.urgency is Urgency.critical and self.urgency_confidence >= SURE

    @property
    def is_unhappy(self) -> bool:
        return self.sentiment in (Sentiment.negative, Sentiment.angry)


CALM = Mood(Sentiment.neutral, 1.0, Urgency.routine, 1.0)


@dataclass(frozen=True)
class Felt:
    """The mood of message ``seq`` of a conversation."""

    conversation_id: UUID
    seq: int
    mood: Mood


class MoodReader(Protocol):
    """Something that reads a mood off a text; may take milliseconds of a core, so ask it in a worker thread."""

    def read(self, text: str) -> Mood: ...

    def read_all(self, texts: Sequence[str]) -> list[Mood]:
        """The same of several at once, which takes less than one by one."""
        ...


@dataclass
class InMemoryMoodReader:
    """Knows the moods it is given; everything else is calm."""

    moods: Mapping[str, Mood] = field(default_factory=dict)

    def read(self, text: str) -> Mood:
        return self.moods.get(text, CALM)

    def read_all(self, texts: Sequence[str]) -> list[Mood]:
        return [self.read(text) for text in texts]


@dataclass(frozen=True)
class Temper:
    """What is worth telling about a customer's latest moods: the gravest that is sure; None where all is calm."""

    sentiment: Sentiment | None = None
    urgency: Urgency | None = None

    @classmethod
    def of(cls, moods: Iterable[Mood]) -> "Temper":
        moods = list(moods)
        sentiments = {mood.sentiment for mood in moods if mood.sentiment_confidence >= SURE}
        urgencies = {mood.urgency for mood in moods if mood.urgency_confidence >= SURE}
        return cls(
            next((grave for grave in (Sentiment.angry, Sentiment.negative) if grave in sentiments), None),
            next((grave for grave in (Urgency.critical, Urgency.pressing) if grave in urgencies), None),
        )

    @property
    def graves(self) -> list[Sentiment | Urgency]:
        """Both, as far as there is anything to tell."""
        return [grave for grave in (self.sentiment, self.urgency) if grave is not None]

    @property
    def priority(self) -> int:
        """Who is served first: 3 critical and angry, 2 critical, 1 angry, 0 as they came."""
        return 2 * (self.urgency is Urgency.critical) + (self.sentiment is Sentiment.angry)


def wants_person(moods: Sequence[Mood]) -> bool:
    """Whether to offer a person after these messages, newest last: angry twice in a row, or unhappy and critical."""
    newest = moods[-1:]
    angry_again = len(moods) > 1 and all(mood.is_angry for mood in moods[-2:])
    return angry_again or any(mood.is_critical and mood.is_unhappy for mood in newest)
