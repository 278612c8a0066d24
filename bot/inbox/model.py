"""Letters as they stand in the database."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class LetterState(StrEnum):
    """What became of a letter; ``aside`` is what could not be read and waits for a person to look at it."""

    waiting = "waiting"
    done = "done"
    aside = "aside"


class InboxLetter(Base):
    """A letter.  Those of one lane are read in the order of ``id``; the first that waits holds up the rest.

    ``failing_since`` is when its first reading failed; ``next_at`` when the next is due; ``closed_at`` when it was
    done or put aside.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_inbox_waiting", "channel", "lane", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_inbox_aside", "id", postgresql_where=text("state = 'aside'")),
        Index("ix_inbox_closed_at", "closed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str]
    key: Mapped[str]
    lane: Mapped[str]
    body: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=LetterState.waiting.value, server_default=LetterState.waiting.value)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    failing_since: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    error: Mapped[str | None]
