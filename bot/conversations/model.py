"""A conversation and its messages.  Who has it, and what may happen to it, is in `bot.conversations.custody`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, object_session

from bot.conversations.custody import WAITING, WITH_PERSON, ConversationState, Move, after
from bot.conversations.mood import Mood, Sentiment, Temper, Urgency
from bot.conversations.moves import ConversationMove
from bot.db import Base
from bot.errors import IllegalMoveError

__all__ = ["Conversation", "ConversationDoor", "ConversationState", "HandOffReason", "Message"]

OFFER_AGAIN_AFTER = timedelta(hours=12)
"""A customer who did not want a person is not asked again on the same day."""
HEAD_START = timedelta(minutes=10)
"""What one step of priority is worth in waiting: so waiting raises, and nobody waits for ever behind the urgent."""
AHEAD = 100
"""Steps for whom a person had already: nearly always before everybody else."""
NOT_AGAIN_FOR = timedelta(minutes=10)
"""So long after a person gave a conversation back the bot does not hand it over again for the same reason."""


class HandOffReason(StrEnum):
    """Why a person is needed."""

    asked = "asked"
    unsure = "unsure"
    dissatisfied = "dissatisfied"
    abuse = "abuse"
    locked = "locked"
    failed = "failed"
    rule = "rule"
    vip = "vip"
    risk = "risk"


class Conversation(Base):
    """One customer, by one or several doors.

    ``channel`` is where it began; ``reply_channel`` and ``reply_address`` are where the customer wrote last.
    ``last_seq`` is the newest message; ``handled_seq`` the newest customer message that was answered or pushed to a
    person, so a customer message beyond it is still owed an answer.  ``sentiment``, ``urgency`` and the ``priority``
    that follows from them are what the customer's latest messages tell; None and 0 while all is calm.

    ``served_from`` is the order of the queue: since when the customer counts as waiting, ``queued_at`` less the head
    start of ``priority`` and ``route_priority``.  ``let_pass`` are the agents to whom it was offered in vain since.
    ``callback_at``: a person answers then, of our own accord.  ``wanted`` is the agent it was transferred to.

    ``release`` is what the bot knew that answers here, since its first turn, or since a longer sleep.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_owed", "id", postgresql_where=text("customer_seq > handled_seq")),
        Index("ix_conversations_waiting", "state", "queued_at"),
        Index("ix_conversations_served", "served_from", postgresql_where=text("state IN ('queued', 'offered')")),
        Index("ix_conversations_callback", "callback_at", postgresql_where=text("callback_at IS NOT NULL")),
        Index("ix_conversations_agent", "agent", postgresql_where=text("agent IS NOT NULL")),
        Index("ix_conversations_release", "release", "release_since", postgresql_where=text("release IS NOT NULL")),
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
    state_since: Mapped[datetime | None]
    served_from: Mapped[datetime | None]
    team: Mapped[str | None]
    route_priority: Mapped[int] = mapped_column(default=0)
    route_because: Mapped[list[str]] = mapped_column(default=list)
    offer_seconds: Mapped[int] = mapped_column(default=0)
    offered_to: Mapped[str | None]
    offered_until: Mapped[datetime | None]
    let_pass: Mapped[list[str]] = mapped_column(default=list)
    wanted: Mapped[str | None]
    transfer_note: Mapped[str | None]
    callback_at: Mapped[datetime | None]
    callback_ticket: Mapped[str | None]
    given_back_at: Mapped[datetime | None]
    given_back_reason: Mapped[str | None]
    given_back_note: Mapped[str | None]
    place_told: Mapped[int | None]
    place_told_at: Mapped[datetime | None]
    release: Mapped[str | None]
    release_since: Mapped[datetime | None]

    @property
    def is_with_person(self) -> bool:
        """The bot is silent: a person has the conversation or is about to."""
        return self.state in WITH_PERSON

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    # -- moves: each refuses, changes and records --------------------------------------------------

    def answer(self, *, at: datetime) -> None:
        """The bot says something.  Raises `IllegalMoveError` while a person has it or is about to."""
        if self.state == ConversationState.new or self.is_with_person or self.state == ConversationState.ended:
            self._go(Move.answer, at=at, who="bot")

    def queue(
        self,
        reason: HandOffReason,
        *,
        intent: str | None,
        summary: str,
        at: datetime,
        team: str | None = None,
        priority: int = 0,
        because: Sequence[str] = (),
        offer_seconds: int = 0,
    ) -> bool:
        """Ask for a person.  Asking again while waiting changes nothing; returns whether it was new."""
        if self.is_with_person:
            return False
        self._go(Move.queue, at=at, who=_asker(reason), why="、".join([reason.value, *because]), team=team)
        self._want(reason, intent, summary, team=team, priority=priority, because=because)
        self.offer_seconds = offer_seconds
        self._wait(at)
        return True

    def offer(self, agent: str, *, until: datetime, at: datetime) -> None:
        """Show it to one agent, for so long."""
        self._go(Move.offer, at=at, who="system", agent=agent)
        self.offered_to, self.offered_until = agent, until

    def pass_on(self, *, at: datetime, who: str, why: str = "") -> str:
        """It was offered in vain; the customer keeps the place.  Returns to whom."""
        agent = self.offered_to or ""
        self._go(Move.pass_on, at=at, who=who, why=why, agent=agent)
        self.let_pass = [*(one for one in self.let_pass if one != agent), agent]
        self.wanted = None if self.wanted == agent else self.wanted
        self.offered_to = self.offered_until = None
        return agent

    def accept(self, agent: str, agent_name: str, *, at: datetime) -> None:
        """A person takes it from the queue.  Raises `IllegalMoveError` when somebody else already did, or may."""
        if self.state == ConversationState.agent and self.agent == agent:
            return
        if self.state == ConversationState.offered and self.offered_to != agent:
            raise IllegalMoveError(f"conversation {self.id} is offered to somebody else")
        self._go(Move.accept, at=at, who=agent, agent=agent)
        self._hold(agent, agent_name, at)

    def take_over(self, agent: str, agent_name: str, *, at: datetime, why: str = "") -> None:
        """A supervisor takes it, whoever has it."""
        if self.state == ConversationState.agent and self.agent == agent:
            return
        self._go(Move.take_over, at=at, who=agent, why=why, agent=self.agent)
        self._hold(agent, agent_name, at)

    def transfer(
        self, agent: str, *, at: datetime, note: str = "", team: str | None = None, to: str | None = None
    ) -> None:
        """From one person to a team or another person, before everybody else who waits."""
        self.refuse_unless_held_by(agent)
        self._go(Move.transfer, at=at, who=agent, why=note, agent=to, team=team)
        self.team = team
        self.transfer_note = note
        self._wait_ahead(at, wanted=to)

    def lose(self, *, at: datetime, why: str) -> None:
        """The person who has it is gone."""
        agent = self.agent
        self._go(Move.lose, at=at, who="system", why=why, agent=agent)
        self._wait_ahead(at, wanted=None)

    def resolve(self, agent: str, *, at: datetime | None = None, note: str = "") -> None:
        """The person is done; the bot answers from now on."""
        self.refuse_unless_held_by(agent)
        at = at or self.updated_at
        self._go(Move.give_back, at=at, who=agent, why=note, agent=agent)
        self.given_back_at, self.given_back_reason, self.given_back_note = at, self.hand_off_reason, note or None
        self._back_to_bot()
        self.callback_at = self.callback_ticket = None
        self.person_offered_at = None

    def leave_queue(self, *, at: datetime | None = None) -> None:
        """The customer no longer wants to wait."""
        self._go(Move.leave, at=at or self.updated_at, who="customer")
        self._back_to_bot()
        self.callback_at = None

    def promise(
        self,
        reason: HandOffReason,
        *,
        intent: str | None,
        summary: str,
        until: datetime,
        at: datetime,
        team: str | None = None,
        priority: int = 0,
        because: Sequence[str] = (),
    ) -> None:
        """Nobody is there: a person will answer then, and the bot goes on meanwhile."""
        self._go(Move.promise, at=at, who="system", why="、".join([reason.value, *because]), team=team)
        self._back_to_bot()
        self._want(reason, intent, summary, team=team, priority=priority, because=because)
        self.callback_at, self.callback_ticket = until, None

    def call_back(self, *, at: datetime) -> None:
        """The time that was promised has come: into the queue, before everybody else."""
        self._go(Move.call_back, at=at, who="system", why=self.callback_ticket or "", team=self.team)
        self.callback_at = None
        self._wait_ahead(at, wanted=None)

    def end(self, who: str, *, at: datetime, why: str = "") -> None:
        """It is over; the customer's next message begins another.  Somebody's conversation only its holder ends."""
        if self.state == ConversationState.agent:
            self.refuse_unless_held_by(who)
        self._go(Move.end, at=at, who=who, why=why, agent=self.agent)
        self._back_to_bot()
        self.callback_at = None
        self.state = ConversationState.ended.value

    def was_just_helped(self, reason: HandOffReason, *, at: datetime) -> bool:
        """A person gave it back a moment ago, and the bot would hand it over again for the same reason."""
        if reason is HandOffReason.asked or self.given_back_at is None:
            return False
        return self.given_back_reason == reason.value and at - self.given_back_at < NOT_AGAIN_FOR

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
        self._take_place()
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

    def serve_by(self, release: str | None, *, at: datetime) -> None:
        """This release answers from now on."""
        if release != self.release:
            self.release, self.release_since = release, at

    def next_seq(self, *, at: datetime) -> int:
        self.last_seq += 1
        self.updated_at = at
        return self.last_seq

    # -- within --------------------------------------------------------------------------------------

    def _go(
        self, move: Move, *, at: datetime, who: str, why: str = "", agent: str | None = None, team: str | None = None
    ) -> None:
        before = ConversationState(self.state or ConversationState.new)
        try:
            to = after(move, before)
        except IllegalMoveError as error:
            raise IllegalMoveError(f"conversation {self.id}: {error}") from error
        since = self.state_since or self.created_at or at
        self.state, self.state_since = to.value, at
        session = object_session(self)
        if session is not None:
            session.add(
                ConversationMove(
                    conversation_id=self.id,
                    move=move.value,
                    before=before.value,
                    after=to.value,
                    who=who,
                    why=why,
                    agent=agent,
                    team=team or self.team,
                    lasted_s=max(0.0, (at - since).total_seconds()),
                    at=at,
                )
            )

    def _want(
        self,
        reason: HandOffReason,
        intent: str | None,
        summary: str,
        *,
        team: str | None,
        priority: int,
        because: Sequence[str],
    ) -> None:
        self.hand_off_reason, self.hand_off_intent, self.hand_off_summary = reason.value, intent, summary
        self.team, self.route_priority, self.route_because = team, priority, list(because)
        self.transfer_note = None
        self.let_pass = []

    def _wait(self, at: datetime, *, wanted: str | None = None) -> None:
        self.queued_at = at
        self.agent = self.agent_name = self.accepted_at = None
        self.offered_to = self.offered_until = None
        self.place_told = self.place_told_at = None
        self.wanted = wanted
        self._take_place()

    def _wait_ahead(self, at: datetime, *, wanted: str | None) -> None:
        self.let_pass = []
        self.route_priority = self.route_priority % AHEAD + AHEAD
        self._wait(at, wanted=wanted)

    def _take_place(self) -> None:
        if self.queued_at is not None:
            steps = (self.priority or 0) + (self.route_priority or 0)
            self.served_from = self.queued_at - HEAD_START * steps

    def _hold(self, agent: str, agent_name: str, at: datetime) -> None:
        self.agent, self.agent_name, self.accepted_at = agent, agent_name, at
        self.offered_to = self.offered_until = self.wanted = self.callback_at = None
        self.queued_at = self.queued_at or at

    def _back_to_bot(self) -> None:
        self.agent = self.agent_name = None
        self.queued_at = self.accepted_at = self.served_from = None
        self.offered_to = self.offered_until = self.wanted = None
        self.let_pass = []
        self.feel(Temper())


def _asker(reason: HandOffReason) -> str:
    return "customer" if reason is HandOffReason.asked else "bot"


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
