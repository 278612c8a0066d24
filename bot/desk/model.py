"""People of the desk, their sessions, how far they have read, and what they did."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base

FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)


class Agent(Base):
    """An account of the desk.  ``password_hash`` is argon2id with its parameters."""

    __tablename__ = "agents"

    username: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    unit: Mapped[str | None]
    province: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    def is_locked(self, *, at: datetime) -> bool:
        return self.locked_until is not None and at < self.locked_until

    def login_failed(self, *, at: datetime) -> None:
        """Count a wrong password; too many in a row lock the account for a while."""
        self.failed_logins += 1
        if self.failed_logins >= FAILURES_ALLOWED:
            self.locked_until = at + LOCKED_FOR
            self.failed_logins = 0

    def login_succeeded(self) -> None:
        self.failed_logins = 0
        self.locked_until = None


class DeskSession(Base):
    """A person who is logged in on one browser.  Only the SHA-256 of the cookie is kept."""

    __tablename__ = "desk_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("agents.username", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ReadMark(Base):
    """How far a person has read in a conversation, so that unread counts survive a restart."""

    __tablename__ = "desk_reads"

    username: Mapped[str] = mapped_column(ForeignKey("agents.username", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]


class AuditEntry(Base):
    """Who did what at the desk, when and why.  Append-only."""

    __tablename__ = "desk_audit"
    __table_args__ = (Index(None, "conversation_id"), Index(None, "who", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    who: Mapped[str]
    at: Mapped[datetime]
    what: Mapped[str]
    why: Mapped[str | None]
    conversation_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
