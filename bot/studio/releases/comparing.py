"""How a candidate does beside the stable release, on customers of the same days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import ColumnElement, Exists, Integer, and_, case, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.conversations.custody import ConversationState, Move
from bot.conversations.model import Conversation, Message
from bot.conversations.moves import ConversationMove
from bot.conversations.ratings import Rating
from bot.studio.releases.statistics import Interval, Share, difference
from bot.studio.sets.drawing import REHEARSAL

Began: TypeAlias = InstrumentedAttribute[datetime | None]

OVER_AFTER = timedelta(minutes=30)
"""A customer who is silent for so long has gone."""
LOW = 2
"""So many stars or fewer are a low rating."""
_DISSATISFIED = "dissatisfied"
_SLACK = timedelta(minutes=1)
"""The message that began a conversation is a moment older than its release."""


class Measure(StrEnum):
    """What two releases are compared by; only of the first is more better."""

    resolved = "resolved"
    handed_over = "handed_over"
    dissatisfied = "dissatisfied"
    low_rating = "low_rating"


WATCHED = (Measure.handed_over, Measure.dissatisfied)
"""A clear rise of these rolls a candidate back."""


@dataclass(frozen=True)
class Outcomes:
    """Of all conversations that began with one release since a moment.

    ``over`` are finished; ``resolved`` of those, without a person and without a complaint.  ``rated`` gave stars.
    """

    n: int = 0
    over: int = 0
    resolved: int = 0
    handed_over: int = 0
    dissatisfied: int = 0
    rated: int = 0
    low_rating: int = 0

    def share(self, measure: Measure) -> Share:
        of = {Measure.resolved: self.over, Measure.low_rating: self.rated}.get(measure, self.n)
        return Share(getattr(self, measure.value), of)


@dataclass(frozen=True)
class Compared:
    """One measure of both, each with its interval, and the interval of the difference (95 %)."""

    measure: Measure
    new: Share
    old: Share

    @property
    def difference(self) -> Interval:
        return difference(self.new, self.old)

    @property
    def is_clear(self) -> bool:
        """Chance alone hardly makes such a difference."""
        return bool(self.new.n and self.old.n) and not self.difference.low <= 0 <= self.difference.high

    @property
    def is_better(self) -> bool:
        return (self.new.value > self.old.value) == (self.measure is Measure.resolved)


@dataclass(frozen=True)
class Comparison:
    """Candidate and stable release since the candidate began."""

    candidate: str
    stable: str
    since: datetime
    new: Outcomes
    old: Outcomes

    @property
    def least_n(self) -> int:
        """Conversations on the smaller side."""
        return min(self.new.n, self.old.n)

    def of(self, measure: Measure) -> Compared:
        return Compared(measure, self.new.share(measure), self.old.share(measure))

    def all(self) -> Sequence[Compared]:
        return [self.of(measure) for measure in Measure]


async def outcomes(
    session: AsyncSession, releases: Sequence[str], *, since: datetime, at: datetime
) -> dict[str, Outcomes]:
    """Of conversations of customers that got one of these releases since then."""
    began = Conversation.release_since
    one = (
        select(
            Conversation.release.label("release"),
            _handed_over(began).label("handed_over"),
            _dissatisfied(began).label("dissatisfied"),
            _rated(began, Rating.score.is_not(None)).label("rated"),
            _rated(began, Rating.score <= LOW).label("low"),
            or_(Conversation.state == ConversationState.ended.value, Conversation.updated_at < at - OVER_AFTER).label(
                "over"
            ),
        )
        .where(Conversation.release.in_(releases), began >= since, Conversation.channel != REHEARSAL)
        .subquery()
    )
    row = one.c
    bare = and_(row.over, ~row.handed_over, ~row.dissatisfied)
    counted = [func.sum(cast(case((each, 1), else_=0), Integer)) for each in (row.over, bare, row.handed_over)]
    more = [func.sum(cast(case((each, 1), else_=0), Integer)) for each in (row.dissatisfied, row.rated, row.low)]
    query = select(row.release, func.count(), *counted, *more).group_by(row.release)
    found = {name: Outcomes(*map(int, numbers)) for name, *numbers in (await session.execute(query)).all()}
    return {name: found.get(name, Outcomes()) for name in releases}


def _handed_over(began: Began) -> Exists:
    moves = (Move.queue.value, Move.promise.value)
    return exists().where(
        ConversationMove.conversation_id == Conversation.id,
        ConversationMove.move.in_(moves),
        ConversationMove.at >= began,
    )


def _dissatisfied(began: Began) -> Exists:
    return exists().where(
        Message.conversation_id == Conversation.id,
        Message.author == "customer",
        Message.created_at >= began - _SLACK,
        Message.understood["intent"].astext == _DISSATISFIED,
    )


def _rated(began: Began, which: ColumnElement[bool]) -> Exists:
    return exists().where(Rating.conversation_id == Conversation.id, Rating.answered_at >= began, which)
