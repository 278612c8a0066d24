"""Permissions, enforced: what is not theirs looks unknown to an outlet, and is refused with a reason to others."""

from collections.abc import Iterable
from dataclasses import replace

from bot.errors import BotError
from bot.staff.model import Actor
from bot.tickets.kinds import Move, TicketKind
from bot.tickets.model import Ticket
from bot.tickets.permissions import (
    TicketFacts,
    may_appeal,
    may_open,
    may_see,
    may_summarise,
    must_not_know,
    why_not,
)
from bot.tickets.words import denied, move_name, unknown


def refuse_unless_sees(actor: Actor, ticket: Ticket) -> None:
    """Raises `NotFoundError` for an outlet, `AccessRefusedError` for anybody else."""
    if not may_see(actor, TicketFacts.of(ticket)):
        raise _hidden(actor, ticket, "see")


def refuse_unless_may(actor: Actor, move: Move, ticket: Ticket, *, ruled_by: Iterable[str] = ()) -> None:
    """Raises `NotFoundError` for an outlet that must not know of it, `AccessRefusedError` otherwise."""
    facts = TicketFacts.of(ticket, ruled_by=frozenset(ruled_by))
    reason = why_not(actor, move, facts)
    if reason is None:
        return
    if not may_see(actor, facts):
        raise _hidden(actor, ticket, reason, move)
    raise denied(reason, ticket_no=ticket.ticket_no, move=move_name(move))


def refuse_unless_opens(actor: Actor, kind: TicketKind) -> None:
    if not may_open(actor, kind):
        raise denied("create")


def refuse_unless_appeals(actor: Actor, ruled: Ticket, liable_unit: str | None) -> None:
    """``liable_unit``: whom the ruling that stands holds liable."""
    facts = TicketFacts.of(ruled)
    now = replace(facts, liable_unit=liable_unit)
    if may_appeal(actor, facts) or may_appeal(actor, now):
        return
    if not (may_see(actor, facts) or may_see(actor, now)):
        raise _hidden(actor, ruled, "see")
    raise denied("not_party", ticket_no=ruled.ticket_no)


def refuse_unless_summarises(actor: Actor) -> None:
    if not may_summarise(actor):
        raise denied("summaries")


def _hidden(actor: Actor, ticket: Ticket, reason: str, move: Move | None = None) -> BotError:
    if must_not_know(actor):
        return unknown(ticket.ticket_no)
    return denied(reason, ticket_no=ticket.ticket_no, move=move_name(move) if move else "")
