"""A ticket: one matter that somebody has to handle; the events it leaves; the summary of what needed no ticket."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, reconstructor

from bot.db import Base
from bot.network.model import Tier
from bot.tickets.columns import TABLE_ARGS, TicketColumns
from bot.tickets.events import By, TicketEvent
from bot.tickets.kinds import Move, Priority, TicketKind, TicketStatus
from bot.tickets.moves.aftermath import Aftermath
from bot.tickets.moves.belonging import Belonging
from bot.tickets.moves.handling import Handling
from bot.tickets.moves.liability import Liability
from bot.tickets.moves.urgency import Urgency
from bot.tickets.opening import Matter, Opening

__all__ = ["Priority", "ServiceSummary", "Ticket", "TicketEvent", "TicketKind", "TicketStatus"]


class Ticket(Handling, Urgency, Belonging, Liability, Aftermath, Base):
    """One open case per waybill and category, whatever channel and whichever party it comes from.

    Its moves raise `IllegalMoveError` in words for people.
    """

    __tablename__ = "tickets"
    __table_args__ = TABLE_ARGS
    __mapper_args__ = {"version_id_col": TicketColumns.version, "version_id_generator": False}

    @reconstructor
    def _begin(self) -> None:
        self.fresh = []

    @classmethod
    def open(cls, opening: Opening, by: By) -> "Ticket":
        """A new ticket that nobody has got yet."""
        matter, leaf, clock, regulator = opening.matter, opening.leaf, opening.clock, opening.regulator
        ticket = cls(
            ticket_no=opening.ticket_no,
            kind=matter.kind.value,
            category=leaf.category,
            flow=leaf.flow.value,
            cause=leaf.cause,
            service_class=leaf.service_class.value,
            waybill_no=matter.waybill_no,
            case_key=opening.case_key,
            parent_no=matter.parent_no,
            customer_id=matter.customer_id,
            conversation_id=matter.conversation_id,
            channel=matter.channel,
            party=matter.party,
            reporter_unit=by.actor.unit,
            text=matter.text,
            status=TicketStatus.open.value,
            priority=leaf.priority.value,
            contacts=matter.contacts,
            urges=0,
            escalations=0,
            sent_backs=0,
            reopened=0,
            version=0,
            tier=Tier.headquarters.value,
            across_provinces=False,
            vip=matter.vip,
            opened_at=by.at,
            updated_at=by.at,
            calendar=clock.calendar,
            due_at=clock.due_at,
            regulator_due_at=regulator and regulator.due_at,
            regulator_warn_at=regulator and regulator.warn_at,
        )
        ticket._begin()
        for name, value in ticket._clocked(clock, look_at=opening.look_at).items():
            setattr(ticket, name, value)
        ticket._record(Move.open, by, {}, {"text": matter.text, **_where_from(matter)})
        return ticket


class ServiceSummary(Base):
    """A matter settled during the contact: what it was about and how it ended.

    Partitioned by month.  One a turn, which `bot.tickets.summaries.remember` sees to.  ``details``: what a person
    confirmed besides: all waybills, what was wanted, done and promised.
    """

    __tablename__ = "service_summaries"
    __table_args__ = {"postgresql_partition_by": "RANGE (at)"}

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    conversation_id: Mapped[UUID] = mapped_column(index=True)
    turn: Mapped[str] = mapped_column(index=True)
    waybill_no: Mapped[str | None] = mapped_column(index=True)
    wrap_up_code: Mapped[str]
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime] = mapped_column(primary_key=True)
    details: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


def _where_from(matter: Matter) -> dict[str, str]:
    found = {"channel": matter.channel, "party": matter.party, "parent_no": matter.parent_no}
    where = {name: value for name, value in found.items() if value}
    return where | ({"conversation_id": str(matter.conversation_id)} if matter.conversation_id else {})
