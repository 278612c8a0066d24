"""Who may do what with a ticket.  Pure: a role, a move, and what matters of the ticket."""

from dataclasses import dataclass

from bot.network.model import Tier
from bot.staff.model import Actor, Role
from bot.tickets.kinds import Move, TicketKind
from bot.tickets.model import Ticket
from bot.tickets.owners import HEIGHT

_TELLS = frozenset({Move.append, Move.urge, Move.raise_priority, Move.answer_follow_up, Move.reopen, Move.merge})
_WORKS = frozenset({Move.accept, Move.handle, Move.pause, Move.resume, Move.close})
_LEADS = frozenset({Move.dispatch, Move.redirect, Move.assign, Move.escalate})
_REVIEWS = frozenset({Move.review_pass, Move.send_back})
_JUDGES = frozenset({Move.accept, Move.assign, Move.pause, Move.resume, Move.escalate, Move.state, Move.rule})

_SERVICE: dict[Role, frozenset[Move]] = {
    Role.agent: _TELLS,
    Role.outlet_agent: _WORKS | {Move.admit},
    Role.provincial_agent: _TELLS | _WORKS | _LEADS | _REVIEWS,
    Role.headquarters_agent: _TELLS | _WORKS | _LEADS | _REVIEWS,
    Role.supervisor: _TELLS | _LEADS,
}
_ARBITRATION: dict[Role, frozenset[Move]] = {
    Role.agent: frozenset({Move.append, Move.raise_priority, Move.state, Move.merge}),
    Role.outlet_agent: frozenset({Move.state, Move.admit}),
    Role.provincial_agent: frozenset({Move.append, Move.raise_priority, Move.state}),
    Role.headquarters_agent: frozenset({Move.append, Move.raise_priority, Move.state, Move.dispatch}),
    Role.provincial_arbitrator: _JUDGES | _TELLS - {Move.reopen},
    Role.headquarters_arbitrator: _JUDGES | _TELLS - {Move.reopen} | {Move.dispatch, Move.redirect},
    Role.supervisor: frozenset({Move.append, Move.raise_priority, Move.assign, Move.urge}),
}
_OPENS = {
    TicketKind.service: {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor},
    TicketKind.complaint: {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor},
    TicketKind.appeal: {Role.agent, Role.outlet_agent, Role.provincial_agent, Role.headquarters_agent},
}
_SEES_ALL = {Role.agent, Role.headquarters_agent, Role.supervisor, Role.admin}
_SUMMARISES = {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor, Role.admin}
_TIERS = {
    Role.outlet_agent: Tier.outlet,
    Role.provincial_agent: Tier.provincial_center,
    Role.provincial_arbitrator: Tier.provincial_center,
    Role.headquarters_agent: Tier.headquarters,
    Role.headquarters_arbitrator: Tier.headquarters,
}
_PROVINCIAL = {Role.provincial_agent, Role.provincial_arbitrator}
_ARBITRATORS = {Role.provincial_arbitrator, Role.headquarters_arbitrator}
_BELONGS_TO_OWNER = _WORKS | {Move.admit}


@dataclass(frozen=True)
class TicketFacts:
    """What a permission depends on.  ``ruled_by``: everybody who ruled in this matter before."""

    kind: TicketKind
    tier: Tier
    owner_unit: str | None = None
    outlet: str | None = None
    province: str | None = None
    across_provinces: bool = False
    handled_by: str | None = None
    liable_unit: str | None = None
    reporter_unit: str | None = None
    ruled_by: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ticket: Ticket, *, ruled_by: frozenset[str] = frozenset()) -> "TicketFacts":
        return cls(
            kind=TicketKind(ticket.kind),
            tier=Tier(ticket.tier),
            owner_unit=ticket.owner_unit,
            outlet=ticket.outlet,
            province=ticket.province,
            across_provinces=ticket.across_provinces,
            handled_by=ticket.handled_by,
            liable_unit=ticket.liable_unit,
            reporter_unit=ticket.reporter_unit,
            ruled_by=ruled_by,
        )

    @property
    def is_arbitrated(self) -> bool:
        return self.kind is not TicketKind.service

    @property
    def units(self) -> frozenset[str]:
        """Those whom the matter concerns."""
        concerned = (self.owner_unit, self.outlet, self.liable_unit, self.reporter_unit)
        return frozenset(unit for unit in concerned if unit)


