"""What is kept of quality: editions of sheets and plans, draws, samples with their scores, and objections."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.desk.leading.kinds import SampleState
from bot.desk.leading.words import illegal


class QualityEdition(Base):
    """A version of a score sheet, or of the plan that samples are drawn by; never changed once written.

    Parameters
    ----------
    kind: ``sheet`` or ``plan``.
    """

    __tablename__ = "quality_editions"

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    note: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class QualityDraw(Base):
    """One drawing of samples.  A period is drawn once, so that nobody draws until they like what comes.

    Parameters
    ----------
    seed: of the random choice; with ``candidates`` it gives the same samples again.
    candidates: by reason: how many there were, and the SHA-256 of their sorted ids.
    """

    __tablename__ = "quality_draws"
    __table_args__ = (UniqueConstraint("since", "until"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    since: Mapped[datetime]
    until: Mapped[datetime]
    plan_version: Mapped[int]
    seed: Mapped[str]
    candidates: Mapped[dict[str, Any]]
    by: Mapped[str]
    at: Mapped[datetime]


class QualitySample(Base):
    """One service by one person, to be scored.

    Parameters
    ----------
    move_id: of the move by which the person took the conversation.
    because: every rule that drew it, as {``reason``, and what it was about}.
    scorers_wanted: 1, or more where scorers are compared: then the scores count for nobody.
    total: of the score that counts.
    """

    __tablename__ = "quality_samples"
    __table_args__ = (
        UniqueConstraint("move_id"),
        Index(None, "state", "served_at", "id"),
        Index(None, "agent", "served_at", "id"),
        Index(None, "served_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    draw_id: Mapped[UUID | None] = mapped_column(ForeignKey("quality_draws.id"))
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), index=True)
    move_id: Mapped[int]
    agent: Mapped[str]
    team: Mapped[str | None]
    channel: Mapped[str]
    served_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    because: Mapped[list[dict[str, Any]]]
    sheet: Mapped[str]
    state: Mapped[str] = mapped_column(default=SampleState.open.value)
    scorers_wanted: Mapped[int] = mapped_column(default=1)
    total: Mapped[float | None]
    scored_at: Mapped[datetime | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]

    @property
    def is_calibration(self) -> bool:
        return self.scorers_wanted > 1

    def take_score(self, scorer: str, total: float, *, done: int, at: datetime) -> None:
        """A score counts.  ``done``: how many there are with it.  Raises `IllegalMoveError` once there are enough."""
        if scorer == self.agent:
            raise illegal("own")
        if self.state != SampleState.open or done > self.scorers_wanted:
            raise illegal("enough" if self.is_calibration else "scored")
        self.scored_at = at
        self.total = None if self.is_calibration else total
        if done == self.scorers_wanted:
            self.state = SampleState.settled.value if self.is_calibration else SampleState.scored.value

    def compare(self, scorers: int) -> None:
        """Have it scored by several, each on their own.  Raises `IllegalMoveError` once anybody has scored it."""
        if self.state != SampleState.open or self.scored_at is not None:
            raise illegal("compared")
        self.scorers_wanted = scorers

    def object_by(self, agent: str) -> None:
        """The agent does not agree.  Raises `IllegalMoveError` for anybody else, without a score, or a second time."""
        if agent != self.agent:
            raise illegal("not_own")
        if self.is_calibration:
            raise illegal("calibrates")
        if self.state != SampleState.scored:
            raise illegal("not_yet" if self.state == SampleState.open else "once")
        self.state = SampleState.objected.value

    def settle(self, total: float | None) -> None:
        """The objection is answered; ``total`` is the new one, None where the old one stands."""
        if self.state != SampleState.objected:
            raise illegal("not_objected")
        self.state = SampleState.settled.value
        self.total = self.total if total is None else total


class QualityScore(Base):
    """What one scorer found.

    Parameters
    ----------
    marks: `Mark` by key of the criterion.
    remarks: comments on single messages: {``seq``, ``text``}.
    failed: keys of the fatal criteria that were missed; any of them makes ``total`` 0.
    """

    __tablename__ = "quality_scores"
    __table_args__ = (UniqueConstraint("sample_id", "scorer"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    sample_id: Mapped[UUID] = mapped_column(ForeignKey("quality_samples.id", ondelete="CASCADE"))
    scorer: Mapped[str]
    sheet: Mapped[str]
    sheet_version: Mapped[int]
    marks: Mapped[dict[str, Any]]
    failed: Mapped[list[str]]
    remarks: Mapped[list[dict[str, Any]]]
    comment: Mapped[str]
    total: Mapped[float]
    at: Mapped[datetime]


class QualityObjection(Base):
    """The agent's one objection to a score, and the answer.  ``total_before``: what was scored."""

    __tablename__ = "quality_objections"

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("quality_samples.id", ondelete="CASCADE"), primary_key=True)
    by: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]
    total_before: Mapped[float]
    upheld: Mapped[bool | None]
    answer: Mapped[str]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
