"""Who agreed to be told of what, and what is told: consents, watched waybills, notices."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy import Identity as Numbered
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.errors import IllegalMoveError

ALL = ""
"""Of a consent: for whatever the customer has."""


class NoticeState(StrEnum):
    """How far a notice got.  ``told``: it was said in a conversation or given to the delivery of its channel."""

    waiting = "waiting"
    told = "told"
    dropped = "dropped"


class NoticeEnd(StrEnum):
    """Why a notice is not told."""

    expired = "expired"
    superseded = "superseded"
    declined = "declined"
    no_way = "no_way"
    refused = "refused"


class Consent(Base):
    """What a customer once said about being told; of those for the same kind, channel and subject the newest counts.

    ``subject`` is a waybill's or a ticket's number, `ALL` for all of them.  ``how``: ``button``, ``words``, ``agent``,
    ``web``, ``api``; ``by`` is who wrote it down.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index(None, "customer_id", "id"),
        Index("ix_consents_general", "customer_id", postgresql_where=text("subject = ''")),
    )

    id: Mapped[int] = mapped_column(Numbered(always=False), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    channel: Mapped[str]
    subject: Mapped[str]
    agreed: Mapped[bool]
    how: Mapped[str]
    by: Mapped[str]
    conversation_id: Mapped[UUID | None]
    at: Mapped[datetime]


class WaybillWatch(Base):
    """Somebody wants to hear of this waybill: the one look-up that every scan pays for."""

    __tablename__ = "waybill_watches"

    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True, index=True)
    conversation_id: Mapped[UUID | None]
    at: Mapped[datetime]


class NoticeRow(Base):
    """Something to tell one customer.

    Parameters
    ----------
    occasion: what happened, in a word that is the same however often we hear of it.
    happened_at: when it happened; ``due_at``: not to be told before; ``expires_at``: not to be told after.
    channel, recipient: how it was told, with ``told_as``, the id of the delivery (several notices may share one).
    tried: channels that would not take it.
    why: a `NoticeEnd` where it was dropped.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("customer_id", "occasion"),
        Index("ix_notices_waiting", "due_at", "customer_id", postgresql_where=text("state = 'waiting'")),
        Index(None, "customer_id", "created_at"),
        Index(None, "subject"),
        Index("ix_notices_told_as", "told_as", postgresql_where=text("told_as IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    occasion: Mapped[str]
    values: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str]
    channel: Mapped[str | None]
    recipient: Mapped[str | None]
    told_as: Mapped[UUID | None]
    tried: Mapped[list[str]]
    why: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def tell(self, channel: str, recipient: str, *, as_: UUID, at: datetime) -> None:
        """It goes out there."""
        self._refuse_unless(NoticeState.waiting)
        self.state, self.channel, self.recipient = NoticeState.told.value, channel, recipient
        self.told_as, self.ended_at = as_, at

    def drop(self, why: NoticeEnd, *, at: datetime) -> None:
        """It is not told."""
        self._refuse_unless(NoticeState.waiting)
        self.state, self.why, self.ended_at = NoticeState.dropped.value, why.value, at

    def come_back(self) -> None:
        """The channel would not take it: another has to be found."""
        self._refuse_unless(NoticeState.told)
        self.tried = sorted({*self.tried, str(self.channel)})
        self.state, self.ended_at = NoticeState.waiting.value, None
        self.channel = self.recipient = self.told_as = None

    def wait(self, until: datetime) -> None:
        """Not now: night, or a person has the conversation."""
        self._refuse_unless(NoticeState.waiting)
        self.due_at = until

    def _refuse_unless(self, state: NoticeState) -> None:
        if self.state != state:
            raise IllegalMoveError(f"notice {self.id} is {self.state}, not {state}")
