"""What all moves share: in which status each is possible, and the one place where a change is made and recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from bot.tickets.columns import TicketColumns
from bot.tickets.deadlines import Deadlines
from bot.tickets.events import By, TicketEvent
from bot.tickets.kinds import Move, Outcome, TicketKind, TicketStatus
from bot.tickets.owners import Owner
from bot.tickets.words import illegal, move_name, ticket_words

_OPEN, _DISPATCHED, _HANDLED, _CLOSED = TicketStatus
_WAITING = frozenset({_OPEN, _DISPATCHED})
_ALIVE = frozenset({_OPEN, _DISPATCHED, _HANDLED})

ALLOWED: Mapping[Move, frozenset[TicketStatus]] = {
    Move.append: _ALIVE,
    Move.dispatch: frozenset({_OPEN}),
    Move.accept: frozenset({_DISPATCHED}),
    Move.assign: frozenset({_DISPATCHED}),
    Move.handle: frozenset({_DISPATCHED}),
    Move.review_pass: frozenset({_HANDLED}),
    Move.send_back: frozenset({_HANDLED}),
    Move.close: _ALIVE,
    Move.ask_follow_up: frozenset({_CLOSED}),
    Move.answer_follow_up: frozenset({_CLOSED}),
    Move.reopen: frozenset({_CLOSED}),
    Move.raise_priority: _ALIVE,
    Move.urge: _ALIVE,
    Move.warn: _WAITING,
    Move.warn_regulator: _ALIVE,
    Move.escalate: frozenset({_DISPATCHED}),
    Move.redirect: frozenset({_DISPATCHED}),
    Move.merge: _ALIVE,
    Move.absorb: _ALIVE,
    Move.pause: _WAITING,
    Move.resume: _WAITING,
    Move.admit: frozenset({_DISPATCHED}),
    Move.hold: frozenset({_DISPATCHED}),
    Move.release: frozenset({_DISPATCHED}),
    Move.state: _WAITING,
    Move.rule: _WAITING,
    Move.withdraw: _WAITING,
}
"""The statuses in which a move is possible at all; the methods know the rest."""

ARBITRATED = frozenset({TicketKind.complaint, TicketKind.appeal})

_CLOCKS = ("warn_at", "window_until", "paused_at", "paused_until", "pause_reason", "regulator_warn_at")
"""What stops with the ticket; ``escalate_at`` too, which only says when the rules look next and is no change."""


class Moves(TicketColumns):
    """A move refuses, changes, and records exactly one event in ``fresh``, to be stored with the ticket."""

    fresh: list[TicketEvent]

    @property
    def clock(self) -> Deadlines:
        """The deadlines as they stand."""
        return Deadlines(self.calendar, self.respond_due_at, self.warn_at, self.due_at)

    @property
    def is_closed(self) -> bool:
        return self.status == _CLOSED

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    def _check(self, move: Move) -> None:
        if TicketStatus(self.status) not in ALLOWED[move]:
            status = ticket_words().statuses[self.status]
            raise illegal("status", ticket_no=self.ticket_no, status=status, move=move_name(move))

    def _refuse_paused(self) -> None:
        if self.is_paused:
            raise illegal("paused", ticket_no=self.ticket_no)

    def _refuse_chain(self, by: By) -> None:
        """While a chain of evidence runs, only the chain moves the ticket on."""
        if self.window_until is not None and not by.actor.is_system:
            raise illegal("chain_runs", ticket_no=self.ticket_no)

    def _clocked(self, clock: Deadlines, *, look_at: datetime) -> dict[str, Any]:
        """New deadlines, as changes of the move that brings them: nobody was urged for these yet."""
        self.escalate_at = look_at
        return {
            "calendar": clock.calendar,
            "respond_due_at": clock.respond_due_at,
            "warn_at": clock.warn_at,
            "due_at": clock.due_at,
            "respond_urged_at": None,
        }

    def _end(self, move: Move, outcome: Outcome, by: By, details: dict[str, Any], **changes: Any) -> None:
        """The clocks stop, but for the question how it went."""
        self.escalate_at = None
        ended = {"status": _CLOSED.value, "outcome": outcome.value, "closed_at": by.at}
        self._move(move, by, details, **dict.fromkeys(_CLOCKS), **ended, **changes)

    def _move(self, move: Move, by: By, details: dict[str, Any] | None = None, **changes: Any) -> None:
        """Every accepted move passes here: it changes, and leaves one event."""
        changed = {
            name: [_plain(getattr(self, name)), _plain(value)]
            for name, value in changes.items()
            if getattr(self, name) != value
        }
        for name, value in changes.items():
            setattr(self, name, value)
        self._record(move, by, changed, details or {})

    def _record(self, move: Move, by: By, changed: dict[str, Any], details: dict[str, Any]) -> None:
        self.version += 1
        self.updated_at = by.at
        self.next_tick_at = self._next_tick()
        if by.facts:
            details = details | {"facts": {name: _plain(value) for name, value in by.facts.items()}}
        self.fresh.append(
            TicketEvent(
                id=uuid4(),
                ticket_no=self.ticket_no,
                seq=self.version,
                turn=by.turn,
                what=move.value,
                by=by.name,
                role=by.actor.role and by.actor.role.value,
                unit=by.actor.unit,
                why=by.why,
                because=list(by.because),
                changed=changed,
                details=details,
                at=by.at,
            )
        )

    def _next_tick(self) -> datetime | None:
        """The earliest moment at which a clock has something to say; never None while the ticket is open."""
        if self.is_closed:
            return self.follow_up_at
        return min(moment for moment in self._pending() if moment is not None)

    def _pending(self) -> Sequence[datetime | None]:
        if self.is_paused:
            return (self.paused_until, self.regulator_warn_at)
        if self.status == _HANDLED:
            return (self.escalate_at, self.regulator_warn_at)
        no_answer = self.accepted_at is None and self.respond_urged_at is None
        respond = self.respond_due_at if no_answer else None
        return (respond, self.warn_at, self.escalate_at, self.regulator_warn_at)


def placed(owner: Owner) -> dict[str, Any]:
    return {
        "tier": owner.tier.value,
        "owner_unit": owner.unit,
        "province": owner.province,
        "outlet": owner.outlet,
        "across_provinces": owner.across_provinces,
    }


def _plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value
