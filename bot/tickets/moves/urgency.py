"""How pressing it is: contacts, priority, warnings, and the clock that stands still for listed reasons."""

from datetime import datetime
from uuid import UUID

from bot.tickets.deadlines import Deadlines
from bot.tickets.events import By
from bot.tickets.kinds import Move, Priority
from bot.tickets.moves.base import Moves
from bot.tickets.words import illegal


class Urgency(Moves):
    """Everything about time and weight."""

    def append(
        self,
        text: str,
        by: By,
        *,
        customer_id: UUID | None = None,
        conversation_id: UUID | None = None,
        channel: str = "",
    ) -> None:
        """One more contact about it: counted, and the priority rises.

        A ticket that a rule opened gets its first contact's customer.
        """
        self._check(Move.append)
        details = {"text": text, "channel": channel, "conversation_id": conversation_id and str(conversation_id)}
        whose: dict[str, object] = {}
        if self.customer_id is None and customer_id is not None:
            whose = {"customer_id": customer_id, "conversation_id": conversation_id, "channel": channel}
        self._move(
            Move.append,
            by,
            {name: value for name, value in details.items() if value},
            contacts=self.contacts + 1,
            priority=Priority(self.priority).raised.value,
            **whose,
        )

    def raise_priority(self, by: By, *, to: Priority | None = None) -> None:
        """One step up, or straight to a higher one.  A closed ticket has no priority to raise."""
        self._check(Move.raise_priority)
        new = to or Priority(self.priority).raised
        if new.rank >= Priority(self.priority).rank:
            raise illegal("priority", ticket_no=self.ticket_no)
        self._move(Move.raise_priority, by, {}, priority=new.value)

    def urge(self, by: By, *, again_at: datetime, reason: str = "") -> None:
        """Whoever has to act is told that it is overdue."""
        self._check(Move.urge)
        self._refuse_paused()
        respond = {"respond_urged_at": by.at} if self.accepted_at is None else {}
        self.escalate_at = again_at
        self._move(Move.urge, by, {"reason": reason}, urges=self.urges + 1, **respond)

    def warn(self, by: By) -> None:
        """The deadline is near."""
        self._check(Move.warn)
        self._refuse_paused()
        if self.warn_at is None:
            raise illegal("warned", ticket_no=self.ticket_no)
        self._move(Move.warn, by, {}, warn_at=None)

    def warn_regulator(self, by: By, *, next_at: datetime | None) -> None:
        """The answer owed by law is near or late.  This clock never stands still."""
        self._check(Move.warn_regulator)
        if self.regulator_warn_at is None:
            raise illegal("warned", ticket_no=self.ticket_no)
        self._move(Move.warn_regulator, by, {}, regulator_warn_at=next_at)

    def pause(self, reason: str, until: datetime, by: By) -> None:
        """For one of the listed reasons, and no longer than ``until``."""
        self._check(Move.pause)
        self._refuse_paused()
        self._refuse_chain(by)
        self._move(Move.pause, by, {}, paused_at=by.at, pause_reason=reason, paused_until=until)

    def resume(self, clock: Deadlines, by: By) -> None:
        """The clock runs again, with the deadlines moved by the pause."""
        self._check(Move.resume)
        if self.paused_at is None:
            raise illegal("not_paused", ticket_no=self.ticket_no)
        since = self.paused_at.isoformat()
        running = {"paused_at": None, "pause_reason": None, "paused_until": None}
        self._move(Move.resume, by, {"since": since}, **running, **self._clocked(clock, look_at=clock.due_at))

    def spare_warning(self) -> None:
        """It comes too late, or the rules want none.  Nothing happened, so nothing is recorded."""
        self.warn_at = None
        self.next_tick_at = self._next_tick()

    def look_again(self, at: datetime) -> None:
        """When the rules of escalation are asked next.  Nothing happened to the ticket, so nothing is recorded."""
        self.escalate_at = at
        self.next_tick_at = self._next_tick()
