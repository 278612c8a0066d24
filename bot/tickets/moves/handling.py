"""From the unit that has to act to the review: dispatched, accepted, handled, reviewed, closed."""

from collections.abc import Sequence
from datetime import datetime

from bot.tickets.deadlines import Deadlines
from bot.tickets.events import By
from bot.tickets.kinds import Flow, Move, Outcome, TicketStatus
from bot.tickets.moves.base import ARBITRATED, Moves, placed
from bot.tickets.owners import Owner
from bot.tickets.words import illegal, move_name


class Handling(Moves):
    """What a ticket goes through when all goes well."""

    def dispatch(self, owner: Owner, clock: Deadlines, by: By) -> None:
        """Give it to whoever has to act, with the deadlines of their tier."""
        self._check(Move.dispatch)
        clocked = self._clocked(clock, look_at=clock.due_at)
        self._move(Move.dispatch, by, {}, status=TicketStatus.dispatched.value, **clocked, **placed(owner))

    def accept(self, by: By) -> None:
        """A person begins to work on it."""
        self._check(Move.accept)
        if self.assignee is not None:
            raise illegal("accepted", ticket_no=self.ticket_no, assignee=self.assignee)
        self._move(Move.accept, by, {}, assignee=by.name, accepted_at=self.accepted_at or by.at)

    def assign(self, to: str, by: By) -> None:
        """Somebody else of the same unit shall do it."""
        self._check(Move.assign)
        if to == self.assignee:
            raise illegal("accepted", ticket_no=self.ticket_no, assignee=to)
        self._move(Move.assign, by, {}, assignee=to)

    def handle(self, done: str, by: By, *, review_due_at: datetime, evidence: Sequence[str] = ()) -> None:
        """What was done; the tier above reviews it next.

        Parameters
        ----------
        evidence: ids of attachments.
        review_due_at: when the reviewer is reminded.
        """
        self._check(Move.handle)
        self._refuse_paused()
        self._refuse_chain(by)
        if self.kind in ARBITRATED:
            raise illegal("needs_ruling", ticket_no=self.ticket_no)
        if self.assignee not in (None, by.name) and not by.actor.is_system:
            raise illegal("accepted", ticket_no=self.ticket_no, assignee=self.assignee)
        if not done.strip():
            raise illegal("says_nothing", ticket_no=self.ticket_no)
        self.escalate_at = review_due_at
        self._move(
            Move.handle,
            by,
            {"done": done, "evidence": list(evidence), "late": by.at > self.due_at},
            status=TicketStatus.handled.value,
            assignee=by.name,
            handled_by=by.name,
            handled_at=by.at,
            accepted_at=self.accepted_at or by.at,
        )

    def review_pass(self, by: By) -> None:
        """Somebody of the tier above agrees; now it can be closed."""
        self._check(Move.review_pass)
        self._refuse_own_review(by)
        if self.reviewed_by is not None:
            raise illegal("reviewed", ticket_no=self.ticket_no)
        self._move(Move.review_pass, by, {}, reviewed_by=by.name)

    def send_back(self, reason: str, clock: Deadlines, by: By) -> None:
        """The review did not pass; the same owner has it again, with the time that the review took given back."""
        self._check(Move.send_back)
        self._refuse_own_review(by)
        if not reason.strip():
            raise illegal("needs_reason", ticket_no=self.ticket_no, move=move_name(Move.send_back))
        self._move(
            Move.send_back,
            by,
            {"reason": reason, "handled_by": self.handled_by},
            status=TicketStatus.dispatched.value,
            sent_backs=self.sent_backs + 1,
            handled_by=None,
            handled_at=None,
            reviewed_by=None,
            **self._clocked(clock, look_at=clock.due_at),
        )

    def close(self, outcome: Outcome, by: By, *, answer: str = "", follow_up_at: datetime | None = None) -> None:
        """End it: reviewed, or settled where the flow needs no review, or liable at the end of a chain of evidence."""
        self._check(Move.close)
        self._refuse_outcome(outcome)
        self._end(Move.close, outcome, by, {"answer": answer}, follow_up_at=follow_up_at)

    def _refuse_own_review(self, by: By) -> None:
        if by.name == self.handled_by:
            raise illegal("own_review", ticket_no=self.ticket_no)

    def _refuse_outcome(self, outcome: Outcome) -> None:
        """Only a feedback ends without review; the other ends have moves of their own."""
        is_reviewed = self.status == TicketStatus.handled and self.reviewed_by is not None
        if outcome is Outcome.resolved and is_reviewed:
            return
        if outcome is Outcome.settled and self.flow == Flow.feedback and self.status != TicketStatus.handled:
            return
        raise illegal("needs_review", ticket_no=self.ticket_no)
