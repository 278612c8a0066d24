"""Tickets and their chains of evidence: a ticket starts one, follows it down the track, and closes with it.

A chain's lock is taken before its ticket's: starting one is a transaction of its own, and moves come from the chain.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.errors import EvidenceRefusedError
from bot.evidence.chain import Chain
from bot.evidence.chains import ChainService
from bot.evidence.handed_in import refuse_unless_handed_in
from bot.evidence.nodes import Ending, Finding, HandedOn
from bot.staff.model import SYSTEM, Actor
from bot.tickets.core import TicketCore, reference_of
from bot.tickets.events import By
from bot.tickets.kinds import Flow, Outcome, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.ports import ChainStart
from bot.tickets.words import ticket_words
from bot.waybills.source import WaybillSource

_WARN_BEFORE = timedelta(hours=2)


class ChainEvidence:
    """The port `Evidence` on `bot.evidence`."""

    def __init__(self, database: Database, chains: ChainService, source: WaybillSource) -> None:
        self._database = database
        self._chains = chains
        self._source = source

    async def begin(self, ticket_no: str, waybill_no: str, *, at: datetime) -> ChainStart | None:
        """None for a waybill that nobody knows, a parcel that was nowhere, and a chain that has ended."""
        waybill = await self._source.find(waybill_no)
        if waybill is None:
            return None
        try:
            async with self._database.transaction() as session:
                chain = await self._chains.open(session, ticket_no, waybill, at=at)
        except EvidenceRefusedError:
            return None
        holder = chain.holder
        if holder is None or holder.window_ends_at is None:
            return None
        return ChainStart(holder.outlet_code, holder.window_ends_at)

    async def admit(self, ticket_no: str, text: str, *, by: Actor, at: datetime, turn: str | None) -> None:
        async with self._database.transaction() as session:
            await self._chains.admit(session, ticket_no, text, by=by, at=at, turn=turn)

    async def refuse_unless_handed_in(
        self, session: AsyncSession, ticket_no: str, files: Sequence[str], *, by: Actor
    ) -> None:
        await refuse_unless_handed_in(session, ticket_no, files, by=by)


class ChainStarter:
    """Starts the chains of tickets whose flow asks for one."""

    def __init__(self, core: TicketCore) -> None:
        self._core = core

    async def begin(self, ticket_no: str, waybill_no: str | None) -> Ticket | None:
        """The ticket with its first node's window; None where there is no chain to start, which leaves it as it is."""
        if waybill_no is None:
            return None
        start = await self._core.around.evidence.begin(ticket_no, waybill_no, at=self._core.clock())
        if start is None:
            return None

        async def hold(session: AsyncSession) -> Ticket:
            ticket = await self._core.store.take(session, ticket_no)
            if needs_chain(ticket):
                await _give(self._core, session, ticket, start.unit, start.until, self._core.clock())
            return ticket

        return await self._core.attempt(hold)


class ChainFollower:
    """What a chain's moves do to its ticket, in the transaction of the move: `bot.evidence.settling.ChainListener`."""

    def __init__(self, core: TicketCore) -> None:
        self._core = core

    async def moved(self, session: AsyncSession, chain: Chain, step: HandedOn) -> None:
        """The ticket goes to the next node, which has until the end of its window."""
        ticket = await self._core.store.take(session, chain.ticket_no)
        until = step.holder.window_ends_at
        if not ticket.is_closed and until is not None:
            await _give(self._core, session, ticket, step.holder.outlet_code, until, step.proved.answered_at or until)

    async def ended(self, session: AsyncSession, chain: Chain, ending: Ending) -> None:
        """The ticket closes with the liability, unless the rules say that it goes on."""
        ticket = await self._core.store.take(session, chain.ticket_no)
        if ticket.is_closed:
            return
        by = By.rule(ending.at, ending.because, dict(ending.facts))
        if ending.closes:
            self._conclude(ticket, ending, by)
            await self._enter(session, ticket, ending, by)
        elif ticket.window_until is not None:
            ticket.release(self._core.fresh_clock(ticket, ending.at), by)
        await self._core.store.keep(session, ticket)

    def _conclude(self, ticket: Ticket, ending: Ending, by: By) -> None:
        """Who took the matter back is not asked how it went."""
        if ending.finding is Finding.withdrawn:
            ticket.conclude(None, ending.finding.value, by, outcome=Outcome.withdrawn)
            return
        follow_up_at, _ = self._core.follow_up_at(ticket, ending.at)
        ticket.conclude(ending.liable_unit, ending.finding.value, by, follow_up_at=follow_up_at)

    async def _enter(self, session: AsyncSession, ticket: Ticket, ending: Ending, by: By) -> None:
        reference = reference_of(ticket)
        units = {"liable": ending.liable_unit}
        finding = ending.finding.value
        await self._core.enter(session, ticket, "chain", finding=finding, reference=reference, units=units, by=by)


def needs_chain(ticket: Ticket) -> bool:
    """Whether a chain of evidence still has to be started for it."""
    alive = ticket.status in (TicketStatus.open, TicketStatus.dispatched) and not ticket.is_paused
    return alive and ticket.flow == Flow.evidence_chain and ticket.window_until is None


async def _give(
    core: TicketCore, session: AsyncSession, ticket: Ticket, unit: str, until: datetime, at: datetime
) -> None:
    """To a node of the chain, with its window as the deadline."""
    leaf = core.catalogue().leaf_or_other(ticket.category)
    facts = {"node": unit, "window_until": until}
    by = By(SYSTEM, at, why=ticket_words().texts["chain_next"], because=(leaf.because,), facts=facts)
    if ticket.owner_unit != unit:
        place = await core.dispatcher.node(session, unit, across_provinces=ticket.across_provinces)
        if ticket.status == TicketStatus.open:
            ticket.dispatch(place, ticket.clock, by)
        else:
            ticket.redirect(place, by.why, by)
    ticket.hold(until, max(at, until - _WARN_BEFORE), By.rule(at, (leaf.because,), facts))
    await core.store.keep(session, ticket)
