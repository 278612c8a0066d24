"""How far a conversation got with binding a phone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class PhoneBinding(Base):
    """One row for a conversation in which binding a phone came up.

    ``step`` is ``phone`` or ``code`` while the customer is asked for it, None otherwise.  ``turn`` is the last turn
    answered here and ``said`` what it was answered, for a turn that is asked about again.
    """

    __tablename__ = "phone_bindings"

    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str | None]
    phone: Mapped[str | None]
    misses: Mapped[int]
    turn: Mapped[str | None]
    said: Mapped[list[dict[str, Any]]]
    offered_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]
