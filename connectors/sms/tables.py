"""What is known of the numbers that write to us, or must not be written to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class SmsNumber(Base):
    """A number, in E.164.

    Parameters
    ----------
    opted_out_at: since when nothing may be sent to it, by which word or code of the platform.
    wrote_at: when its owner last wrote.
    link_at: when it was last sent a link into the web chat.
    warned_at: when it was last told to write less.
    choices: what the last SMS offered: ``[{"title": .., "payload": ..}]``, to be answered with a number.
    """

    __tablename__ = "sms_numbers"

    number: Mapped[str] = mapped_column(primary_key=True)
    opted_out_at: Mapped[datetime | None]
    opted_out_by: Mapped[str | None]
    wrote_at: Mapped[datetime | None]
    link_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    choices: Mapped[list[dict[str, Any]]]


class SmsTraffic(Base):
    """An SMS that came (``in``) or went (``out``), for counting; ``key`` makes counting it twice harmless."""

    __tablename__ = "sms_traffic"
    __table_args__ = (Index("ix_sms_traffic_number_at", "number", "at"), Index("ix_sms_traffic_at", "at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    direction: Mapped[str]
    at: Mapped[datetime]
