"""Counters: of each hour while it may still change, and of each day for good."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversations.model import Message
from bot.db import Base

# Counting asks for an hour's messages.  They come in the order of time, so a few bytes for every 32 pages find them,
# and writing a message costs nothing more.
Index(
    "ix_messages_created_at",
    Message.created_at,
    postgresql_using="brin",
    postgresql_with={"pages_per_range": "32", "autosummarize": "on"},
)


class StudioSlice(Base):
    """An hour, by its first moment, and when it was counted last."""

    __tablename__ = "studio_slices"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(index=True)


class SliceCount(Base):
    """What happened in an hour; see `bot.studio.insight.counting` for metrics, keys, and what ``total`` is."""

    __tablename__ = "studio_slice_counts"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]
    total: Mapped[float]


class DayCount(Base):
    """The same of a day on the wall clock of the business: the sum of its hours."""

    __tablename__ = "studio_day_counts"

    metric: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]
    total: Mapped[float]
