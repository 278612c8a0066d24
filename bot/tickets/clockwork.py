"""What time does to tickets: warned before the deadline, urged after it, escalated a tier; asked how it went."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.rules.model import Decision
from bot.tickets.chains import ChainStarter, needs_chain
from bot.tickets.core import TicketCore, reference_of
from bot.tickets.events import By
from bot.tickets.kinds import TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.transactions import is_a_race

BATCH = 100
_POSTPONED = timedelta(minutes=10)
_REPEAT_MINUTES = 60


@dataclass
class Ticked:
    """What a tick did.  ``stuck``: tickets that could not be moved, with why; they are tried again in a while."""

    looked_at: int = 0
    stuck: dict[str, Exception] = field(default_factory=dict)
    chains: list[tuple[str, str | None]] = field(default_factory=list)


class Clockwork:
    """Moves tickets whose time has come.

    Any number of processes may tick at once, as often as they like: a ticket is taken by one of them, and whatever a
    tick did sets the ticket's next moment beyond ``now``.
    """

    def __init__(self, core: TicketCore) -> None:
        self._core = core
        self._chains = ChainStarter(core)

    async def tick(self, now: datetime, limit: int = 1_000) -> int:
        """Move up to ``limit`` tickets, in batches of one transaction each; returns how many were looked at.

        A ticket that cannot be moved does not keep the others: such errors are raised together at the end, as an
        `ExceptionGroup`.
        """
        total = Ticked()
        while total.looked_at < limit:
            ticked = await self._batch(now, min(BATCH, limit - total.looked_at))
            total.looked_at += ticked.looked_at
            total.stuck |= ticked.stuck
            await self._postpone(now, ticked)
            for ticket_no, waybill_no in ticked.chains:
                await self._chains.begin(ticket_no, waybill_no)
            if not ticked.looked_at:
                break
        if total.stuck:
            message = f"tickets that could not be moved: {', '.join(total.stuck)}"
            raise ExceptionGroup(message, list(total.stuck.values()))  # noqa: F821 - a built-in since Python 3.11
        return total.looked_at

    async def _batch(self, now: datetime, size: int) -> Ticked:
        due = select(Ticket).where(Ticket.next_tick_at <= now, Ticket.next_tick_at.is_not(None))
        due = due.order_by(Ticket.next_tick_at).limit(size).with_for_update(skip_locked=True)
        ticked = Ticked()
        async with self._core.database.transaction() as session:
            tickets = (await session.scalars(due)).all()
            for ticket, number in [(ticket, ticket.ticket_no) for ticket in tickets]:
                try:
                    async with session.begin_nested():
                        await self._advance(session, ticket, now, ticked)
                except Exception as error:  # kept, and raised once the others have moved
                    ticked.stuck[number] = error
        ticked.looked_at = len(tickets)
        return ticked

    async def _postpone(self, now: datetime, ticked: Ticked) -> None:
        """What got stuck waits a little; what only lost a race is no error."""
        if not ticked.stuck:
            return
        later = update(Ticket).where(Ticket.ticket_no.in_(ticked.stuck), Ticket.next_tick_at.is_not(None))
        async with self._core.database.transaction() as session:
            await session.execute(later.values(next_tick_at=now + _POSTPONED))
        lost = [number for number, error in ticked.stuck.items() if isinstance(error, DBAPIError) and is_a_race(error)]
        for number in lost:
            del ticked.stuck[number]

    # -- one ticket --------------------------------------------------------------------------------

    async def _advance(self, session: AsyncSession, ticket: Ticket, now: datetime, ticked: Ticked) -> None:
        if ticket.is_closed:
            await self._ask(session, ticket, now)
        else:
            await self._run(session, ticket, now, ticked)
        await self._core.store.keep(session, ticket)

    async def _ask(self, session: AsyncSession, ticket: Ticket, now: datetime) -> None:
        """The customer is asked how it went, on the channel they came from, once no person talks with them."""
        if ticket.conversation_id is not None:
            asked = await self._core.around.follow_ups.ask(session, ticket.ticket_no, ticket.conversation_id, at=now)
            if not asked:
                ticket.put_off_follow_up(now + _POSTPONED)
                return
        facts = self._core.follow_up_facts(ticket, "closed")
        because = self._core.around.rules().decide("follow_up", facts).because
        ticket.ask_follow_up(By.rule(now, because, dict(facts)))

    async def _run(self, session: AsyncSession, ticket: Ticket, now: datetime, ticked: Ticked) -> None:
        self._regulator(ticket, now)
        if ticket.status == TicketStatus.open:
            await self._dispatch(session, ticket, now)
        if ticket.is_paused:
            self._end_pause(ticket, now)
        elif ticket.status == TicketStatus.handled:
            self._remind_reviewer(ticket, now)
        elif ticket.window_until is not None:
            self._watch_chain(ticket, now)
        else:
            self._respond(ticket, now)
            self._warn(ticket, now)
            await self._escalate(session, ticket, now)
            if needs_chain(ticket):
                ticked.chains.append((ticket.ticket_no, ticket.waybill_no))

    def _regulator(self, ticket: Ticket, now: datetime) -> None:
        due, warn_at = ticket.regulator_due_at, ticket.regulator_warn_at
        if due is not None and warn_at is not None and warn_at <= now:
            terms = self._core.terms(ticket.kind)
            because = (self._core.catalogue().leaf_or_other(ticket.category).because, *terms.because)
            by = By.rule(now, because, {"regulator_due_at": due})
            ticket.warn_regulator(by, next_at=terms.next_warning(due, now))

    async def _dispatch(self, session: AsyncSession, ticket: Ticket, now: datetime) -> None:
        """By now the track may say who has to act."""
        leaf = self._core.catalogue().leaf_or_other(ticket.category)
        kind = TicketKind(ticket.kind)
        owner = await self._core.dispatcher.owner(session, leaf, kind, ticket.waybill_no)
        if owner is not None:
            by = By.rule(now, (leaf.because,))
            carried = leaf.leaf_for(ticket.category, kind)
            ticket.dispatch(owner, self._core.opener.clock(carried, ticket.vip, owner, by), by)

    def _end_pause(self, ticket: Ticket, now: datetime) -> None:
        if ticket.paused_until is not None and ticket.paused_until <= now:
            because = self._core.around.rules().decide("pause", {"reason": ticket.pause_reason}).because
            self._core.resume(ticket, By.rule(now, because))

    def _remind_reviewer(self, ticket: Ticket, now: datetime) -> None:
        if ticket.escalate_at is not None and ticket.escalate_at <= now:
            again_at = self._core.review_due(ticket, now)
            because = self._core.terms(ticket.kind).because
            ticket.urge(By.rule(now, because), again_at=again_at, reason="review")

    def _watch_chain(self, ticket: Ticket, now: datetime) -> None:
        """The chain moves by itself; its node is warned before the window ends."""
        if ticket.warn_at is not None and ticket.warn_at <= now:
            because = (self._core.catalogue().leaf_or_other(ticket.category).because,)
            ticket.warn(By.rule(now, because, {"window_until": ticket.window_until}))
        if ticket.escalate_at is not None and ticket.escalate_at <= now:
            ticket.look_again(self._core.terms(ticket.kind).look_again(now))

    def _respond(self, ticket: Ticket, now: datetime) -> None:
        """Nobody has begun by the time a person should have."""
        due = ticket.respond_due_at
        if due is None or due > now or ticket.accepted_at is not None or ticket.respond_urged_at is not None:
            return
        by = By.rule(now, self._core.fresh_clock(ticket, now).because, {"respond_due_at": due})
        ticket.urge(by, again_at=ticket.escalate_at or now, reason="respond")

    def _warn(self, ticket: Ticket, now: datetime) -> None:
        if ticket.warn_at is None or ticket.warn_at > now:
            return
        decision = self._decide(ticket, now)
        if ticket.due_at > now and decision.text("action") == "warn":
            ticket.warn(By.rule(now, decision.because, dict(decision.facts)))
        else:
            ticket.spare_warning()

    async def _escalate(self, session: AsyncSession, ticket: Ticket, now: datetime) -> None:
        if ticket.escalate_at is None or ticket.escalate_at > now:
            return
        if ticket.due_at > now:
            waits = ticket.status == TicketStatus.open or needs_chain(ticket)
            soon = self._core.terms(ticket.kind).look_again(now)
            ticket.look_again(min(ticket.due_at, soon) if waits else ticket.due_at)
            return
        decision = self._decide(ticket, now)
        again_at = self._core.later(ticket, now, float(decision.get("repeat_minutes") or _REPEAT_MINUTES))
        by = By.rule(now, decision.because, dict(decision.facts))
        if decision.text("action") == "escalate" and await self._one_up(session, ticket, by, again_at):
            return
        if decision.text("action") in ("escalate", "urge"):
            ticket.urge(by, again_at=again_at, reason="overdue")
        else:
            ticket.look_again(again_at)

    async def _one_up(self, session: AsyncSession, ticket: Ticket, by: By, again_at: datetime) -> bool:
        """Whether there was somebody above to have it."""
        above = await self._core.dispatcher.above(session, ticket.owner_unit)
        if above is None or ticket.status != TicketStatus.dispatched:
            return False
        holder = ticket.owner_unit
        ticket.escalate(above, by, again_at=again_at)
        units = {"holder": holder}
        reference = reference_of(ticket)
        await self._core.enter(session, ticket, "escalation", finding=None, reference=reference, units=units, by=by)
        return True

    def _decide(self, ticket: Ticket, now: datetime) -> Decision:
        """What the table ``escalation`` says; minutes are the ticket's working time, negative before the deadline."""
        late = self._core.around.hours.between(ticket.calendar, ticket.due_at, now)
        facts: dict[str, str | int | float | None] = {
            "kind": ticket.kind,
            "tier": ticket.tier,
            "overdue_minutes": late / timedelta(minutes=1),
            "urges": ticket.urges,
            "priority": ticket.priority,
        }
        return self._core.around.rules().decide("escalation", facts)
