"""The door for the people who work on tickets: every move, with its permission, its version and its effects."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from bot.staff.model import Actor
from bot.tickets.access import refuse_unless_may, refuse_unless_opens, refuse_unless_sees
from bot.tickets.chains import ChainStarter
from bot.tickets.core import TicketCore, reference_of
from bot.tickets.events import By
from bot.tickets.follow_up import dissatisfied
from bot.tickets.kinds import Flow, Move, Outcome, Priority, TicketKind
from bot.tickets.model import Ticket
from bot.tickets.moves.liability import ADMITTED
from bot.tickets.opening import Matter
from bot.tickets.owners import TrackFacts
from bot.tickets.terms import pause_reason
from bot.tickets.words import illegal

Change: TypeAlias = Callable[[AsyncSession, Ticket, By], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """Who wants a move, and what of the ticket they have seen.

    Parameters
    ----------
    turn: unique per request; a request that comes twice moves once.
    version: the version of the ticket on their screen; another one by now is refused.
    """

    actor: Actor
    turn: str | None = None
    version: int | None = None


class TicketWork:
    """Every method is one move on one ticket, and returns the ticket as it then stands.

    Raises `NotFoundError`, `AccessRefusedError` and `IllegalMoveError`, all in words for people.
    """

    def __init__(self, core: TicketCore) -> None:
        self._core = core
        self._chains = ChainStarter(core)

    async def open(self, matter: Matter, request: Request) -> tuple[Ticket, bool]:
        """A ticket by hand, for a category that is listed; one more contact where the case is open already.

        Returns the ticket and whether it was appended to.
        """
        refuse_unless_opens(request.actor, matter.kind)
        if matter.kind is TicketKind.appeal:
            raise illegal("appeal_how")
        leaf = self._core.catalogue().leaf(matter.category)
        if leaf.kind is not matter.kind:
            raise illegal("kind", category=leaf.zh, kind=matter.kind.value)
        ticket, appended = await self._core.attempt(lambda session: self._open(session, matter, request))
        if ticket.flow == Flow.evidence_chain and not appended and ticket.window_until is None:
            ticket = await self._chains.begin(ticket.ticket_no, ticket.waybill_no) or ticket
        return ticket, appended

    async def dispatch(self, ticket_no: str, request: Request, *, unit: str | None = None) -> Ticket:
        """To a unit, or without one to whoever the rules find now."""

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            leaf = self._core.catalogue().leaf_or_other(ticket.category)
            kind = TicketKind(ticket.kind)
            owner = await self._core.dispatcher.owner(session, leaf, kind, ticket.waybill_no)
            if unit is not None:
                owner = await self._core.dispatcher.place(session, unit)
            if owner is None:
                raise illegal("no_owner", ticket_no=ticket_no)
            carried = leaf.leaf_for(ticket.category, kind)
            ticket.dispatch(owner, self._core.opener.clock(carried, ticket.vip, owner, by), by)

        return await self._move(ticket_no, Move.dispatch, request, change)

    async def accept(self, ticket_no: str, request: Request) -> Ticket:
        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.accept(by)

        return await self._move(ticket_no, Move.accept, request, change)

    async def assign(self, ticket_no: str, request: Request, *, to: str) -> Ticket:
        """Another person of the unit that has it."""

        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.assign(to, by)

        return await self._move(ticket_no, Move.assign, request, change)

    async def handle(self, ticket_no: str, request: Request, *, done: str, evidence: Sequence[str] = ()) -> Ticket:
        """What was done; a clock that stood still runs again first.

        ``evidence`` as in `bot.evidence.handed_in.refuse_unless_handed_in`, with its refusals.
        """

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            await self._core.around.evidence.refuse_unless_handed_in(session, ticket_no, evidence, by=by.actor)
            self._core.resume(ticket, replace(by, turn=None))
            ticket.handle(done, by, evidence=evidence, review_due_at=self._core.review_due(ticket, by.at))

        return await self._move(ticket_no, Move.handle, request, change)

    async def review_pass(self, ticket_no: str, request: Request, *, words: str = "") -> Ticket:
        """The review passes: the ticket is closed, the ledger follows, and the customer will be asked."""

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.review_pass(replace(by, why=words))
            await self._close(session, ticket, Outcome.resolved, replace(by, turn=None), words)

        return await self._move(ticket_no, Move.review_pass, request, change)

    async def send_back(self, ticket_no: str, request: Request, *, reason: str) -> Ticket:
        """Back to whoever handled it; the time since then does not count."""

        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            since = ticket.handled_at or by.at
            ticket.send_back(reason, ticket.clock.shifted(self._core.around.hours, since, by.at), by)

        return await self._move(ticket_no, Move.send_back, request, change)

    async def close(self, ticket_no: str, request: Request, *, answer: str) -> Ticket:
        """A feedback is answered, which needs no review."""

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            await self._close(session, ticket, Outcome.settled, by, answer)

        return await self._move(ticket_no, Move.close, request, change)

    async def answer_follow_up(self, ticket_no: str, request: Request, *, satisfied: bool, words: str = "") -> Ticket:
        """What the customer said when asked; dissatisfied, it is reopened where the rules allow that."""

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.answer_follow_up(by, satisfied=satisfied, words=words)
            if not satisfied:
                await dissatisfied(self._core, session, ticket, words, by)

        return await self._move(ticket_no, Move.answer_follow_up, request, change)

    async def reopen(self, ticket_no: str, request: Request, *, reason: str) -> Ticket:
        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            if await self._core.store.open_case(session, ticket.case_key, ticket.category) is not None:
                raise illegal("case_open", ticket_no=ticket_no)
            self._core.reopen(ticket, replace(by, why=reason))

        return await self._move(ticket_no, Move.reopen, request, change)

    async def append(self, ticket_no: str, request: Request, *, text: str) -> Ticket:
        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.append(text, by)

        return await self._move(ticket_no, Move.append, request, change)

    async def raise_priority(
        self, ticket_no: str, request: Request, *, to: Priority | None = None, reason: str = ""
    ) -> Ticket:
        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.raise_priority(replace(by, why=reason), to=to)

        return await self._move(ticket_no, Move.raise_priority, request, change)

    async def urge(self, ticket_no: str, request: Request, *, reason: str = "") -> Ticket:
        """A person urges whoever has it; the clock's own urging goes on as planned."""

        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            ticket.urge(by, again_at=ticket.escalate_at or by.at, reason=reason)

        return await self._move(ticket_no, Move.urge, request, change)

    async def escalate(self, ticket_no: str, request: Request, *, reason: str) -> Ticket:
        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            above = await self._core.dispatcher.above(session, ticket.owner_unit)
            if above is None:
                raise illegal("top_tier", ticket_no=ticket_no)
            ticket.escalate(above, replace(by, why=reason), again_at=max(ticket.due_at, by.at))

        return await self._move(ticket_no, Move.escalate, request, change)

    async def redirect(self, ticket_no: str, request: Request, *, unit: str, reason: str) -> Ticket:
        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            to = await self._core.dispatcher.place(
                session,
                unit,
                outlet=ticket.outlet,
                province=ticket.province,
                across_provinces=ticket.across_provinces,
            )
            ticket.redirect(to, reason, by)

        return await self._move(ticket_no, Move.redirect, request, change)

    async def merge(self, ticket_no: str, request: Request, *, into: str) -> Ticket:
        """Into another open ticket of the waybill, which takes over its contacts.  Returns the one that is closed."""

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            other = await self._core.store.take(session, into)
            refuse_unless_may(request.actor, Move.merge, other)
            ticket.merge(other, by)
            other.absorb(ticket, replace(by, turn=None))
            await self._core.store.keep(session, other)

        return await self._move(ticket_no, Move.merge, request, change, also=into)

    async def pause(self, ticket_no: str, request: Request, *, reason: str, note: str = "") -> Ticket:
        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            allowed = pause_reason(self._core.around.rules(), reason)
            ticket.pause(reason, allowed.until(by.at), replace(by, why=note, because=allowed.because))

        return await self._move(ticket_no, Move.pause, request, change)

    async def resume(self, ticket_no: str, request: Request) -> Ticket:
        async def change(_: AsyncSession, ticket: Ticket, by: By) -> None:
            if not ticket.is_paused:
                raise illegal("not_paused", ticket_no=ticket_no)
            self._core.resume(ticket, by)

        return await self._move(ticket_no, Move.resume, request, change)

    async def admit(self, ticket_no: str, request: Request, *, words: str = "") -> Ticket:
        """It was our fault.  While a chain of evidence runs, that ends the chain and closes the ticket."""
        runs = await self._chain_runs(ticket_no, request)
        if runs:
            actor, turn = request.actor, request.turn
            await self._core.around.evidence.admit(ticket_no, words, by=actor, at=self._core.clock(), turn=turn)
            return await self._core.attempt(lambda session: self._core.store.find(session, ticket_no))

        async def change(session: AsyncSession, ticket: Ticket, by: By) -> None:
            if ticket.kind == TicketKind.service:
                liable, because = await self._liable(session, ticket)
                ticket.admit(replace(by, because=because), words, liable_unit=liable)
            else:
                ticket.admit(by, words)

        return await self._move(ticket_no, Move.admit, request, change)

    # -- within ----------------------------------------------------------------------------------

    async def _move(
        self, ticket_no: str, move: Move, request: Request, change: Change, *, also: str | None = None
    ) -> Ticket:
        """Permission before anything else, so that refusals tell nothing that the person may not know."""

        async def work(session: AsyncSession) -> Ticket:
            store = self._core.store
            if also is not None:
                await store.lock(session, sorted((also, ticket_no)))
            ticket = await store.take(session, ticket_no)
            refuse_unless_may(request.actor, move, ticket)
            if await store.of_turn(session, request.turn) is not None:
                return ticket
            if request.version not in (None, ticket.version):
                raise illegal("version", ticket_no=ticket_no)
            await change(session, ticket, self._by(request))
            await store.keep(session, ticket)
            return ticket

        return await self._core.attempt(work)

    def _by(self, request: Request) -> By:
        return By(request.actor, self._core.clock(), turn=request.turn)

    async def _open(self, session: AsyncSession, matter: Matter, request: Request) -> tuple[Ticket, bool]:
        store = self._core.store
        await store.case_lock(session, matter.case, matter.category)
        seen = await store.of_turn(session, request.turn)
        if seen is not None:
            refuse_unless_sees(request.actor, seen)
            return seen, seen.version > 1 and seen.contacts > 1
        ticket = await store.open_case(session, matter.case, matter.category)
        appended = ticket is not None
        if ticket is None:
            ticket = await self._core.opener.open(session, matter, self._by(request))
        else:
            ticket.append(matter.text, self._by(request), channel=matter.channel)
        await store.keep(session, ticket)
        return ticket, appended

    async def _close(self, session: AsyncSession, ticket: Ticket, outcome: Outcome, by: By, answer: str) -> None:
        follow_up_at, because = self._core.follow_up_at(ticket, by.at)
        ticket.close(outcome, replace(by, because=because), answer=answer, follow_up_at=follow_up_at)
        reference = reference_of(ticket)
        await self._core.enter(session, ticket, "service", finding=ticket.finding, reference=reference, units={}, by=by)

    async def _chain_runs(self, ticket_no: str, request: Request) -> bool:
        """Looked up without a lock, because a chain's lock comes before its ticket's."""
        async with self._core.database.transaction() as session:
            ticket = await self._core.store.find(session, ticket_no)
            refuse_unless_may(request.actor, Move.admit, ticket)
            return ticket.window_until is not None

    async def _liable(self, session: AsyncSession, ticket: Ticket) -> tuple[str | None, tuple[str, ...]]:
        """Whom the table ``liability`` holds liable when the owner admits."""
        facts = await self._core.around.tracks.of(session, ticket.waybill_no) if ticket.waybill_no else None
        node = _node(ticket.owner_unit, facts)
        asked = {"flow": ticket.flow, "finding": ADMITTED, "node": node}
        decision = self._core.around.rules().decide("liability", asked)
        return (ticket.owner_unit if decision.text("liable") == "this_node" else None), decision.because


def _node(unit: str | None, facts: TrackFacts | None) -> str:
    """Where on the way a unit stands, as the table of liability names it."""
    if facts is not None and unit == facts.origin_outlet:
        return "sending"
    return "destination" if facts is not None and unit == facts.destination_outlet else "transit"
