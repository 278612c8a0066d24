"""Who is connected by the callback channel, and what they were last told about each conversation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.errors import IllegalMoveError


class CallbackAccount(Base):
    """An app, a mini-program, a call centre.

    ``secret`` has to be kept readable, for it signs both ways; of the bearer token only the SHA-256 is kept.
    ``vouches``: a phone number it names counts as verified.
    """

    __tablename__ = "callback_accounts"

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str]
    token_hash: Mapped[str]
    vouches: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    changed_by: Mapped[str | None]
    changed_at: Mapped[datetime | None]

    def close(self, *, by: str, at: datetime) -> None:
        if not self.is_active:
            raise IllegalMoveError("这个接入方已经停用")
        self.is_active = False
        self.changed_by, self.changed_at = by, at

    def reopen(self, *, by: str, at: datetime) -> None:
        if self.is_active:
            raise IllegalMoveError("这个接入方正在使用中")
        self.is_active = True
        self.changed_by, self.changed_at = by, at


class CallbackMode(Base):
    """Who has the conversation, as the account was last told: ``bot``, ``queued`` or ``human``."""

    __tablename__ = "callback_modes"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    mode: Mapped[str]
    agent_name: Mapped[str | None]
    at: Mapped[datetime]
