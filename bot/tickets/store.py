"""Tickets in their tables: found, locked, kept with their events; and everybody told who has to know."""

from collections.abc import Sequence

from sqlalchemy import Sequence as Numbers
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Base
from bot.tickets.columns import IS_OPEN
from bot.tickets.kinds import Move, Outcome, TicketKind
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.ports import Conditions, Tell
from bot.tickets.telling import told
from bot.tickets.words import illegal, unknown

ticket_numbers = Numbers("ticket_numbers", start=2600000001, metadata=Base.metadata)
OPEN = text(f"tickets.{IS_OPEN}")
"""Written out, so that the planner sees that a partial index fits, also in a prepared statement."""

CASE_SEED = 7
"""Of the hash that names the lock of a case."""

_COUNT_CHANGED = {Move.open, Move.close, Move.withdraw, Move.merge, Move.reopen, Move.rule}
_REVIEWED = {Outcome.resolved, Outcome.settled, Outcome.liable}


class TicketStore:
    """Reads and writes within the caller's transaction."""

    def __init__(self, tell: Tell, conditions: Conditions) -> None:
        self._tell = tell
        self._conditions = conditions

    async def new_numbers(self, session: AsyncSession, count: int = 1) -> list[str]:
        """``GD`` and ten digits, never given twice."""
        query = select(ticket_numbers.next_value()).select_from(func.generate_series(1, count).table_valued())
        return [f"GD{number}" for number in await session.scalars(query)]

    async def take(self, session: AsyncSession, ticket_no: str, *, version: int | None = None) -> Ticket:
        """The ticket, for this transaction alone until it ends.

        Raises `NotFoundError`; `IllegalMoveError` when it is no longer at the version the caller has seen.
        """
        query = select(Ticket).where(Ticket.ticket_no == ticket_no).with_for_update()
        ticket = (await session.scalars(query.execution_options(populate_existing=True))).first()
        if ticket is None:
            raise unknown(ticket_no)
        if version is not None and ticket.version != version:
            raise illegal("version", ticket_no=ticket_no)
        return ticket

    async def lock(self, session: AsyncSession, ticket_nos: Sequence[str]) -> None:
        """Keep others from these tickets, in this order; numbers that are no tickets do no harm."""
        for number in ticket_nos:
            await session.execute(select(Ticket.ticket_no).where(Ticket.ticket_no == number).with_for_update())

    async def find(self, session: AsyncSession, ticket_no: str) -> Ticket:
        """The ticket as it stands.  Raises `NotFoundError`."""
        ticket = await session.get(Ticket, ticket_no)
        if ticket is None:
            raise unknown(ticket_no)
        return ticket

    async def keep(self, session: AsyncSession, *tickets: Ticket) -> None:
        """Write tickets and the events of their moves, and tell of these."""
        session.add_all(tickets)
        await session.flush()
        for ticket in tickets:
            await self._settle(session, ticket, self._take_events(ticket))

    async def keep_quietly(self, session: AsyncSession, tickets: Sequence[Ticket]) -> None:
        """The same for many whose waybills somebody else is judging: their conditions are not touched."""
        events = [(ticket, event) for ticket in tickets for event in self._take_events(ticket)]
        session.add_all(event for _, event in events)
        await session.flush()
        await self._tell(session, [each for ticket, event in events for each in told(ticket, event)])

    async def case_lock(self, session: AsyncSession, case: str, category: str) -> None:
        """Two reports of the same case wait for each other, so that only the first opens a ticket."""
        key = func.hashtextextended(f"{case}|{category}", CASE_SEED)
        await session.execute(select(func.pg_advisory_xact_lock(key)))

    async def open_case(self, session: AsyncSession, case: str, category: str) -> Ticket | None:
        """The open ticket of a case (see `case_key`), locked."""
        query = select(Ticket).where(Ticket.case_key == case, Ticket.category == category, OPEN)
        locked = query.with_for_update().execution_options(populate_existing=True)
        return (await session.scalars(locked)).first()

    async def of_turn(self, session: AsyncSession, turn: str | None) -> Ticket | None:
        """The ticket that this turn has changed already."""
        if turn is None:
            return None
        query = select(Ticket).join(TicketEvent, TicketEvent.ticket_no == Ticket.ticket_no)
        return (await session.scalars(query.where(TicketEvent.turn == turn))).first()

    async def events(self, session: AsyncSession, ticket_no: str) -> Sequence[TicketEvent]:
        """Everything that happened to it, oldest first."""
        query = select(TicketEvent).where(TicketEvent.ticket_no == ticket_no).order_by(TicketEvent.seq)
        return (await session.scalars(query)).all()

    def _take_events(self, ticket: Ticket) -> list[TicketEvent]:
        events, ticket.fresh = ticket.fresh, []
        return events

    async def _settle(self, session: AsyncSession, ticket: Ticket, events: list[TicketEvent]) -> None:
        session.add_all(events)
        await session.flush()
        await self._tell(session, [each for event in events for each in told(ticket, event)])
        moves = {Move(event.what) for event in events}
        if ticket.waybill_no is not None and ticket.kind == TicketKind.service and moves & _COUNT_CHANGED:
            await self._count(session, ticket, ticket.waybill_no)

    async def _count(self, session: AsyncSession, ticket: Ticket, waybill_no: str) -> None:
        """The waybill is held first: who counts before that misses what others are just opening or closing."""
        await self._conditions.hold(session, waybill_no)
        count = select(func.count()).select_from(Ticket)
        mine = (Ticket.waybill_no == waybill_no, Ticket.kind == TicketKind.service.value, OPEN)
        open_tickets = await session.scalar(count.where(*mine)) or 0
        settled = open_tickets == 0 and ticket.outcome in _REVIEWED
        await self._conditions.tickets_changed(session, waybill_no, open_tickets=open_tickets, settled=settled)
