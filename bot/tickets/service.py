"""The door to tickets for customers and the bot: report, ask again, look up, answer a follow-up; and summaries."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFoundError
from bot.staff.model import Actor
from bot.tickets.chains import ChainStarter
from bot.tickets.core import TicketCore
from bot.tickets.events import By
from bot.tickets.follow_up import dissatisfied
from bot.tickets.kinds import Flow, TicketKind
from bot.tickets.model import ServiceSummary, Ticket
from bot.tickets.opening import Contact, Matter
from bot.tickets.ports import Surroundings
from bot.tickets.rulings import CUSTOMER, Ruling, count_appeal
from bot.tickets.settling import CaseFacts, Settled, Ticketed, settle
from bot.tickets.store import ticket_numbers
from bot.tickets.summaries import remember
from bot.tickets.terms import pause_reasons
from bot.tickets.words import unknown

__all__ = ["Contact", "Reported", "TicketService", "ticket_numbers"]


@dataclass(frozen=True)
class Reported:
    """What became of a report: a new ticket, or one more contact on the open one."""

    ticket_no: str
    appended: bool
    due_at: datetime
    contacts: int


class TicketService:
    """The one door to tickets for customers and the bot; people work through `bot.tickets.work`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        around: Surroundings | None = None,
        *,
        core: TicketCore | None = None,
    ) -> None:
        self.core = core or TicketCore(database, clock, around)
        self._database = database
        self._clock = clock
        self._chains = ChainStarter(self.core)

    async def report(
        self,
        kind: TicketKind,
        category: str,
        text: str,
        *,
        waybill_no: str | None,
        contact: Contact,
        parent_no: str | None = None,
        vip: bool = False,
        by: Actor | None = None,
    ) -> Reported:
        """Open a ticket, or append to the open one of the same waybill and category and raise its priority.

        Parameters
        ----------
        parent_no: the ticket that a complaint or an appeal is about.
        vip: whether the deadlines of key accounts hold.
        by: the person who takes it up; without one it is whoever the contact names.
        """
        matter = Matter(
            kind=kind,
            category=category,
            text=text,
            waybill_no=waybill_no,
            parent_no=parent_no,
            customer_id=contact.customer_id,
            conversation_id=contact.conversation_id,
            channel=contact.channel,
            party=contact.party,
            vip=vip,
        )
        who = By(by or Actor(contact.by), self._clock(), turn=contact.turn)
        reported, ticket = await self.core.attempt(lambda session: self._report(session, matter, contact, who))
        if not reported.appended and ticket.flow == Flow.evidence_chain and ticket.window_until is None:
            started = await self._chains.begin(ticket.ticket_no, ticket.waybill_no)
            return replace(reported, due_at=started.due_at) if started else reported
        return reported

    async def settle(
        self,
        facts: CaseFacts,
        text: str,
        *,
        waybill_no: str,
        contact: Contact,
        wrap_up_code: str | None = None,
        answer: str | None = None,
    ) -> Settled | Reported:
        """The timeliness rule: a summary in time; past the promise a ticket, or one more contact on the open one.

        The contact counts for the condition of the waybill either way.

        Parameters
        ----------
        text: the customer's words.
        wrap_up_code, answer: what the summary is filed under and says; left out, the category and the customer's words.
        """
        outcome = settle(facts)
        if isinstance(outcome, Ticketed):
            kind = self.core.catalogue().leaf_or_other(facts.category).kind
            return await self.report(kind, outcome.category, text, waybill_no=waybill_no, contact=contact)
        code = wrap_up_code or outcome.wrap_up_code
        await self.summarise(code, answer or text, waybill_no=waybill_no, contact=contact)
        return outcome

    async def urge(self, ticket_no: str, text: str, contact: Contact) -> Reported:
        """The customer asks again about an open ticket.  Raises `NotFoundError`, `IllegalMoveError` when closed."""
        by = By(Actor(contact.by), self._clock(), turn=contact.turn)

        async def append(session: AsyncSession) -> Reported:
            ticket = await self.core.store.take(session, ticket_no)
            if await self.core.store.of_turn(session, contact.turn) is None:
                await self._append(session, ticket, text, contact, by)
            return _reported(ticket, appended=True)

        return await self.core.attempt(append)

    async def answer_follow_up(self, ticket_no: str, contact: Contact, *, satisfied: bool, words: str = "") -> Ticket:
        """The customer says how it went; dissatisfied, the ticket is reopened where the rules allow it.

        Raises `NotFoundError` for anybody else's ticket, `IllegalMoveError` when it was answered before.
        """
        by = By(Actor(contact.by), self._clock(), turn=contact.turn)

        async def answer(session: AsyncSession) -> Ticket:
            seen = await self.core.store.of_turn(session, contact.turn)
            if seen is not None:
                return seen
            ticket = await self.core.store.take(session, ticket_no)
            if ticket.customer_id != contact.customer_id:
                raise unknown(ticket_no)
            ticket.answer_follow_up(by, satisfied=satisfied, words=words)
            if not satisfied:
                await dissatisfied(self.core, session, ticket, words, by)
            await self.core.store.keep(session, ticket)
            return ticket

        return await self.core.attempt(answer)

    async def waiting_for_verdict(self, conversation_id: UUID) -> str | None:
        """The ticket whose customer was asked in this conversation how it went, and has not said yet."""
        asked = Ticket.follow_up_asked_at
        query = (
            select(Ticket.ticket_no)
            .where(Ticket.conversation_id == conversation_id, asked.is_not(None), Ticket.satisfied.is_(None))
            .order_by(asked.desc())
            .limit(1)
        )
        async with self._database.transaction() as session:
            return await session.scalar(query)

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

    async def summarise(
        self,
        wrap_up_code: str,
        text: str,
        *,
        waybill_no: str | None,
        contact: Contact,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Write the summary of a settled contact, once per turn.

        ``details``: what a person confirmed besides, as JSON has it.
        """
        values: Mapping[str, object] = {
            "conversation_id": contact.conversation_id,
            "turn": contact.turn,
            "waybill_no": waybill_no,
            "wrap_up_code": wrap_up_code,
            "text": text,
            "by": contact.by,
            "at": self._clock(),
            "details": dict(details) if details is not None else None,
        }

        async def write(session: AsyncSession) -> None:
            if await remember(session, values) and waybill_no is not None:
                await self.core.around.conditions.contacted(session, waybill_no)

        await self.core.attempt(write)

    async def summaries_of(self, conversation_id: UUID) -> list[ServiceSummary]:
        """The summaries of one conversation, oldest first."""
        mine = select(ServiceSummary).where(ServiceSummary.conversation_id == conversation_id)
        async with self._database.transaction() as session:
            return list((await session.scalars(mine.order_by(ServiceSummary.at))).all())

    async def summaries_of_waybill(self, waybill_no: str, *, limit: int = 50) -> list[ServiceSummary]:
        """The newest summaries under a waybill; for staff only."""
        mine = select(ServiceSummary).where(ServiceSummary.waybill_no == waybill_no)
        async with self._database.transaction() as session:
            return list((await session.scalars(mine.order_by(ServiceSummary.at.desc()).limit(limit))).all())

    async def _report(self, session: AsyncSession, matter: Matter, contact: Contact, by: By) -> tuple[Reported, Ticket]:
        store = self.core.store
        ruled = await self._ruled(session, matter)
        matter = replace(matter, parent_no=ruled) if ruled else matter
        await store.case_lock(session, matter.case, matter.category)
        seen = await store.of_turn(session, by.turn)
        if seen is not None:
            return _reported(seen, appended=seen.contacts > 1), seen
        ticket = await store.open_case(session, matter.case, matter.category)
        if ticket is None:
            ticket = await self.core.opener.open(session, matter, by)
            await store.keep(session, ticket)
            if ruled is not None:
                await count_appeal(session, ruled, CUSTOMER, ticket.ticket_no, by=by.name, at=by.at)
            return _reported(ticket, appended=False), ticket
        await self._append(session, ticket, matter.text, contact, by)
        return _reported(ticket, appended=True), ticket

    async def _ruled(self, session: AsyncSession, matter: Matter) -> str | None:
        """The complaint whose ruling an appeal is about: the one it names, else the last one of its waybill."""
        if matter.kind is not TicketKind.appeal:
            return None
        query = select(Ruling.about_no).join(Ticket, Ticket.ticket_no == Ruling.about_no)
        about = Ticket.ticket_no == matter.parent_no if matter.parent_no else Ticket.waybill_no == matter.waybill_no
        return (await session.scalars(query.where(about).order_by(Ruling.id.desc()).limit(1))).first()

    async def _append(self, session: AsyncSession, ticket: Ticket, text: str, contact: Contact, by: By) -> None:
        """Count the contact, and end a pause that waited for one."""
        ticket.append(
            text,
            by,
            customer_id=contact.customer_id,
            conversation_id=contact.conversation_id,
            channel=contact.channel,
        )
        reason = pause_reasons(self.core.around.rules()).get(ticket.pause_reason or "")
        if ticket.is_paused and reason is not None and reason.ends_with_contact:
            self.core.resume(ticket, By.rule(by.at, reason.because))
        await self.core.store.keep(session, ticket)


def _reported(ticket: Ticket, *, appended: bool) -> Reported:
    return Reported(ticket.ticket_no, appended, ticket.due_at, ticket.contacts)
