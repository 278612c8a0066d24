"""Tickets, what happened to them, and the summary of a matter settled during the contact."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.errors import IllegalMoveError


class TicketKind(StrEnum):
    """服务类, 投诉类, 申诉类."""

    service = "service"
    complaint = "complaint"
    appeal = "appeal"


class TicketStatus(StrEnum):
    """Where the matter stands."""

    open = "open"
    dispatched = "dispatched"
    handled = "handled"
    closed = "closed"


class Priority(StrEnum):
    """How soon a person has to look at it."""

    normal = "normal"
    high = "high"
    urgent = "urgent"


_RAISED = {Priority.normal: Priority.high, Priority.high: Priority.urgent, Priority.urgent: Priority.urgent}


class Ticket(Base):
    """One open case per waybill and category, whatever channel and whichever party it comes from."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index(
            "uq_tickets_open_case",
            "waybill_no",
            "category",
            unique=True,
            postgresql_where=text("status <> 'closed' AND waybill_no IS NOT NULL"),
        ),
    )

    ticket_no: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    category: Mapped[str]
    waybill_no: Mapped[str | None]
    customer_id: Mapped[UUID] = mapped_column(index=True)
    conversation_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(default=TicketStatus.open.value, index=True)
    priority: Mapped[str] = mapped_column(default=Priority.normal.value)
    text: Mapped[str]
    contacts: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def raise_priority(self) -> None:
        """One step up; urgent stays urgent.  A closed ticket has no priority to raise."""
        if self.status == TicketStatus.closed:
            raise IllegalMoveError(f"ticket {self.ticket_no} is closed")
        self.priority = _RAISED[Priority(self.priority)].value


class TicketEvent(Base):
    """Who did what to a ticket, when and why.  Append-only; ``turn`` makes a repeated contact count once."""

    __tablename__ = "ticket_events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    ticket_no: Mapped[str] = mapped_column(ForeignKey("tickets.ticket_no"), index=True)
    turn: Mapped[str | None] = mapped_column(unique=True)
    what: Mapped[str]
    by: Mapped[str]
    details: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ServiceSummary(Base):
    """A matter settled during the contact: what it was about and how it ended."""

    __tablename__ = "service_summaries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(index=True)
    turn: Mapped[str] = mapped_column(unique=True)
    waybill_no: Mapped[str | None] = mapped_column(index=True)
    wrap_up_code: Mapped[str]
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
