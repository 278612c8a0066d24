"""What other systems hear of a ticket: numbers, codes and moments, never what a customer wrote."""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.outbox import NewEvent
from bot.outbox.kinds import Code
from bot.tickets.kinds import Move, TicketKind
from bot.tickets.model import Ticket, TicketEvent

_KINDS = {
    Move.open: "ticket.opened",
    Move.append: "ticket.appended",
    Move.absorb: "ticket.appended",
    Move.dispatch: "ticket.dispatched",
    Move.redirect: "ticket.dispatched",
    Move.handle: "ticket.handled",
    Move.send_back: "ticket.sent_back",
    Move.close: "ticket.closed",
    Move.merge: "ticket.closed",
    Move.withdraw: "ticket.closed",
    Move.reopen: "ticket.reopened",
    Move.urge: "ticket.urged",
    Move.escalate: "ticket.escalated",
}
_CODE: TypeAdapter[str] = TypeAdapter(Code)


def told(ticket: Ticket, event: TicketEvent) -> Iterator[NewEvent]:
    """The events to send for one move; none for moves that are nobody else's business."""
    move = Move(event.what)
    if move is Move.rule:
        yield _ruled(ticket, event)
        yield NewEvent("ticket.closed", ticket.ticket_no, _common(ticket, event) | _closing(ticket), event.at)
    elif move in _KINDS:
        yield NewEvent(_KINDS[move], ticket.ticket_no, _common(ticket, event) | _more(ticket, event, move), event.at)


def _common(ticket: Ticket, event: TicketEvent) -> dict[str, Any]:
    return {
        **_who(event),
        "ticket_no": ticket.ticket_no,
        "kind": ticket.kind,
        "flow": ticket.flow,
        "category": _code(ticket.category),
        "waybill_no": _code(ticket.waybill_no),
        "status": ticket.status,
        "priority": ticket.priority,
        "tier": ticket.tier,
        "owner": _code(ticket.owner_unit),
        "channel": _code(ticket.channel),
        "contacts": ticket.contacts,
        "due_at": ticket.due_at,
    }


def _more(ticket: Ticket, event: TicketEvent, move: Move) -> dict[str, Any]:
    before = {name: change[0] for name, change in event.changed.items()}
    if move is Move.open:
        return {"opened_by": _opener(ticket, event)}
    if move in (Move.dispatch, Move.redirect):
        return {"from_owner": _code(before.get("owner_unit"))}
    if move in (Move.close, Move.merge, Move.withdraw):
        return _closing(ticket)
    if move is Move.reopen:
        return {"times": ticket.reopened}
    if move is Move.urge:
        return {"times": ticket.urges}
    if move is Move.escalate:
        return {"from_tier": before.get("tier"), "to_tier": ticket.tier}
    return {}


def _closing(ticket: Ticket) -> dict[str, Any]:
    return {
        "result": ticket.outcome,
        "cause": ticket.cause,
        "liable": _code(ticket.liable_unit),
        "finding": ticket.finding,
    }


def _ruled(ticket: Ticket, event: TicketEvent) -> NewEvent:
    data = {
        **_who(event),
        "ticket_no": ticket.ticket_no,
        "waybill_no": _code(ticket.waybill_no),
        "ruling": f"{ticket.ticket_no}#{event.seq}",
        "finding": ticket.finding,
        "cause": ticket.cause,
        "liable": _code(ticket.liable_unit),
    }
    if ticket.kind == TicketKind.complaint:
        return NewEvent("complaint.ruled", ticket.ticket_no, data, event.at)
    more = {"appealed": ticket.parent_no, "outcome": event.details["effect"]}
    return NewEvent("appeal.ruled", ticket.ticket_no, data | more, event.at)


def _who(event: TicketEvent) -> dict[str, Any]:
    return {"by": _code(event.by), "because": tuple(event.because)}


def _opener(ticket: Ticket, event: TicketEvent) -> str:
    if event.role:
        return "agent"
    return "customer" if ticket.contacts else "rule"


def _code(value: str | None) -> str | None:
    """The value if it may leave the house as a code; a name with blanks or one like a phone number may not."""
    try:
        return _CODE.validate_python(value)
    except ValidationError:
        return None
