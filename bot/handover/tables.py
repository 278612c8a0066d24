"""Who is at the desk."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.handover.kinds import AgentState


class AgentPresence(Base):
    """A person's state at the desk.

    Parameters
    ----------
    seen_at: the last sign of life of an open page; None while none is open, and then nobody is missed.
    passed: offers let pass in a row.
    idle_since: since when the person has taken no conversation; who is idle longest is next.
    """

    __tablename__ = "agent_presence"
    __table_args__ = (Index(None, "seen_at", postgresql_where=text("seen_at IS NOT NULL")),)

    username: Mapped[str] = mapped_column(ForeignKey("agents.username", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(default=AgentState.offline.value)
    why: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    passed: Mapped[int] = mapped_column(default=0)
    idle_since: Mapped[datetime]


class AgentChange(Base):
    """One change of a person's state, for the record of who was there when.  ``who``: the person, or ``system``."""

    __tablename__ = "agent_changes"
    __table_args__ = (Index(None, "username", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(ForeignKey("agents.username", ondelete="CASCADE"))
    before: Mapped[str]
    after: Mapped[str]
    who: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
