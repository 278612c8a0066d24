"""What happened to a ticket: who did what, when, why, by which rule, and what it changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.staff.model import SYSTEM, Actor


@dataclass(frozen=True)
class By:
    """Who makes a move and on what grounds.

    Parameters
    ----------
    at: when; aware.
    why: the person's own words.
    because: the rules that decided, e.g. ``escalation.overdue_2h@v7``.
    facts: what those rules decided from.
    turn: unique per customer message or request; whatever comes twice with the same turn happens once.
    """

    actor: Actor
    at: datetime
    why: str = ""
    because: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    turn: str | None = None

    @property
    def name(self) -> str:
        return self.actor.name

    @classmethod
    def rule(cls, at: datetime, because: tuple[str, ...], facts: dict[str, Any] | None = None) -> "By":
        """The system itself, following rules."""
        return cls(SYSTEM, at, because=because, facts=facts or {})


class TicketEvent(Base):
    """One move.  Append-only; ``seq`` counts within the ticket, ``changed`` holds ``{field: [from, to]}``."""

    __tablename__ = "ticket_events"
    __table_args__ = (
        UniqueConstraint("ticket_no", "seq"),
        Index("ix_ticket_events_opened_by", "by", "ticket_no", postgresql_where=text("what = 'opened'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"))
    seq: Mapped[int]
    turn: Mapped[str | None] = mapped_column(unique=True)
    what: Mapped[str]
    by: Mapped[str]
    role: Mapped[str | None]
    unit: Mapped[str | None]
    why: Mapped[str]
    because: Mapped[list[str]]
    changed: Mapped[dict[str, Any]]
    details: Mapped[dict[str, Any]]
    at: Mapped[datetime]
