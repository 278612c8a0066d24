"""What has to be said to somebody, and how far it got."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class SendState(StrEnum):
    """How far it got.

    ``held`` waits until the customer writes again; ``dead`` failed for good and can be sent again by a person;
    ``dropped`` will not be sent: nobody wants it any more, or it went another way.
    """

    waiting = "waiting"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    read = "read"
    held = "held"
    dead = "dead"
    dropped = "dropped"


class Trouble(StrEnum):
    """Why it is not there yet, or never will be."""

    busy = "busy"
    quota = "quota"
    gone = "gone"
    refused = "refused"
    misconfigured = "misconfigured"
    reported = "reported"
    expired = "expired"
    elsewhere = "elsewhere"
    by_hand = "by_hand"
    broken = "broken"


OPEN = (SendState.waiting, SendState.sending, SendState.held)
THERE = (SendState.sent, SendState.delivered, SendState.read)
"""The platform has it, each state better than the one before."""


class Delivery(Base):
    """One `Outgoing`.  Those of one channel and lane are sent in the order of ``number``.

    Parameters
    ----------
    lane: the recipient; what is urgent has a lane of its own.
    parts: into how many of the platform's messages it is split, once that is known; ``parts_sent`` of them are there.
    sending_since: a part was about to be sent then and nobody knows whether it was.
    failing_since: since when the part that is due fails; ``attempts`` so often.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index(
            "ix_deliveries_open",
            "channel",
            "lane",
            "number",
            postgresql_where=text("state IN ('waiting', 'sending', 'held')"),
        ),
        Index("ix_deliveries_dead", "number", postgresql_where=text("state = 'dead'")),
        Index("ix_deliveries_number", "number", unique=True),
        Index("ix_deliveries_updated_at", "updated_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity())
    channel: Mapped[str]
    recipient: Mapped[str]
    lane: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    buttons: Mapped[list[dict[str, Any]]]
    attachments: Mapped[list[dict[str, Any]]]
    notice_kind: Mapped[str | None]
    notice_values: Mapped[dict[str, Any] | None]
    conversation_id: Mapped[UUID | None]
    seq: Mapped[int | None]
    state: Mapped[str]
    parts: Mapped[int | None]
    parts_sent: Mapped[int]
    attempts: Mapped[int]
    sending_since: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
    code: Mapped[str]
    error: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class DeliveryPart(Base):
    """One of the platform's messages, taken by it; ``reported`` is the best the platform told of it afterwards."""

    __tablename__ = "delivery_parts"
    __table_args__ = (Index("ix_delivery_parts_channel_platform_id", "channel", "platform_id"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    platform_id: Mapped[str]
    details: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]
    reported: Mapped[str | None]


class EarlyReport(Base):
    """A report of something we do not know to be sent yet: the platform may be quicker than our own note of it."""

    __tablename__ = "delivery_reports"

    channel: Mapped[str] = mapped_column(primary_key=True)
    platform_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    at: Mapped[datetime]


class Writer(Base):
    """When a recipient last wrote to us on a channel: what is held for want of that may go out then."""

    __tablename__ = "delivery_writers"

    channel: Mapped[str] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(primary_key=True)
    wrote_at: Mapped[datetime | None]
