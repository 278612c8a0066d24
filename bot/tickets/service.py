"""Open a ticket or append to the open one; write summaries; look tickets up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Sequence, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Base, Database
from bot.errors import NotFoundError
from bot.tickets.model import ServiceSummary, Ticket, TicketEvent, TicketKind, TicketStatus

ticket_numbers = Sequence("ticket_numbers", start=2600000001, metadata=Base.metadata)
SOLVED_WITHIN = timedelta(hours=4)


@dataclass(frozen=True)
class Contact:
    """Who reports something, and in which turn of which conversation.

    ``turn`` is unique per customer message; whatever is done twice for the same turn happens once.
    """

    customer_id: UUID
    conversation_id: UUID
    turn: str
    by: str = "bot"


@dataclass(frozen=True)
class Reported:
    """What became of a report: a new ticket, or one more contact on the open one."""

    ticket_no: str
    appended: bool
    due_at: datetime
    contacts: int


class TicketService:
    """The one door to tickets."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def report(
        self, kind: TicketKind, category: str, text: str, *, waybill_no: str | None, contact: Contact
    ) -> Reported:
        """Open a ticket, or append to the open one of the same waybill and category and raise its priority."""
        async with self._database.transaction() as session:
            await _serialise(session, waybill_no or str(contact.customer_id), category)
            seen = await _ticket_of_turn(session, contact.turn)
            if seen is not None:
                return _reported(seen, appended=seen.contacts > 1)
            ticket = await _open_case(session, kind, category, waybill_no, contact.customer_id)
            if ticket is None:
                ticket = await self._open(session, kind, category, text, waybill_no, contact)
                self._record(session, ticket, "opened", text, contact)
                return _reported(ticket, appended=False)
            self._append(session, ticket, text, contact)
            return _reported(ticket, appended=True)

    async def urge(self, ticket_no: str, text: str, contact: Contact) -> Reported:
        """The customer asks again about an open ticket.  Raises `NotFoundError`, `IllegalMoveError` when closed."""
        async with self._database.transaction() as session:
            ticket = await session.get(Ticket, ticket_no, with_for_update=True)
            if ticket is None:
                raise NotFoundError(f"ticket {ticket_no} is not known")
            if await _ticket_of_turn(session, contact.turn) is None:
                self._append(session, ticket, text, contact)
            return _reported(ticket, appended=True)

    async def of_customer(self, customer_id: UUID, *, limit: int = 3) -> list[Ticket]:
        """The customer's own tickets, newest first."""
        query = select(Ticket).where(Ticket.customer_id == customer_id).order_by(Ticket.opened_at.desc()).limit(limit)
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def of_waybill(self, waybill_no: str) -> list[Ticket]:
        """Every ticket of a waybill, newest first; for parties and staff only."""
        query = select(Ticket).where(Ticket.waybill_no == waybill_no).order_by(Ticket.opened_at.desc())
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def get_own(self, ticket_no: str, customer_id: UUID) -> Ticket:
        """A ticket of this customer.  Anybody else's is as good as unknown: `NotFoundError`."""
        async with self._database.transaction() as session:
            ticket = await session.get(Ticket, ticket_no)
        if ticket is None or ticket.customer_id != customer_id:
            raise NotFoundError(f"ticket {ticket_no} is not known to this customer")
        return ticket

    async def summarise(self, wrap_up_code: str, text: str, *, waybill_no: str | None, contact: Contact) -> None:
        """Write the summary of a settled contact, once per turn."""
        values = {
            "conversation_id": contact.conversation_id,
            "turn": contact.turn,
            "waybill_no": waybill_no,
            "wrap_up_code": wrap_up_code,
            "text": text,
            "by": contact.by,
            "at": self._clock(),
        }
        async with self._database.transaction() as session:
            await session.execute(insert(ServiceSummary).values(values).on_conflict_do_nothing())

    async def summaries_of(self, conversation_id: UUID) -> list[ServiceSummary]:
        query = (
            select(ServiceSummary).where(ServiceSummary.conversation_id == conversation_id).order_by(ServiceSummary.at)
        )
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def _open(
        self,
        session: AsyncSession,
        kind: TicketKind,
        category: str,
        text: str,
        waybill_no: str | None,
        contact: Contact,
    ) -> Ticket:
        number = await session.scalar(ticket_numbers)
        now = self._clock()
        ticket = Ticket(
            ticket_no=f"GD{number}",
            kind=kind.value,
            category=category,
            waybill_no=waybill_no,
            customer_id=contact.customer_id,
            conversation_id=contact.conversation_id,
            text=text,
            contacts=1,
            opened_at=now,
            due_at=now + SOLVED_WITHIN,
            updated_at=now,
        )
        session.add(ticket)
        await session.flush()
        return ticket

    def _append(self, session: AsyncSession, ticket: Ticket, text: str, contact: Contact) -> None:
        ticket.raise_priority()
        ticket.contacts += 1
        ticket.updated_at = self._clock()
        self._record(session, ticket, "appended", text, contact)

    def _record(self, session: AsyncSession, ticket: Ticket, what: str, text: str, contact: Contact) -> None:
        session.add(
            TicketEvent(
                ticket_no=ticket.ticket_no,
                turn=contact.turn,
                what=what,
                by=contact.by,
                details={"text": text, "conversation_id": str(contact.conversation_id)},
                at=self._clock(),
            )
        )


async def _serialise(session: AsyncSession, *case: str) -> None:
    """Two reports of the same case wait for each other, so that only the first opens a ticket."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("|".join(case), 7))))


async def _ticket_of_turn(session: AsyncSession, turn: str) -> Ticket | None:
    query = select(Ticket).join(TicketEvent, TicketEvent.ticket_no == Ticket.ticket_no).where(TicketEvent.turn == turn)
    return (await session.scalars(query)).first()


async def _open_case(
    session: AsyncSession, kind: TicketKind, category: str, waybill_no: str | None, customer_id: UUID
) -> Ticket | None:
    """The open ticket of the same case; without a waybill a case belongs to its customer."""
    query = select(Ticket).where(
        Ticket.category == category, Ticket.kind == kind.value, Ticket.status != TicketStatus.closed.value
    )
    if waybill_no is None:
        query = query.where(Ticket.waybill_no.is_(None), Ticket.customer_id == customer_id)
    else:
        query = query.where(Ticket.waybill_no == waybill_no)
    return (await session.scalars(query.with_for_update())).first()


def _reported(ticket: Ticket, *, appended: bool) -> Reported:
    return Reported(ticket.ticket_no, appended, ticket.due_at, ticket.contacts)
