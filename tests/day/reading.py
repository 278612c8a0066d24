"""What the tables say when all is over, in words that expectations are written in."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from bot.clock import local
from bot.db import Database
from bot.tickets.model import ServiceSummary, Ticket, TicketEvent
from bot.waybills.tables import ConditionChange, StateRow


@dataclass(frozen=True)
class Reader:
    """Reads; changes nothing."""

    database: Database

    async def all(self, query: Any) -> Sequence[Any]:
        async with self.database.transaction() as session:
            return (await session.scalars(query)).all()

    async def states(self) -> dict[str, StateRow]:
        return {state.waybill_no: state for state in await self.all(select(StateRow))}

    async def changes(self) -> dict[str, list[ConditionChange]]:
        """Every change of condition by waybill, oldest first; waybills without any are left out."""
        found: dict[str, list[ConditionChange]] = {}
        for change in await self.all(select(ConditionChange).order_by(ConditionChange.at, ConditionChange.id)):
            found.setdefault(change.waybill_no, []).append(change)
        return found

    async def history(self, number: str) -> list[str]:
        """``04 21:00 problem`` for each change of condition."""
        return [f"{day(change.at)} {change.after}" for change in (await self.changes()).get(number, [])]

    async def tickets(self, number: str | None = None, category: str | None = None) -> list[Ticket]:
        """By number of the ticket, which is the order they were opened in."""
        query = select(Ticket).order_by(Ticket.ticket_no)
        query = query.where(Ticket.waybill_no == number) if number else query
        return list(await self.all(query.where(Ticket.category == category) if category else query))

    async def ticket(self, number: str, category: str) -> Ticket:
        (found,) = await self.tickets(number, category)
        return found

    async def events(self, ticket_no: str) -> list[TicketEvent]:
        query = select(TicketEvent).where(TicketEvent.ticket_no == ticket_no).order_by(TicketEvent.seq)
        return list(await self.all(query))

    async def life(self, number: str, category: str) -> list[str]:
        """``05 10:00 urged`` for each event of the one ticket."""
        ticket = await self.ticket(number, category)
        return [f"{day(event.at)} {event.what}" for event in await self.events(ticket.ticket_no)]

    async def summaries(self, number: str) -> list[ServiceSummary]:
        return list(await self.all(select(ServiceSummary).where(ServiceSummary.waybill_no == number)))


def day(moment: Any) -> str:
    """``05 10:00`` on China's clock."""
    return f"{local(moment):%d %H:%M}"


def yuan(figure: int) -> Decimal:
    return Decimal(figure).quantize(Decimal("0.01"))
