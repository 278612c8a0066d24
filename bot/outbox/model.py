"""What happened, who outside wants to hear of it, and how far each telling got."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.errors import IllegalMoveError
from bot.outbox.kinds import wants

WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60, 24 * 60 * 60))
GONE = 410


class DeliveryState(StrEnum):
    """How far an event got with one subscription."""

    waiting = "waiting"
    delivered = "delivered"
    dead = "dead"


@dataclass(frozen=True)
class Event:
    """Something that happened, as it is told: `kinds.KINDS` has the schema of ``data``."""

    id: UUID
    kind: str
    subject: str
    data: dict[str, Any]
    at: datetime

    def document(self) -> dict[str, Any]:
        """What is sent, as JSON values."""
        at = self.at.isoformat()
        return {"id": str(self.id), "kind": self.kind, "subject": self.subject, "at": at, "data": self.data}


class OutgoingEvent(Base):
    """An event, written in the transaction of the change it tells of.

    ``id`` is a UUID of version 7: it says when, and is what a receiver tells repetitions by.  ``relayed_at`` is when
    everybody who wants it was given a job of it.
    """

    __tablename__ = "outgoing_events"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)
    relayed_at: Mapped[datetime | None]

    def event(self) -> Event:
        return Event(self.id, self.kind, self.subject, self.data, self.at)


class WebhookSubscription(Base):
    """Somebody outside who wants to hear of some kinds of events.

    ``secret`` has to be kept readable, for every delivery is signed with it.
    """

    __tablename__ = "webhook_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    url: Mapped[str]
    secret: Mapped[str]
    kinds: Mapped[list[str]]
    description: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    deactivated_by: Mapped[str | None]
    deactivated_at: Mapped[datetime | None]
    deactivated_why: Mapped[str | None]

    def wants(self, kind: str) -> bool:
        return self.is_active and any(wants(pattern, kind) for pattern in self.kinds)

    def deactivate(self, *, by: str, why: str, at: datetime) -> None:
        """Nothing more is sent; what waits dies at its next turn."""
        if not self.is_active:
            raise IllegalMoveError("这个推送订阅已经停用了")
        self.is_active = False
        self.deactivated_by, self.deactivated_at, self.deactivated_why = by, at, why


class WebhookDelivery(Base):
    """One event for one subscription.

    ``attempts`` counts since the last resend; ``last_status`` is the HTTP status of the last attempt, None when there
    was no answer, and then ``last_error`` says why.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "subscription_id"),
        Index(None, "subscription_id", "created_at"),
        Index("ix_webhook_deliveries_dead", "created_at", postgresql_where=text("state = 'dead'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("outgoing_events.id", ondelete="CASCADE"))
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscriptions.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(default=DeliveryState.waiting.value)
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    last_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    def answered(self, status: int, *, at: datetime) -> None:
        """2xx is delivered, 410 is the end, anything else a failure."""
        self._refuse_unless_waiting()
        self.last_status, self.last_error = status, None
        if 200 <= status < 300:
            self._attempted(at)
            self._end(DeliveryState.delivered)
        elif status == GONE:
            self._attempted(at)
            self._end(DeliveryState.dead)
        else:
            self._failed(at)

    def not_answered(self, error: str, *, at: datetime) -> None:
        """Nobody there, too slow, or an address that must not be called."""
        self._refuse_unless_waiting()
        self.last_status, self.last_error = None, error
        self._failed(at)

    def give_up(self, why: str, *, at: datetime) -> None:
        """Dead without another attempt."""
        self._refuse_unless_waiting()
        self.last_error, self.last_at = why, at
        self._end(DeliveryState.dead)

    def resend(self, *, at: datetime) -> None:
        """All attempts anew, for what is dead, or what a receiver has lost."""
        if self.state == DeliveryState.waiting:
            raise IllegalMoveError("这条推送还在发送中")
        self.state, self.attempts, self.next_at = DeliveryState.waiting.value, 0, at

    def _failed(self, at: datetime) -> None:
        self._attempted(at)
        if self.attempts > len(WAITS):
            self._end(DeliveryState.dead)
        else:
            self.next_at = at + WAITS[self.attempts - 1]

    def _attempted(self, at: datetime) -> None:
        self.attempts += 1
        self.last_at = at

    def _end(self, state: DeliveryState) -> None:
        self.state, self.next_at = state.value, None

    def _refuse_unless_waiting(self) -> None:
        if self.state != DeliveryState.waiting:
            raise IllegalMoveError(f"delivery {self.id} is {self.state}")
