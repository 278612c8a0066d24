"""The moves that somebody may make now with a ticket, why not the others, and making one from what a form says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from pydantic import ValidationError

from bot.clock import Clock
from bot.desk.ticket_words import page_words, refused
from bot.errors import IllegalMoveError
from bot.evidence.endpoints import EvidenceServices
from bot.staff.model import Actor, Role
from bot.tickets import schemas
from bot.tickets.kinds import Flow, Move, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.moves.base import ALLOWED
from bot.tickets.permissions import TicketFacts, may_appeal, may_open, may_see, why_not
from bot.tickets.rulings import CUSTOMER, Ruling
from bot.tickets.services import TicketServices
from bot.tickets.words import ticket_words
from bot.tickets.work import Request

Said: TypeAlias = Mapping[str, Sequence[str]]
COMPLAINT, APPEAL, PROVE, UNPROVEN, WITHDRAW = "complaint", "appeal", "prove", "chain_unproven", "chain_withdraw"

FIELDS: Mapping[str, tuple[str, ...]] = {
    Move.accept: (),
    Move.handle: ("done", "evidence"),
    Move.review_pass: ("words",),
    Move.send_back: ("reason",),
    Move.dispatch: ("unit",),
    Move.redirect: ("unit", "reason"),
    Move.assign: ("to",),
    Move.urge: ("reason",),
    Move.raise_priority: ("to", "reason"),
    Move.escalate: ("reason",),
    Move.pause: ("reason", "note"),
    Move.resume: (),
    Move.merge: ("into",),
    Move.admit: ("words",),
    Move.state: ("side", "text", "evidence"),
    Move.close: ("answer",),
    Move.answer_follow_up: ("satisfied", "words"),
    Move.reopen: ("reason",),
    Move.append: ("text",),
    COMPLAINT: ("category", "text"),
    APPEAL: ("text",),
    PROVE: ("evidence",),
    UNPROVEN: ("node", "reason"),
    WITHDRAW: ("reason",),
}
"""What each form asks for, in the order in which the moves are offered."""
_ORDER = (
    *(Move.rule, Move.accept, Move.handle, PROVE, Move.review_pass, Move.send_back, Move.close, Move.state),
    *(Move.answer_follow_up, APPEAL, Move.dispatch, Move.admit, Move.urge, Move.append, Move.assign, Move.redirect),
    *(Move.escalate, Move.raise_priority, Move.pause, Move.resume, Move.merge, COMPLAINT, Move.reopen),
    *(UNPROVEN, WITHDRAW),
)
_SERVICE_ONLY = {Move.handle, Move.review_pass, Move.send_back, Move.reopen, Move.answer_follow_up, Move.redirect}
_ARBITRATION_ONLY = {Move.state, Move.rule}
_WITHDRAWS = {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor}
_REVIEWS_CHAINS = {Role.provincial_agent, Role.headquarters_agent, Role.supervisor}
"""As `bot.evidence.permission` has it, without arbitrators: they see no service tickets."""
_OTHERS = frozenset({COMPLAINT, APPEAL, PROVE, UNPROVEN, WITHDRAW})


@dataclass(frozen=True)
class Offer:
    """A move by its name; ``refused`` is the sentence why it is not possible now, "" where it is."""

    name: str
    refused: str = ""


@dataclass(frozen=True)
class Dispute:
    """How a ticket was ruled on so far, as it stands ``now``.

    Parameters
    ----------
    appealed: the parties that have appealed, as `bot.tickets.rulings.Appeal` names them.
    appeal_days: so long after a ruling one may appeal.
    """

    rulings: Sequence[Ruling]
    appealed: Collection[str]
    appeal_days: float
    now: datetime


def offers(ticket: Ticket, actor: Actor, dispute: Dispute) -> list[Offer]:
    """Every move that could have a meaning for this ticket and role, those that are possible first.

    What has no meaning (to rule on a service ticket, say) or is never the role's is left out altogether, unless the
    role would expect it: who works on tickets reads why this one is not theirs.
    """
    facts = TicketFacts.of(ticket, ruled_by=frozenset(ruling.by for ruling in dispute.rulings))
    if not may_see(actor, facts):
        return []
    found = []
    for name in _ORDER:
        if name in _OTHERS:
            refusal = _why_not_other(name, ticket, facts, actor, dispute)
        else:
            refusal = _why_not_move(Move(name), ticket, facts, actor)
        if refusal is not None:
            found.append(Offer(str(name), refusal))
    return sorted(found, key=lambda offer: bool(offer.refused))


class TicketMoves:
    """Makes moves from forms.  Everything is refused in words: `RefusedError` for a field that is missing or wrong."""

    def __init__(self, tickets: TicketServices, evidence: EvidenceServices, clock: Clock) -> None:
        self._tickets = tickets
        self._evidence = evidence
        self._clock = clock

    async def make(
        self, actor: Actor, ticket_no: str, name: str, said: Said, *, version: int | None, turn: str
    ) -> Ticket | None:
        """Make a move; returns the ticket as it then stands, or the one that came of it (a complaint, an appeal).

        Parameters
        ----------
        said: the fields of the form with all their values.
        turn: unique per form; sent twice it moves once.
        """
        request = Request(actor, turn=f"desk:{actor.name}:{turn}", version=version)
        if name not in FIELDS:
            raise refused("move")
        try:
            return await self._make(ticket_no, name, said, request)
        except ValidationError as error:
            names = dict.fromkeys(str(each["loc"][0]) for each in error.errors() if each["loc"])
            fields = page_words().fields
            raise refused("field", fields="、".join(fields.get(each, each) for each in names)) from error

    async def _make(self, ticket_no: str, name: str, said: Said, request: Request) -> Ticket | None:
        work, one = self._tickets.work, _one(said)
        if name == PROVE:
            return await self._prove(ticket_no, said, request)
        if name == UNPROVEN:
            return await self._unproven(ticket_no, one, request)
        if name == WITHDRAW:
            return await self._withdraw(ticket_no, one, request)
        if name == COMPLAINT:
            asked = schemas.ComplaintRequest(**_given(one, "text", "category"))
            arbitration = self._tickets.arbitration
            return (await arbitration.complain(ticket_no, request, text=asked.text, category=asked.category))[0]
        if name == APPEAL:
            text = schemas.AppealRequest(**_given(one, "text")).text
            return (await self._tickets.arbitration.appeal(ticket_no, request, text=text))[0]
        if name == Move.state:
            stated = schemas.StatementRequest(**_given(one, "text", "side"), evidence=tuple(said.get("evidence", ())))
            return await self._tickets.arbitration.state(
                ticket_no, request, text=stated.text, side=stated.side, evidence=stated.evidence
            )
        body, arguments = _BODIES[name]
        given: dict[str, Any] = _given(one, *FIELDS[name])
        if "evidence" in FIELDS[name]:
            given["evidence"] = tuple(said.get("evidence", ()))
        asked_for = body(**given)
        moved: Ticket = await getattr(work, _METHODS[name])(
            ticket_no, request, **{each: getattr(asked_for, each) for each in arguments}
        )
        return moved

    async def _prove(self, ticket_no: str, said: Said, request: Request) -> Ticket:
        """The node that holds the ticket rests its case on the items that were ticked."""
        files = set(said.get("evidence", ()))
        items = await self._evidence.items.of_ticket(ticket_no)
        chosen = [item.seq for item in items if item.attachment in files and item.unit == request.actor.unit]
        if not chosen:
            raise refused("field", fields=page_words().fields["evidence"])
        async with self._tickets.core.database.transaction() as session:
            await self._evidence.chains.prove(
                session, ticket_no, chosen, by=request.actor, at=self._clock(), turn=request.turn
            )
        return await self._again(ticket_no)

    async def _unproven(self, ticket_no: str, one: Mapping[str, str], request: Request) -> Ticket:
        """A reviewer finds that what a node handed in proves nothing; that ends the chain."""
        reason, node = schemas.ReasonRequest(**_given(one, "reason")).reason, one.get("node", "")
        if not node.isdecimal():
            raise refused("field", fields=page_words().fields["node"])
        async with self._tickets.core.database.transaction() as session:
            await self._evidence.chains.unproven(
                session, ticket_no, int(node), reason, by=request.actor, at=self._clock(), turn=request.turn
            )
        return await self._again(ticket_no)

    async def _withdraw(self, ticket_no: str, one: Mapping[str, str], request: Request) -> Ticket:
        reason = schemas.ReasonRequest(**_given(one, "reason")).reason
        async with self._tickets.core.database.transaction() as session:
            await self._evidence.chains.withdraw(
                session, ticket_no, reason, by=request.actor, at=self._clock(), turn=request.turn
            )
        return await self._again(ticket_no)

    async def _again(self, ticket_no: str) -> Ticket:
        async with self._tickets.core.database.transaction() as session:
            return await self._tickets.core.store.find(session, ticket_no)


def is_conflict(refusal: Exception, ticket_no: str) -> bool:
    """Whether a move was refused because somebody else was faster."""
    return isinstance(refusal, IllegalMoveError) and str(refusal) == ticket_words().illegal["version"].format(
        ticket_no=ticket_no
    )


_BODIES: Mapping[str, tuple[type[schemas.MoveRequest], tuple[str, ...]]] = {
    Move.accept: (schemas.MoveRequest, ()),
    Move.handle: (schemas.HandleRequest, ("done", "evidence")),
    Move.review_pass: (schemas.ReviewRequest, ("words",)),
    Move.send_back: (schemas.ReasonRequest, ("reason",)),
    Move.dispatch: (schemas.DispatchRequest, ("unit",)),
    Move.redirect: (schemas.RedirectRequest, ("unit", "reason")),
    Move.assign: (schemas.AssignRequest, ("to",)),
    Move.urge: (schemas.UrgeRequest, ("reason",)),
    Move.raise_priority: (schemas.PriorityRequest, ("to", "reason")),
    Move.escalate: (schemas.ReasonRequest, ("reason",)),
    Move.pause: (schemas.PauseRequest, ("reason", "note")),
    Move.resume: (schemas.MoveRequest, ()),
    Move.merge: (schemas.MergeRequest, ("into",)),
    Move.admit: (schemas.AdmitRequest, ("words",)),
    Move.close: (schemas.CloseRequest, ("answer",)),
    Move.answer_follow_up: (schemas.FollowUpRequest, ("satisfied", "words")),
    Move.reopen: (schemas.ReasonRequest, ("reason",)),
    Move.append: (schemas.AppendRequest, ("text",)),
}
_METHODS: Mapping[str, str] = {each: Move(each).name for each in _BODIES}


def _one(said: Said) -> dict[str, str]:
    return {name: values[0].strip() for name, values in said.items() if values and values[0].strip()}


def _given(one: Mapping[str, str], *names: str) -> dict[str, Any]:
    return {name: one[name] for name in names if name in one and name != "evidence"}


def _why_not_move(move: Move, ticket: Ticket, facts: TicketFacts, actor: Actor) -> str | None:
    """ "" where it is possible, a sentence where it is not, None where it has no meaning."""
    arbitrated = facts.is_arbitrated
    if move in (_SERVICE_ONLY if arbitrated else _ARBITRATION_ONLY):
        return None
    if move is Move.close and ticket.flow != Flow.feedback:
        return None
    if (move is Move.resume) != ticket.is_paused and move in (Move.resume, Move.pause):
        return None
    key = why_not(actor, move, facts)
    if key is not None:
        words = ticket_words()
        if key in ("move", "arbitrated") or (key == "unit" and move is not Move.handle):
            return None
        return words.denied[key].format(ticket_no=ticket.ticket_no, move=words.moves[move.value])
    return _as_it_stands(move, ticket, actor)


def _as_it_stands(move: Move, ticket: Ticket, actor: Actor) -> str:
    """The refusals that follow from where the ticket stands, as its moves would say them."""
    words = ticket_words().illegal
    shown = {"ticket_no": ticket.ticket_no, "assignee": (ticket.assignee or "").removeprefix("agent:")}
    if TicketStatus(ticket.status) not in ALLOWED[move]:
        status, name = ticket_words().statuses[ticket.status], ticket_words().moves[move.value]
        return words["status"].format(status=status, move=name, **shown)
    if move is Move.accept and ticket.assignee is not None:
        return words["accepted"].format(**shown)
    if move is Move.handle and ticket.assignee not in (None, actor.name):
        return words["accepted"].format(**shown)
    if move in (Move.handle, Move.urge, Move.escalate) and ticket.is_paused:
        return words["paused"].format(**shown)
    if move in (Move.handle, Move.pause, Move.redirect) and ticket.window_until is not None:
        return words["chain_runs"].format(**shown)
    if move is Move.admit and ticket.admitted_by is not None:
        return words["admitted"].format(**shown)
    if move is Move.raise_priority and ticket.priority == "urgent":
        return words["priority"].format(**shown)
    if move is Move.reopen and ticket.reopened:
        return words["reopened"].format(**shown)
    if move is Move.answer_follow_up and ticket.satisfied is not None:
        return words["answered"].format(**shown)
    return ""


def _why_not_other(name: str, ticket: Ticket, facts: TicketFacts, actor: Actor, dispute: Dispute) -> str | None:
    if name == COMPLAINT:
        opens = ticket.kind == TicketKind.service and may_open(actor, TicketKind.complaint)
        return "" if opens else None
    if name == APPEAL:
        may = ticket.kind == TicketKind.complaint and dispute.rulings and may_appeal(actor, facts)
        return _why_no_appeal(ticket, actor, dispute) if may else None
    if ticket.window_until is None:
        return None
    if name == UNPROVEN:
        return "" if actor.role in _REVIEWS_CHAINS else None
    if name == WITHDRAW:
        return "" if actor.role in _WITHDRAWS else None
    return "" if actor.unit is not None and actor.unit == ticket.owner_unit else None


def _why_no_appeal(ticket: Ticket, actor: Actor, dispute: Dispute) -> str:
    """An outlet appeals for itself, everybody else for the customer; each once, and in time."""
    words, days = ticket_words().illegal, dispute.appeal_days
    if (actor.unit if actor.role is Role.outlet_agent else CUSTOMER) in dispute.appealed:
        return words["appeal_twice"].format(ticket_no=ticket.ticket_no)
    late = dispute.now > dispute.rulings[-1].at + timedelta(days=days)
    return words["appeal_late"].format(ticket_no=ticket.ticket_no, days=f"{days:g}") if late else ""
