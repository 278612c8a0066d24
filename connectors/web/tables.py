"""What the web channel remembers: whose account a browser is logged in with, and links that were given out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class WebAccount(Base):
    """A visitor that a host site vouched for, as one of its accounts; for good."""

    __tablename__ = "web_accounts"

    visitor: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime]


class ContinueLink(Base):
    """A link that opens one conversation in one more browser.  The code itself is not kept, only its SHA-256."""

    __tablename__ = "continue_links"
    __table_args__ = (Index(None, "expires_at"),)

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_by: Mapped[str | None]
    used_at: Mapped[datetime | None]
