"""Tables of what tracking services told.  Phone tails stand in two of them, and are shown to nobody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class TrackAnswer(Base):
    """What a service said last to one question: a track, or the name of a refusal."""

    __tablename__ = "track_answers"
    __table_args__ = (Index(None, "tried_at"),)

    service: Mapped[str] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(primary_key=True)
    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    phone_tail: Mapped[str] = mapped_column(primary_key=True)
    tried_at: Mapped[datetime]
    refusal: Mapped[str]
    track: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class PushedTrack(Base):
    """The track that was pushed last, and where the subscription to it stands.

    ``checkpoints`` is oldest first and empty before the first push.  ``told_at`` is when the last push came.
    """

    __tablename__ = "pushed_tracks"
    __table_args__ = (Index(None, "changed_at"),)

    carrier: Mapped[str] = mapped_column(primary_key=True)
    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    checkpoints: Mapped[list[dict[str, Any]]]
    told_at: Mapped[datetime | None]
    subscribed_at: Mapped[datetime | None]
    ended: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    corrected_to: Mapped[str | None]
    changed_at: Mapped[datetime]


class ForeignInquiry(Base):
    """What a customer said about a number of another carrier: whose it is, and the phone tail that opened it."""

    __tablename__ = "foreign_inquiries"
    __table_args__ = (Index(None, "at"), Index(None, "waybill_no"))

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    carrier: Mapped[str]
    phone_tail: Mapped[str]
    proven_at: Mapped[datetime | None]
    at: Mapped[datetime]
