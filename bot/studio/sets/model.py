"""What is asked of a set, what a label is, and what people see of both."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.studio.sets.kinds import SentenceState, SettledBy

NO_TOPIC = "none"
"""A question for the knowledge base that nothing in it covers."""
LARGEST = 5_000


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Marked(Frozen):
    """``text[start:end]`` is an entity of this kind."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    kind: str = Field(min_length=1, max_length=40)


class Labels(Frozen):
    """What a sentence means.

    ``intents``: one, or two where two things are wanted, the main one first.  ``topic``: of the knowledge base,
    `NO_TOPIC` for a question that no topic covers, None for what is no such question.
    """

    intents: tuple[str, ...] = Field(min_length=1, max_length=2)
    topic: str | None = Field(default=None, max_length=80)
    entities: tuple[Marked, ...] = Field(default=(), max_length=40)

    @classmethod
    def of(cls, intents: Sequence[str], topic: str | None, entities: Sequence[Mapping[str, Any]]) -> "Labels":
        """As rows keep it; entities in the order of the text."""
        marked = sorted((Marked.model_validate(one) for one in entities), key=lambda one: one.start)
        return cls(intents=tuple(intents), topic=topic, entities=tuple(marked))

    def same_as(self, other: "Labels") -> bool:
        """Two intents in another order are the same."""
        return (
            set(self.intents) == set(other.intents)
            and self.topic == other.topic
            and set(self.entities) == set(other.entities)
        )


class Wish(Frozen):
    """How a set is to be drawn: so many of the messages customers typed in these days (both included).

    ``evenly``: the same of each band of confidence, with weights that make up for it; else all alike.
    ``channels``: only of these; empty for all.
    """

    name: str = Field(min_length=1, max_length=60)
    about: str = Field(default="", max_length=500)
    since: date
    until: date
    size: int = Field(ge=1, le=LARGEST)
    evenly: bool = False
    channels: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "Wish":
        if self.until < self.since:
            raise ValueError("until comes before since")
        return self


class SetLine(Frozen):
    """A set in the list.  ``mine``: sentences the reader could still label."""

    id: UUID
    name: str
    about: str
    made_by: str
    made_at: datetime
    total: int
    evenly: bool
    sentences: int
    states: dict[SentenceState, int]
    labels: int
    mine: int

    @property
    def usable(self) -> int:
        return self.states.get(SentenceState.agreed, 0) + self.states.get(SentenceState.settled, 0)


class Task(Frozen):
    """A sentence to be labelled; ``label`` is the reader's own from before.  ``left``: with this one."""

    sentence_id: UUID
    set_id: UUID
    no: int
    text: str
    left: int
    label: Labels | None = None


class Said(Frozen):
    """One of two labels that differ."""

    by: str
    label: Labels


class Dispute(Frozen):
    """Two labels of a sentence that are not the same."""

    sentence_id: UUID
    no: int
    text: str
    said: tuple[Said, ...]


class Settling(Frozen):
    label: Labels
    how: SettledBy


class Accuracy(Frozen):
    """How many messages the bot took rightly, estimated over all there were by the weights of the sentences.

    ``low`` and ``high`` bound it at 95 %; None while nothing is labelled.
    """

    n: int
    share: float | None
    low: float | None
    high: float | None


class Choice(Frozen):
    """Something to choose by typing: its name, title, and the initials of its title."""

    id: str
    title: str
    keys: str


class Exported(Frozen):
    """A set in the formats of the evaluation: the name of the file and its lines."""

    files: dict[str, str]
