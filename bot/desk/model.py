"""How far the people of the desk have read."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class ReadMark(Base):
    """How far a person has read in a conversation, so that unread counts survive a restart."""

    __tablename__ = "desk_reads"

    username: Mapped[str] = mapped_column(ForeignKey("agents.username", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int]
