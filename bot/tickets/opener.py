"""Opening a ticket: its category, its owner, its deadlines, and everything that follows from these at once."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot.network.model import Tier
from bot.tickets.catalogue import Catalogue, Category
from bot.tickets.deadlines import Deadlines, deadlines
from bot.tickets.dispatching import Dispatcher
from bot.tickets.events import By
from bot.tickets.kinds import Flow, TicketKind
from bot.tickets.model import Ticket
from bot.tickets.opening import Leaf, Matter, Opening
from bot.tickets.owners import Owner
from bot.tickets.ports import Surroundings
from bot.tickets.store import TicketStore
from bot.tickets.terms import Terms, terms


class Opener:
    """Makes tickets; the caller stores them."""

    def __init__(
        self,
        around: Surroundings,
        store: TicketStore,
        dispatcher: Dispatcher,
        catalogue: Callable[[], Catalogue],
    ) -> None:
        self._around = around
        self._store = store
        self._dispatcher = dispatcher
        self._catalogue = catalogue

    async def open(self, session: AsyncSession, matter: Matter, by: By) -> Ticket:
        """A ticket with whoever has to act, or waiting for headquarters to find out who that is."""
        leaf = self._catalogue().leaf_or_other(matter.category)
        (number,) = await self._store.new_numbers(session)
        owner = await self._dispatcher.owner(session, leaf, matter.kind, matter.waybill_no)
        if owner is not None and matter.parent_no is not None and matter.kind is TicketKind.appeal:
            owner = await self._as_parent(session, owner, matter.parent_no, matter.outlet)
        return self.make(number, matter, leaf, owner, by)

    async def _as_parent(self, session: AsyncSession, owner: Owner, parent_no: str, outlet: str | None) -> Owner:
        """An appeal is about the outlet and the province that its complaint is about."""
        parent = await self._store.find(session, parent_no)
        return replace(
            owner,
            outlet=outlet or parent.liable_unit or parent.outlet,
            province=parent.province,
            across_provinces=parent.across_provinces,
        )

    def make(self, number: str, matter: Matter, leaf: Category, owner: Owner | None, by: By) -> Ticket:
        """The same once number and owner are known; pure."""
        carried = leaf.leaf_for(matter.category, matter.kind)
        if not matter.contacts:
            carried = _by_rule(carried)
        clock = self.clock(carried, matter.vip, owner, by)
        ticket = Ticket.open(self._opening(number, matter, carried, clock, by), by)
        if owner is not None:
            facts = {"category": matter.category, "owner": leaf.owner.value, "tier": owner.tier.value}
            promised = self._terms(matter).because if ticket.regulator_due_at else ()
            because = (leaf.because, *clock.because, *promised)
            ticket.dispatch(owner, clock, By.rule(by.at, because, facts))
        if ticket.flow == Flow.evidence_chain:
            ticket.look_again(self._terms(matter).look_again(by.at))
        return ticket

    def clock(self, leaf: Leaf, vip: bool, owner: Owner | None, by: By) -> Deadlines:
        """The deadlines of a class for whoever has it; headquarters' working time where nobody has."""
        tier = owner.tier if owner else Tier.headquarters
        rules, hours = self._around.rules(), self._around.hours
        return deadlines(rules, hours, leaf.service_class, vip=vip, tier=tier.value, start=by.at)

    def _opening(self, number: str, matter: Matter, leaf: Leaf, clock: Deadlines, by: By) -> Opening:
        is_complaint, terms = matter.kind is TicketKind.complaint, self._terms(matter)
        return Opening(
            ticket_no=number,
            matter=matter,
            leaf=leaf,
            clock=clock,
            look_at=terms.look_again(by.at),
            regulator=terms.regulator(by.at) if is_complaint else None,
        )

    def _terms(self, matter: Matter) -> Terms:
        return terms(self._around.rules(), matter.kind)


def _by_rule(leaf: Leaf) -> Leaf:
    return Leaf(leaf.category, Flow.system, leaf.cause, leaf.service_class, leaf.priority)
