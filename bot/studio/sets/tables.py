"""What the sets keep."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.studio.sets.kinds import SentenceState, SettledBy
from bot.studio.sets.model import Labels
from bot.studio.sets.words import illegal


class StudioSet(Base):
    """An evaluation set.

    Parameters
    ----------
    drawn: how its sentences were chosen, as `bot.studio.sets.model.Wish` has it; ``total`` messages to choose from.
    """

    __tablename__ = "studio_sets"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    about: Mapped[str]
    drawn: Mapped[dict[str, Any]]
    total: Mapped[int]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class SetSentence(Base):
    """One sentence of a set, as it may be kept.

    Parameters
    ----------
    text_key: what it has in common with sentences that say the same (`bot.studio.sets.disguise.text_key`).
    weight: how many messages it stands for.
    band: of confidence, from 0; see `bot.studio.sets.sampling`.
    guess: what the bot took it for, ``{intent, confidence}``; nobody who labels sees it.
    labelled: how many labels it has.
    intents, topic, entities: the label that was agreed upon, as in `SetLabel`.
    held_by, held_until: who has it on the screen, so that two don't do the same work.
    """

    __tablename__ = "studio_set_sentences"
    __table_args__ = (Index(None, "set_id", "state", "no"), Index(None, "text_key"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    set_id: Mapped[UUID] = mapped_column(ForeignKey("studio_sets.id", ondelete="CASCADE"))
    no: Mapped[int]
    text: Mapped[str]
    text_key: Mapped[str]
    channel: Mapped[str]
    day: Mapped[date]
    conversation_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    weight: Mapped[float]
    band: Mapped[int]
    guess: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    state: Mapped[str] = mapped_column(default=SentenceState.open.value)
    labelled: Mapped[int] = mapped_column(default=0)
    intents: Mapped[list[str]] = mapped_column(default=list)
    topic: Mapped[str | None]
    entities: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    settled_by: Mapped[str | None]
    settled_how: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    held_by: Mapped[str | None]
    held_until: Mapped[datetime | None]

    @property
    def label(self) -> Labels:
        return Labels.of(self.intents, self.topic, self.entities)

    def compare(self, labels: Sequence["SetLabel"], *, at: datetime) -> SentenceState:
        """With two labels it is agreed upon or disputed.  Raises `IllegalMoveError` once it has two."""
        self.refuse_unless_open()
        self.labelled = len(labels)
        self.held_by = self.held_until = None
        if len(labels) < 2:
            return SentenceState.open
        if labels[0].label.same_as(labels[1].label):
            self._take(labels[0].label, by=labels[1].by, at=at)
            self.state = SentenceState.agreed.value
        else:
            self.state = SentenceState.disputed.value
        return SentenceState(self.state)

    def settle(self, label: Labels, how: SettledBy, *, by: str, at: datetime) -> None:
        """End a disagreement.  Raises `IllegalMoveError` where there is none."""
        if self.state != SentenceState.disputed:
            raise illegal("not_disputed")
        self._take(label, by=by, at=at)
        self.settled_how, self.state = how.value, SentenceState.settled.value

    def drop(self, *, by: str, at: datetime) -> None:
        """Measure nothing with it."""
        self.state, self.settled_by, self.settled_at = SentenceState.dropped.value, by, at
        self.held_by = self.held_until = None

    def refuse_unless_open(self) -> None:
        if self.state != SentenceState.open:
            raise illegal("not_open")

    def _take(self, label: Labels, *, by: str, at: datetime) -> None:
        self.intents, self.topic = list(label.intents), label.topic
        self.entities = [one.model_dump() for one in label.entities]
        self.settled_by, self.settled_at = by, at


class SetLabel(Base):
    """What one person says a sentence means."""

    __tablename__ = "studio_set_labels"

    sentence_id: Mapped[UUID] = mapped_column(
        ForeignKey("studio_set_sentences.id", ondelete="CASCADE"), primary_key=True
    )
    by: Mapped[str] = mapped_column(primary_key=True)
    intents: Mapped[list[str]]
    topic: Mapped[str | None]
    entities: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]

    @property
    def label(self) -> Labels:
        return Labels.of(self.intents, self.topic, self.entities)


class StudioDialogue(Base):
    """A dialogue that must go on working.  ``version`` is the newest of `DialogueVersion`."""

    __tablename__ = "studio_dialogues"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    conversation_id: Mapped[UUID | None]
    version: Mapped[int]
    is_active: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class DialogueVersion(Base):
    """How a dialogue once was; ``script`` as `bot.studio.sets.dialogues.Script` has it."""

    __tablename__ = "studio_dialogue_versions"

    dialogue_id: Mapped[UUID] = mapped_column(ForeignKey("studio_dialogues.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    script: Mapped[dict[str, Any]]
    why: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class DialogueRun(Base):
    """All dialogues against one release; ``results`` one for each, as `bot.studio.sets.dialogues.Result` has it."""

    __tablename__ = "studio_dialogue_runs"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    release: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    total: Mapped[int]
    passed: Mapped[int]
    results: Mapped[list[dict[str, Any]]]
