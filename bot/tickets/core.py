"""What the services of tickets share, put together once from their surroundings."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.network.model import Tier
from bot.tickets.catalogue import CurrentCatalogue
from bot.tickets.deadlines import Deadlines, deadlines
from bot.tickets.dispatching import Dispatcher
from bot.tickets.events import By
from bot.tickets.kinds import ServiceClass
from bot.tickets.model import Ticket
from bot.tickets.opener import Opener
from bot.tickets.owners import ABOVE
from bot.tickets.ports import Surroundings
from bot.tickets.store import TicketStore
from bot.tickets.terms import Terms, terms
from bot.tickets.transactions import attempt

T = TypeVar("T")


class TicketCore:
    """Database, clock, rules and ports of tickets, with the few things that every service does."""

    def __init__(self, database: Database, clock: Clock, around: Surroundings | None = None) -> None:
        self.database = database
        self.clock = clock
        self.around = around or Surroundings()
        self.catalogue = CurrentCatalogue(self.around.rules)
        self.store = TicketStore(self.around.tell, self.around.conditions)
        self.dispatcher = Dispatcher(self.around)
        self.opener = Opener(self.around, self.store, self.dispatcher, self.catalogue)

    async def attempt(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run in a transaction, again after losing a race."""
        return await attempt(self.database, work)

    # -- clocks ----------------------------------------------------------------------------------

    def terms(self, kind: str) -> Terms:
        """The terms of a kind of ticket by the rules in force."""
        return terms(self.around.rules(), kind)

    def review_due(self, ticket: Ticket, at: datetime) -> datetime:
        """When whoever reviews is reminded: a deadline of their own, in their own working time."""
        tier = ABOVE.get(Tier(ticket.tier), Tier.headquarters)
        rules, hours = self.around.rules(), self.around.hours
        review = self.terms(ticket.kind).review_class
        return deadlines(rules, hours, review, vip=ticket.vip, tier=tier.value, start=at).due_at

    def resume(self, ticket: Ticket, by: By) -> None:
        """The clock runs again, later by the working time of the pause."""
        if ticket.paused_at is not None:
            ticket.resume(ticket.clock.shifted(self.around.hours, ticket.paused_at, by.at), by)

    def reopen(self, ticket: Ticket, by: By) -> None:
        """Once more, with new deadlines of its class."""
        ticket.reopen(self.fresh_clock(ticket, by.at), by, look_at=self.terms(ticket.kind).look_again(by.at))

    def fresh_clock(self, ticket: Ticket, start: datetime) -> Deadlines:
        """The deadlines of its class, counted from ``start``, for the tier that has it."""
        rules, hours = self.around.rules(), self.around.hours
        service_class = ServiceClass(ticket.service_class)
        return deadlines(rules, hours, service_class, vip=ticket.vip, tier=ticket.tier, start=start)

    def later(self, ticket: Ticket, at: datetime, minutes: float) -> datetime:
        """So many minutes of the ticket's working time from now."""
        return self.around.hours.add(ticket.calendar, at, timedelta(minutes=minutes))

    def follow_up_at(self, ticket: Ticket, at: datetime) -> tuple[datetime | None, tuple[str, ...]]:
        """When the customer of a ticket that is closed now is asked how it went; None for never."""
        facts = self.follow_up_facts(ticket, "closed")
        decision = self.around.rules().decide("follow_up", facts)
        if ticket.conversation_id is None or not decision.flag("ask"):
            return None, decision.because
        return at + timedelta(minutes=decision.number("after_minutes")), decision.because

    def follow_up_facts(self, ticket: Ticket, outcome: str) -> dict[str, str | int | None]:
        """``outcome``: ``closed`` or ``dissatisfied``.  A ticket without a customer has no channel."""
        channel = ticket.channel or ("web" if ticket.conversation_id else None)
        return {"kind": ticket.kind, "channel": channel, "outcome": outcome, "reopened": ticket.reopened}

    # -- ledger ----------------------------------------------------------------------------------

    async def enter(
        self,
        session: AsyncSession,
        ticket: Ticket,
        kind: str,
        *,
        finding: str | None,
        reference: str,
        units: Mapping[str, str | None],
        by: By,
    ) -> tuple[str, ...]:
        """Make the ledger entries that the rules ask for; returns these rules.

        ``kind`` is what the entries come from: ``service``, ``complaint``, ``appeal``, ``chain`` or ``escalation``.
        """
        book = self.around.rules()
        facts = {
            "kind": kind,
            "cause": ticket.cause,
            "finding": finding,
            "service_class": ticket.service_class,
            "escalations": ticket.escalations,
            "across_provinces": ticket.across_provinces,
        }
        known = {"reporter": ticket.reporter_unit, "holder": ticket.owner_unit, "liable": ticket.liable_unit}
        await self.around.ledger.enter(
            session,
            book,
            facts,
            ticket_no=ticket.ticket_no,
            reference=reference,
            units={**known, **units},
            by=by.name,
            at=by.at,
        )
        return book.decide("ledger", facts).because


def reference_of(ticket: Ticket) -> str:
    """The ledger's name for what just happened to a ticket: its number and that of the event."""
    return f"{ticket.ticket_no}#{ticket.version}"
