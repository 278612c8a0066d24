"""A conversation and its messages.  States as in 微信客服: new -> bot -> queued -> agent -> (bot | ended)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversations.mood import Mood, Sentiment, Temper, Urgency
from bot.db import Base
from bot.errors import IllegalMoveError

OFFER_AGAIN_AFTER = timedelta(hours=12)
"""A customer who did not want a person is not asked again on the same day."""


class ConversationState(StrEnum):
    """Who has the conversation."""

    new = "new"
    bot = "bot"
    queued = "queued"
    agent = "agent"
    ended = "ended"


class HandOffReason(StrEnum):
    """Why a person is needed."""

    asked = "asked"
    unsure = "unsure"
    dissatisfied = "dissatisfied"
    abuse = "abuse"
    locked = "locked"
    failed = "failed"
    rule = "rule"


class Conversation(Base):
    """One customer, by one or several doors.

    ``channel`` is where it began; ``reply_channel`` and ``reply_address`` are where the customer wrote last.
    ``last_seq`` is the newest message; ``handled_seq`` the newest customer message that was answered or pushed to a
    person, so a customer message beyond it is still owed an answer.  ``sentiment``, ``urgency`` and the ``priority``
    that follows from them are what the customer's latest messages tell; None and 0 while all is calm.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_owed", "id", postgresql_where=text("customer_seq > handled_seq")),
        Index("ix_conversations_waiting", "state", "queued_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    channel: Mapped[str]
    reply_channel: Mapped[str]
    reply_address: Mapped[str]
    state: Mapped[str] = mapped_column(default=ConversationState.new.value)
    last_seq: Mapped[int] = mapped_column(default=0)
    customer_seq: Mapped[int] = mapped_column(default=0)
    handled_seq: Mapped[int] = mapped_column(default=0)
    hand_off_reason: Mapped[str | None]
    hand_off_intent: Mapped[str | None]
    hand_off_summary: Mapped[str | None]
    waybill_no: Mapped[str | None]
    agent: Mapped[str | None]
    agent_name: Mapped[str | None]
    sentiment: Mapped[str | None]
    urgency: Mapped[str | None]
    priority: Mapped[int] = mapped_column(default=0)
    person_offered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    queued_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]

    @property
    def is_with_person(self) -> bool:
        """The bot is silent: a person has the conversation or is about to."""
        return self.state in (ConversationState.queued, ConversationState.agent)

    def queue(self, reason: HandOffReason, *, intent: str | None, summary: str, at: datetime) -> bool:
        """Ask for a person.  Asking again while waiting changes nothing; returns whether it was new."""
        if self.is_with_person:
            return False
        self.state = ConversationState.queued.value
        self.hand_off_reason = reason.value
        self.hand_off_intent = intent
        self.hand_off_summary = summary
        self.queued_at = at
        self.agent = self.agent_name = None
        return True

    def accept(self, agent: str, agent_name: str, *, at: datetime) -> None:
        """A person takes it from the queue.  Raises `IllegalMoveError` when somebody else already did."""
        if self.state == ConversationState.agent and self.agent == agent:
            return
        if self.state != ConversationState.queued:
            raise IllegalMoveError(f"conversation {self.id} is {self.state}, not queued")
        self.state = ConversationState.agent.value
        self.agent, self.agent_name = agent, agent_name
        self.accepted_at = at

    def resolve(self, agent: str) -> None:
        """The person is done; the bot answers from now on."""
        self.refuse_unless_held_by(agent)
        self._back_to_bot()
        self.person_offered_at = None

    def leave_queue(self) -> None:
        """The customer no longer wants to wait."""
        if self.state != ConversationState.queued:
            raise IllegalMoveError(f"conversation {self.id} is {self.state}, not queued")
        self._back_to_bot()

    @property
    def temper(self) -> Temper:
        return Temper(
            Sentiment(self.sentiment) if self.sentiment else None, Urgency(self.urgency) if self.urgency else None
        )

    def feel(self, temper: Temper) -> bool:
        """The customer's temper from now on; returns whether it is another one."""
        if temper == self.temper:
            return False
        self.sentiment = temper.sentiment.value if temper.sentiment else None
        self.urgency = temper.urgency.value if temper.urgency else None
        self.priority = temper.priority
        return True

    def offer_person(self, *, at: datetime) -> bool:
        """Offer a person of our own accord, once in a while; returns whether this is the time."""
        if self.person_offered_at is not None and at - self.person_offered_at < OFFER_AGAIN_AFTER:
            return False
        self.person_offered_at = at
        return True

    def refuse_unless_held_by(self, agent: str) -> None:
        if self.state != ConversationState.agent or self.agent != agent:
            raise IllegalMoveError(f"conversation {self.id} is not held by {agent}")

    def next_seq(self, *, at: datetime) -> int:
        self.last_seq += 1
        self.updated_at = at
        return self.last_seq

    def _back_to_bot(self) -> None:
        self.state = ConversationState.bot.value
        self.agent = self.agent_name = None
        self.queued_at = self.accepted_at = None
        self.feel(Temper())


class ConversationDoor(Base):
    """Where a conversation is entered: an address on a channel leads to one conversation, the latest it was given."""

    __tablename__ = "conversation_doors"

    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)
    created_at: Mapped[datetime]


class Message(Base):
    """One bubble.  ``seq`` is gapless within its conversation; ``external_id`` is the channel's own id."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("conversation_id", "external_id"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[str]
    author_name: Mapped[str | None]
    external_id: Mapped[str | None]
    kind: Mapped[str] = mapped_column(default="text")
    text: Mapped[str]
    payload: Mapped[str] = mapped_column(default="")
    buttons: Mapped[list[dict[str, Any]]]
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    reply_to: Mapped[int | None]
    understood: Mapped[dict[str, Any] | None]
    sentiment: Mapped[str | None]
    sentiment_confidence: Mapped[float | None]
    urgency: Mapped[str | None]
    urgency_confidence: Mapped[float | None]
    created_at: Mapped[datetime]

    @property
    def turn(self) -> str:
        """The name of the turn this customer message starts: unique in the whole system."""
        return f"{self.conversation_id}:{self.seq}"

    @property
    def mood(self) -> Mood | None:
        """None while nobody has read it, and for good where reading failed."""
        if self.sentiment is None or self.urgency is None:
            return None
        return Mood(
            Sentiment(self.sentiment),
            self.sentiment_confidence or 0.0,
            Urgency(self.urgency),
            self.urgency_confidence or 0.0,
        )
