"""Everything about one ticket, as far as the person who asks may see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversations.schemas import MessageView
from bot.conversations.service import ConversationService
from bot.customers.service import get_customer
from bot.db import Database
from bot.desk.context import customer_card, waybill_card
from bot.desk.dossier import reasons
from bot.desk.schemas import CustomerCard, WaybillCard
from bot.desk.ticket_lists import Names, TicketLists
from bot.desk.ticket_moves import Dispute, Offer, offers
from bot.desk.ticket_words import denied, page_words, refused, unknown
from bot.desk.tools.revealing import masked
from bot.errors import NotFoundError, WaybillNotFoundError
from bot.evidence.chain import Chain
from bot.evidence.endpoints import EvidenceServices
from bot.evidence.model import EvidenceItem
from bot.evidence.tables import EvidenceHeadRow
from bot.ledger.model import LedgerEntry
from bot.ledger.service import LedgerService
from bot.rules.model import RuleBook
from bot.staff import audit
from bot.staff.model import Actor, Role
from bot.tickets.access import refuse_unless_sees
from bot.tickets.kinds import Flow, TicketKind, TicketStatus
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.permissions import TicketFacts, may_see
from bot.tickets.rulings import Appeal, Ruling
from bot.tickets.services import TicketServices
from bot.tickets.terms import pause_reasons
from bot.waybills.service import WaybillService

_TALK = frozenset({Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor, Role.admin})
_READS_TALK = _TALK | {Role.provincial_arbitrator, Role.headquarters_arbitrator}
_EXCERPT, _LOOK_BACK = 8, 200
_WHY_AT_LEAST = 2


@dataclass(frozen=True)
class TicketFile:
    """One ticket with all that belongs to it.

    Parameters
    ----------
    rules: what each rule that its events name says, in Chinese.
    related: other tickets of its waybill, and those it came from or led to.
    excerpt: the end of the conversation when it was opened, phones and addresses masked.
    category: what its category is called.
    offers: what this person can do now, and why not the rest.
    """

    ticket: Ticket
    category: str
    events: Sequence[TicketEvent]
    rules: dict[str, str]
    rulings: Sequence[Ruling]
    related: Sequence[Ticket]
    offers: Sequence[Offer]
    names: Names
    evidence: Sequence[EvidenceItem]
    chain: Chain | None
    waybill: WaybillCard | None
    customer: CustomerCard | None
    excerpt: Sequence[MessageView]
    entries: Sequence[LedgerEntry]
    waits: str
    may_upload: bool
    now: datetime


@dataclass(frozen=True)
class TicketFiles:
    """Reads files of tickets.  Every method raises `NotFoundError` or `AccessRefusedError` as the tickets' API does."""

    database: Database
    clock: Clock
    tickets: TicketServices
    evidence: EvidenceServices
    ledger: LedgerService
    waybills: WaybillService
    conversations: ConversationService
    lists: TicketLists
    rules: Callable[[], RuleBook]

    async def of(self, actor: Actor, ticket_no: str) -> TicketFile:
        """Everything about a ticket; that somebody looked is kept where it shows a customer."""
        ticket, events, dispute, related, customer = await self._read(actor, ticket_no)
        evidence = await self.evidence.items.of_ticket(ticket_no)
        chain = await self._chain(ticket)
        people = [event.by for event in events] + [item.by for item in evidence] + [one.by for one in dispute.rulings]
        units = [event.unit for event in events if event.unit] + [item.unit for item in evidence if item.unit]
        units += [code for event in events for code in _units_changed(event)]
        names = await self.lists.names([ticket, *related], *people, units=units)
        return TicketFile(
            ticket=ticket,
            category=self.category(ticket.category),
            events=events,
            rules=reasons(self.rules(), [rule for event in events for rule in event.because]),
            rulings=dispute.rulings,
            related=related,
            offers=offers(ticket, actor, dispute),
            names=names,
            evidence=evidence,
            chain=chain,
            waybill=await self.waybill(ticket.waybill_no),
            customer=customer,
            excerpt=await self._excerpt(actor, ticket),
            entries=await self.ledger.of_ticket(ticket_no),
            waits=self._waits(ticket, names, chain),
            may_upload=actor.role not in (None, Role.admin, Role.trainer) and not (chain and chain.ending),
            now=self.clock(),
        )

    async def version(self, actor: Actor, ticket_no: str) -> tuple[int, int]:
        """What tells whether anything is new: how many events and pieces of evidence there are."""
        async with self.database.transaction() as session:
            ticket = await self.tickets.core.store.find(session, ticket_no)
            refuse_unless_sees(actor, ticket)
            head = select(EvidenceHeadRow.items).where(EvidenceHeadRow.ticket_no == ticket_no)
            return ticket.version, await session.scalar(head) or 0

    async def reveal(self, actor: Actor, ticket_no: str, why: str) -> list[tuple[str, str]]:
        """Phones and addresses behind a ticket, whole: (whose, what).  Who saw them and why is kept first.

        For who talks with customers, and for the outlet that has to act on the ticket now.
        """
        if len(why.strip()) < _WHY_AT_LEAST:
            raise refused("why")
        ticket = await self._found(actor, ticket_no)
        acts = actor.role is Role.outlet_agent and actor.unit == ticket.owner_unit
        if not (actor.role in _TALK or (acts and ticket.status != TicketStatus.closed)):
            raise denied("reveal")
        found = await self._whole(ticket)
        if not found:
            raise unknown("nothing")
        async with self.database.transaction() as session:
            audit.record_by(
                session, "personal.revealed", actor, at=self.clock(), about=ticket_no, why=why.strip()[:300]
            )
        return found

    def category(self, category: str) -> str:
        catalogue = self.tickets.core.catalogue()
        return catalogue.leaf(category).zh if category in catalogue else category

    async def waybill(self, waybill_no: str | None) -> WaybillCard | None:
        if waybill_no is None:
            return None
        try:
            return waybill_card(await self.waybills.progress(waybill_no), None)
        except WaybillNotFoundError:
            return None

    # -- within ----------------------------------------------------------------------------------

    async def _found(self, actor: Actor, ticket_no: str) -> Ticket:
        async with self.database.transaction() as session:
            ticket = await self.tickets.core.store.find(session, ticket_no)
        refuse_unless_sees(actor, ticket)
        return ticket

    async def _read(
        self, actor: Actor, ticket_no: str
    ) -> tuple[Ticket, Sequence[TicketEvent], Dispute, list[Ticket], CustomerCard | None]:
        store = self.tickets.core.store
        async with self.database.transaction() as session:
            ticket = await store.find(session, ticket_no)
            refuse_unless_sees(actor, ticket)
            about = ticket.parent_no if ticket.kind == TicketKind.appeal and ticket.parent_no else ticket_no
            related = await self._related(session, actor, ticket)
            return (
                ticket,
                await store.events(session, ticket_no),
                await self._dispute(session, about),
                related,
                await self._customer(session, ticket.customer_id),
            )

    async def _dispute(self, session: AsyncSession, about_no: str) -> Dispute:
        return Dispute(
            rulings=await self.tickets.arbitration.rulings(session, about_no),
            appealed=set(await session.scalars(select(Appeal.party).where(Appeal.about_no == about_no))),
            appeal_days=self.tickets.core.terms(TicketKind.complaint).appeal_days,
            now=self.clock(),
        )

    async def _related(self, session: AsyncSession, actor: Actor, ticket: Ticket) -> list[Ticket]:
        ways = [Ticket.parent_no == ticket.ticket_no, Ticket.merged_into == ticket.ticket_no]
        named = [number for number in (ticket.parent_no, ticket.merged_into) if number]
        if named:
            ways.append(Ticket.ticket_no.in_(named))
        if ticket.waybill_no:
            ways.append(Ticket.waybill_no == ticket.waybill_no)
        found = await session.scalars(select(Ticket).where(or_(*ways)).order_by(Ticket.opened_at.desc()).limit(30))
        return [one for one in found if one.ticket_no != ticket.ticket_no and may_see(actor, TicketFacts.of(one))]

    async def _customer(self, session: AsyncSession, customer_id: UUID | None) -> CustomerCard | None:
        if customer_id is None:
            return None
        try:
            return customer_card(await get_customer(session, customer_id))
        except NotFoundError:
            return None

    async def _chain(self, ticket: Ticket) -> Chain | None:
        if ticket.flow != Flow.evidence_chain:
            return None
        try:
            return await self.evidence.chains.of_ticket(ticket.ticket_no)
        except NotFoundError:
            return None

    async def _excerpt(self, actor: Actor, ticket: Ticket) -> Sequence[MessageView]:
        """What was said just before it was opened; outlets read the report, not the conversation."""
        if ticket.conversation_id is None or actor.role not in _READS_TALK:
            return ()
        try:
            view = await self.conversations.view(ticket.conversation_id)
        except NotFoundError:
            return ()
        log = await self.conversations.messages_before(view.id, view.last_seq + 1, limit=_LOOK_BACK)
        until = ticket.opened_at + timedelta(seconds=30)
        return masked([one for one in log if one.created_at <= until and one.author != "system"][-_EXCERPT:])

    async def _whole(self, ticket: Ticket) -> list[tuple[str, str]]:
        words, found = page_words().ui, []
        if ticket.customer_id is not None:
            async with self.database.transaction() as session:
                try:
                    phone = (await get_customer(session, ticket.customer_id)).verified_phone
                except NotFoundError:
                    phone = None
            if phone:
                found.append((words["customer"], phone))
        if ticket.waybill_no is not None:
            try:
                waybill = await self.waybills.get(ticket.waybill_no)
            except WaybillNotFoundError:
                return found
            for whose, party in (("consignor", waybill.consignor), ("consignee", waybill.consignee)):
                where = f"{party.province}{party.city}{party.district}{party.address}"
                found.append((words[whose], f"{party.name} {party.phone} {where}"))
        return found

    def _waits(self, ticket: Ticket, names: Names, chain: Chain | None) -> str:
        """Who waits for whom, in a sentence."""
        words = page_words().waits
        unit = names.unit(ticket.owner_unit) or page_words().tiers[ticket.tier]
        if ticket.status == TicketStatus.closed:
            asked = ticket.follow_up_asked_at is not None and ticket.satisfied is None
            return words["asked"] if asked else words["asking"] if ticket.follow_up_at else words["closed"]
        if ticket.is_paused:
            known = pause_reasons(self.rules())
            reason = ticket.pause_reason or ""
            return words["paused"].format(reason=known[reason].zh if reason in known else reason)
        if chain is not None and chain.holder is not None:
            return words["chain"].format(unit=chain.holder.outlet_name)
        if ticket.status == TicketStatus.open:
            return words["open"]
        if ticket.status == TicketStatus.handled:
            return words["handled"].format(unit=unit)
        if ticket.kind != TicketKind.service:
            return words["arbitrated"].format(unit=unit)
        name = names.person(ticket.assignee)
        return words["dispatched_by" if name else "dispatched"].format(unit=unit, name=name)


def _units_changed(event: TicketEvent) -> list[str]:
    return [str(code) for code in event.changed.get("owner_unit", ()) if code]
