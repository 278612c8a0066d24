"""How satisfied customers were: offered after a person's service and after what the bot solved, answered once.

What may be rated follows from the log alone, so nothing has to be remembered when a service ends, and whoever asks for
the offer later (another tab, after a reload) gets the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import Clock
from bot.conversations.events import Event, announce
from bot.conversations.model import Conversation, ConversationState, Message
from bot.db import Base, Database
from bot.errors import IllegalMoveError, NotFoundError

IDLE = timedelta(minutes=5)
"""A customer who says no more for so long has what was asked for."""
OFFERED_FOR = timedelta(hours=24)
"""So long after a service it may be rated; and the bot is rated no more often than this."""
_LOOKED_AT = 40
HUMAN = "/request_human"

About = Literal["agent", "bot"]


class Rating(Base):
    """One service of a conversation: up to message ``seq``, by a person or the bot.

    ``score`` is 1 to 5, None while nobody answered and for good where the customer did not want to.
    """

    __tablename__ = "conversation_ratings"
    __table_args__ = (Index(None, "offered_at"),)

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str]
    agent_name: Mapped[str | None]
    score: Mapped[int | None]
    reasons: Mapped[list[str]]
    comment: Mapped[str]
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    def answer(self, given: "Given", *, at: datetime) -> None:
        """The same answer again changes nothing.  Raises `IllegalMoveError` for another one, or after the time."""
        if self.answered_at is not None:
            if (self.score, self.reasons, self.comment) != (given.score, list(given.reasons), given.comment):
                raise IllegalMoveError(f"service {self.seq} of conversation {self.conversation_id} was rated already")
            return
        if at - self.offered_at > OFFERED_FOR:
            raise IllegalMoveError(f"service {self.seq} of conversation {self.conversation_id} can be rated no more")
        self.score, self.reasons, self.comment = given.score, list(given.reasons), given.comment
        self.answered_at = at


class Given(BaseModel):
    """What the customer says of a service; without a score: nothing, and please don't ask again."""

    model_config = ConfigDict(frozen=True)

    score: int | None = Field(default=None, ge=1, le=5)
    reasons: tuple[str, ...] = Field(default=(), max_length=9)
    comment: str = Field(default="", max_length=500)


@dataclass(frozen=True)
class Offer:
    """A service that may be rated: ``seq`` names it within its conversation."""

    seq: int
    about: About
    agent_name: str | None


class RatingView(BaseModel):
    """A rating as people of the network see it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    conversation_id: UUID
    seq: int
    about: About
    agent_name: str | None
    score: int | None
    reasons: tuple[str, ...]
    comment: str
    offered_at: datetime
    answered_at: datetime | None


class RatingRules(BaseModel):
    """``ratings.yml``: reasons by code, and which intents end a matter, leave it open, or are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: dict[str, str]
    high: dict[str, str]
    closing: frozenset[str]
    unsolved: frozenset[str]
    small_talk: frozenset[str]