def may_see(actor: Actor, ticket: TicketFacts) -> bool:
    """Whether somebody may know of a ticket at all."""
    if actor.role is None:
        return True
    if actor.role in _ARBITRATORS:
        return ticket.is_arbitrated and _judges(actor, ticket)
    if actor.role is Role.outlet_agent:
        return actor.unit in ticket.units
    if actor.role is Role.provincial_agent:
        return actor.province is not None and actor.province == ticket.province
    return actor.role in _SEES_ALL


def may(actor: Actor, move: Move, ticket: TicketFacts) -> bool:
    """Whether somebody may make a move, as far as it depends on who it is."""
    return why_not(actor, move, ticket) is None


def why_not(actor: Actor, move: Move, ticket: TicketFacts) -> str | None:
    """The key of the sentence that says why not (``denied`` in ``words.yml``), or None."""
    role = actor.role
    if role is None:
        return None
    if not may_see(actor, ticket):
        return _why_hidden(role, ticket)
    allowed = (_ARBITRATION if ticket.is_arbitrated else _SERVICE).get(role, frozenset())
    if move not in allowed:
        return "arbitrated" if ticket.is_arbitrated and move in _SERVICE.get(role, ()) else "move"
    if move in _REVIEWS:
        return _why_no_review(actor, role, ticket)
    if move is Move.rule:
        return _why_no_ruling(actor, role, ticket)
    if role in _TIERS and role not in _ARBITRATORS:
        return _why_not_here(actor, role, move, ticket)
    return None


def may_open(actor: Actor, kind: TicketKind) -> bool:
    return actor.role is None or actor.role in _OPENS[kind]


def may_appeal(actor: Actor, ruled: TicketFacts) -> bool:
    """Whether somebody may appeal against a ruling: for the own unit if that is party to it, or for the customer."""
    if actor.role is Role.outlet_agent:
        return actor.unit in {ruled.outlet, ruled.liable_unit} - {None}
    return may_open(actor, TicketKind.appeal) and may_see(actor, ruled)


def may_summarise(actor: Actor) -> bool:
    return actor.role is None or actor.role in _SUMMARISES


def must_not_know(actor: Actor) -> bool:
    """Whether a ticket that is not theirs has to look unknown to them."""
    return actor.role is Role.outlet_agent


def _why_hidden(role: Role, ticket: TicketFacts) -> str:
    if role in _ARBITRATORS and not ticket.is_arbitrated:
        return "kind"
    return "province" if role in _PROVINCIAL else "see"


def _why_no_review(actor: Actor, role: Role, ticket: TicketFacts) -> str | None:
    """The tier above, and not who handled it; above headquarters there is only another person."""
    if actor.name == ticket.handled_by:
        return "own_review"
    is_top = role is Role.headquarters_agent and ticket.tier is Tier.headquarters
    return None if is_top or HEIGHT[_TIERS[role]] > HEIGHT[ticket.tier] else "tier"


def _why_no_ruling(actor: Actor, role: Role, ticket: TicketFacts) -> str | None:
    if ticket.kind is TicketKind.appeal and actor.name in ticket.ruled_by:
        return "ruled_before"
    return None if _TIERS[role] is ticket.tier else "tier"


def _why_not_here(actor: Actor, role: Role, move: Move, ticket: TicketFacts) -> str | None:
    """Work is for the unit that has it; leading is for a tier that is not below it."""
    if ticket.is_arbitrated:
        return None
    if move in _BELONGS_TO_OWNER:
        if role is Role.outlet_agent:
            return None if actor.unit == ticket.owner_unit else "unit"
        return None if _TIERS[role] is ticket.tier else "unit"
    if move in _LEADS and HEIGHT[_TIERS[role]] < HEIGHT[ticket.tier]:
        return "tier"
    return None


def _judges(actor: Actor, ticket: TicketFacts) -> bool:
    """Same province: its arbitrators.  Across provinces, escalated, and every appeal: headquarters."""
    if actor.role is Role.headquarters_arbitrator:
        return ticket.tier is Tier.headquarters or ticket.kind is TicketKind.appeal
    is_own = actor.province is not None and actor.province == ticket.province
    return is_own and ticket.tier is Tier.provincial_center and not ticket.across_provinces
