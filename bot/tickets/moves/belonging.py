"""Who has it: a tier up, to another unit, into another ticket, down a chain of evidence."""

from datetime import datetime, timedelta

from bot.network.model import Tier
from bot.tickets.deadlines import Deadlines
from bot.tickets.events import By
from bot.tickets.kinds import Flow, Move, Outcome, Priority, TicketKind
from bot.tickets.moves.base import Moves, placed
from bot.tickets.owners import HEIGHT, Owner
from bot.tickets.words import illegal, move_name

_CHAIN_LEAVES = timedelta(hours=1)
"""So long after a window the ticket is looked at, should the chain not have moved."""


class Belonging(Moves):
    """Moves that give a ticket to somebody else."""

    def escalate(self, to: Owner, by: By, *, again_at: datetime) -> None:
        """One tier up, never two at once; the outlet and the province that it is about stay.

        Who gets it is urged from the beginning: what others were urged for is not theirs.
        """
        self._check(Move.escalate)
        self._refuse_paused()
        self._refuse_chain(by)
        if HEIGHT[to.tier] != HEIGHT[Tier(self.tier)] + 1:
            raise illegal("not_one_tier", ticket_no=self.ticket_no)
        self.escalate_at = again_at
        place = {"tier": to.tier.value, "owner_unit": to.unit, "assignee": None}
        self._move(Move.escalate, by, {}, escalations=self.escalations + 1, urges=0, **place)

    def redirect(self, to: Owner, reason: str, by: By) -> None:
        """To another unit, by the tier above.  The customer's deadline stands."""
        self._check(Move.redirect)
        self._refuse_chain(by)
        if to.unit == self.owner_unit:
            raise illegal("same_unit", ticket_no=self.ticket_no)
        if not reason.strip():
            raise illegal("needs_reason", ticket_no=self.ticket_no, move=move_name(Move.redirect))
        self._move(Move.redirect, by, {"reason": reason}, assignee=None, window_until=None, **placed(to))

    def hold(self, until: datetime, warn_at: datetime | None, by: By) -> None:
        """A node of an evidence chain has until then to prove that the parcel left it intact.

        While the chain runs, its windows are the deadlines; it moves by itself, so nobody is urged or escalated.
        """
        self._check(Move.hold)
        if self.flow != Flow.evidence_chain:
            raise illegal("no_chain", ticket_no=self.ticket_no)
        self.escalate_at = until + _CHAIN_LEAVES
        self._move(Move.hold, by, {}, window_until=until, due_at=until, warn_at=warn_at, respond_due_at=None)

    def release(self, clock: Deadlines, by: By) -> None:
        """The chain has ended without closing the ticket, which goes on as any other."""
        self._check(Move.release)
        if self.window_until is None:
            raise illegal("no_chain", ticket_no=self.ticket_no)
        self._move(Move.release, by, {}, window_until=None, **self._clocked(clock, look_at=clock.due_at))

    def merge(self, into: "Moves", by: By) -> None:
        """It is the same matter as another ticket of the waybill, which goes on (see `absorb`)."""
        self._check(Move.merge)
        self._refuse_chain(by)
        if into.ticket_no == self.ticket_no or into.waybill_no is None or into.waybill_no != self.waybill_no:
            raise illegal("other_waybill", ticket_no=self.ticket_no, into=into.ticket_no)
        if into.is_closed or into.kind != self.kind or self.kind == TicketKind.appeal:
            raise illegal("not_mergeable", ticket_no=self.ticket_no, into=into.ticket_no)
        self._end(Move.merge, Outcome.merged, by, {"into": into.ticket_no}, merged_into=into.ticket_no)

    def absorb(self, other: "Moves", by: By) -> None:
        """Take over what was known of a merged ticket: its contacts, and the higher priority."""
        self._check(Move.absorb)
        if other.merged_into != self.ticket_no:
            raise illegal("not_mergeable", ticket_no=other.ticket_no, into=self.ticket_no)
        priority = min(Priority(self.priority), Priority(other.priority), key=lambda each: each.rank)
        regulator = {
            "regulator_due_at": _earlier(self.regulator_due_at, other.regulator_due_at),
            "regulator_warn_at": _earlier(self.regulator_warn_at, other.regulator_warn_at),
        }
        details = {"merged": other.ticket_no, "text": other.text}
        contacts = self.contacts + other.contacts
        self._move(Move.absorb, by, details, contacts=contacts, priority=priority.value, **regulator)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
