"""What happened to a conversation between customer, bot and people: who, when, why.  Written once, never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class ConversationMove(Base):
    """One line of the log.

    Parameters
    ----------
    who: ``customer``, ``bot``, ``system`` or the username of a person.
    agent: whom it was given or offered to, or who had it.
    lasted_s: seconds that the state before had lasted.
    """

    __tablename__ = "conversation_moves"
    __table_args__ = (Index(None, "conversation_id", "id"), Index(None, "move", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    move: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    who: Mapped[str]
    why: Mapped[str]
    agent: Mapped[str | None]
    team: Mapped[str | None]
    lasted_s: Mapped[float]
    at: Mapped[datetime]