@lru_cache(maxsize=1)
def rating_rules() -> RatingRules:
    path = Path(__file__).with_name("ratings.yml")
    return RatingRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class RatingService:
    """The one door to ratings."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def offered(self, conversation_id: UUID) -> Offer | None:
        """The service the customer may rate now, if any.

        Asking again gives the same until it is answered, or until somebody else has served the customer.
        """
        now = self._clock()
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None or conversation.is_with_person or conversation.customer_seq == 0:
                return None
            last = await _last(session, conversation_id)
            messages = await _latest(session, conversation_id, beyond=last.seq if last else 0)
            served = served_by_person(messages, now)
            is_early = last is not None and now - last.offered_at < OFFERED_FOR
            if last is not None and last.answered_at is None and is_early and served is None:
                return _offer_of(last)
            if conversation.handled_seq < conversation.customer_seq:
                return None
            offer = served or (None if is_early else solved_by_bot(conversation, messages, now))
            if offer is not None:
                await _keep(session, conversation_id, offer, now)
            return offer

    async def rate(self, conversation_id: UUID, seq: int, given: Given) -> RatingView:
        """The customer's answer to an offer.  Raises `NotFoundError`, `IllegalMoveError`."""
        known = rating_rules()
        unknown = set(given.reasons) - set(known.low) - set(known.high)
        if unknown:
            raise NotFoundError(f"no reason is called {sorted(unknown)[0][:40]}")
        async with self._database.transaction() as session:
            rating = await session.get(Rating, (conversation_id, seq), with_for_update=True)
            if rating is None:
                raise NotFoundError(f"conversation {conversation_id} has no service {seq} to rate")
            rating.answer(given, at=self._clock())
            await announce(session, Event(conversation_id=conversation_id, kind="state"))
            return RatingView.model_validate(rating)

    async def of_conversation(self, conversation_id: UUID) -> list[RatingView]:
        """Every service of a conversation that was or may be rated, oldest first."""
        query = select(Rating).where(Rating.conversation_id == conversation_id).order_by(Rating.seq)
        async with self._database.transaction() as session:
            return [RatingView.model_validate(row) for row in await session.scalars(query)]

    async def between(self, since: datetime, until: datetime, *, limit: int = 500) -> list[RatingView]:
        """What was offered in this time, newest first."""
        query = (
            select(Rating)
            .where(Rating.offered_at >= since, Rating.offered_at < until)
            .order_by(Rating.offered_at.desc(), Rating.conversation_id)
            .limit(limit)
        )
        async with self._database.transaction() as session:
            return [RatingView.model_validate(row) for row in await session.scalars(query)]

    async def averages(self, since: datetime, until: datetime) -> list[tuple[About, str | None, int, float]]:
        """By whom it was: the bot, or each person by name; how many answered, and the mean score."""
        query = (
            select(Rating.about, Rating.agent_name, func.count(), func.avg(Rating.score))
            .where(Rating.offered_at >= since, Rating.offered_at < until, Rating.score.is_not(None))
            .group_by(Rating.about, Rating.agent_name)
            .order_by(Rating.about, Rating.agent_name)
        )
        async with self._database.transaction() as session:
            found = await session.execute(query)
            return [(about, name, count, float(mean)) for about, name, count, mean in found]


def served_by_person(messages: Sequence[Message], now: datetime) -> Offer | None:
    """A person spoke and is done.  ``messages`` are newest first."""
    for message in messages:
        if message.author == "agent" and now - message.created_at < OFFERED_FOR:
            return Offer(message.seq, "agent", message.author_name)
    return None


def solved_by_bot(conversation: Conversation, messages: Sequence[Message], now: datetime) -> Offer | None:
    """The bot has answered everything, something of it was a matter, and the customer says no more."""
    rules = rating_rules()
    asked = [message for message in messages if message.author == "customer"]
    if conversation.state != ConversationState.bot or not asked:
        return None
    heard = [str((message.understood or {}).get("intent") or "") for message in asked]
    is_over = heard[0] in rules.closing or now - asked[0].created_at >= IDLE
    is_matter = any(intent and intent not in rules.small_talk for intent in heard)
    if not (is_over and is_matter) or now - asked[0].created_at > OFFERED_FOR or _left_open(messages, heard, rules):
        return None
    return Offer(asked[0].seq, "bot", None)


def _left_open(messages: Sequence[Message], heard: Sequence[str], rules: RatingRules) -> bool:
    """The customer was not content, or the last answer offered a person instead of an answer."""
    answers = [message for message in messages if message.author == "bot"]
    offers_person = bool(answers) and any(button["payload"].startswith(HUMAN) for button in answers[0].buttons)
    return heard[0] in rules.unsolved or offers_person


async def _last(session: AsyncSession, conversation_id: UUID) -> Rating | None:
    query = select(Rating).where(Rating.conversation_id == conversation_id).order_by(Rating.seq.desc()).limit(1)
    return (await session.scalars(query)).first()


async def _latest(session: AsyncSession, conversation_id: UUID, *, beyond: int) -> Sequence[Message]:
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > beyond)
        .order_by(Message.seq.desc())
        .limit(_LOOKED_AT)
    )
    return (await session.scalars(query)).all()


async def _keep(session: AsyncSession, conversation_id: UUID, offer: Offer, now: datetime) -> None:
    row = insert(Rating).values(
        conversation_id=conversation_id,
        seq=offer.seq,
        about=offer.about,
        agent_name=offer.agent_name,
        reasons=[],
        comment="",
        offered_at=now,
    )
    await session.execute(row.on_conflict_do_nothing())


def _offer_of(rating: Rating) -> Offer:
    return Offer(rating.seq, "agent" if rating.about == "agent" else "bot", rating.agent_name)
