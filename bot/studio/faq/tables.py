"""How often each answer was given, by day."""

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class FaqDay(Base):
    """One topic on one day of the business's wall clock.

    ``uses`` answers were given; after ``handed_over`` of them a person was asked for, after ``asked_again`` the same
    was asked once more or the customer said that it did not help, after ``unhelped`` either; ``rated`` were followed by
    a score of the bot, ``scores`` in sum.
    """

    __tablename__ = "faq_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    uses: Mapped[int]
    handed_over: Mapped[int]
    asked_again: Mapped[int]
    unhelped: Mapped[int]
    rated: Mapped[int]
    scores: Mapped[int]


class FaqDayCounted(Base):
    """A day that was counted, and when; it is counted again while ratings of it may still come in."""

    __tablename__ = "faq_days_counted"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class FaqAge(Base):
    """How a published entry reads, and since when."""

    __tablename__ = "faq_ages"

    topic: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    since: Mapped[date]
