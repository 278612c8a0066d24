"""After the end: the customer is asked how it went, and may have it reopened once."""

from datetime import datetime

from bot.tickets.deadlines import Deadlines
from bot.tickets.events import By
from bot.tickets.kinds import Flow, Move, Outcome, Priority, TicketKind, TicketStatus
from bot.tickets.moves.base import Moves
from bot.tickets.words import illegal

_ASKABLE = frozenset({Outcome.resolved, Outcome.settled, Outcome.liable})
_REOPENABLE = _ASKABLE - {Outcome.liable}


class Aftermath(Moves):
    """What may follow on a closing, and the closing of what nobody needs any more."""

    def withdraw(self, by: By) -> None:
        """Its cause has vanished before anybody acted or asked."""
        self._check(Move.withdraw)
        if self.flow != Flow.system or self.contacts or self.assignee or self.reopened:
            raise illegal("touched", ticket_no=self.ticket_no)
        self._end(Move.withdraw, Outcome.withdrawn, by, {})

    def ask_follow_up(self, by: By) -> None:
        """The customer is asked how it went, once per closing."""
        self._check(Move.ask_follow_up)
        self._refuse_unless_askable()
        if self.follow_up_asked_at is not None or self.satisfied is not None:
            raise illegal("asked", ticket_no=self.ticket_no)
        self._move(Move.ask_follow_up, by, {}, follow_up_asked_at=by.at, follow_up_at=None)

    def put_off_follow_up(self, until: datetime) -> None:
        """The customer can't be asked yet; this is no event of the ticket."""
        self._check(Move.ask_follow_up)
        self.follow_up_at = until
        self.next_tick_at = self._next_tick()

    def answer_follow_up(self, by: By, *, satisfied: bool, words: str = "") -> None:
        """What the customer says to it."""
        self._check(Move.answer_follow_up)
        self._refuse_unless_askable()
        if self.satisfied is not None:
            raise illegal("answered", ticket_no=self.ticket_no)
        self._move(Move.answer_follow_up, by, {"text": words}, satisfied=satisfied, follow_up_at=None)

    def reopen(self, clock: Deadlines, by: By, *, look_at: datetime) -> None:
        """Once more to the same owner, at higher priority; a second time it has to be a complaint."""
        self._check(Move.reopen)
        if self.reopened:
            raise illegal("reopened", ticket_no=self.ticket_no)
        if self.kind != TicketKind.service or self.outcome not in _REOPENABLE:
            raise illegal("not_reopenable", ticket_no=self.ticket_no)
        status = TicketStatus.dispatched if self.owner_unit else TicketStatus.open
        self._move(
            Move.reopen,
            by,
            {},
            status=status.value,
            priority=Priority(self.priority).raised.value,
            reopened=self.reopened + 1,
            outcome=None,
            closed_at=None,
            assignee=None,
            accepted_at=None,
            handled_by=None,
            handled_at=None,
            reviewed_by=None,
            satisfied=None,
            follow_up_at=None,
            follow_up_asked_at=None,
            **self._clocked(clock, look_at=clock.due_at if self.owner_unit else look_at),
        )

    def _refuse_unless_askable(self) -> None:
        if self.outcome not in _ASKABLE:
            raise illegal("not_askable", ticket_no=self.ticket_no)
