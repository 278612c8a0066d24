"""Whom and what one can choose in the forms of tickets: colleagues, units, other tickets, reasons."""

from sqlalchemy import select

from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_file import TicketFile
from bot.desk.ticket_moves import COMPLAINT
from bot.desk.ticket_words import page_words
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.staff.model import Actor, Role
from bot.staff.tables import Agent
from bot.tickets.kinds import Move, Priority, Side, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.terms import pause_reasons

_MOST = 1200
_OF_TIER = {
    Tier.outlet: (Role.outlet_agent,),
    Tier.provincial_center: (Role.provincial_agent,),
    Tier.headquarters: (Role.headquarters_agent,),
}
_ARBITRATORS = {
    Tier.outlet: (Role.provincial_arbitrator,),
    Tier.provincial_center: (Role.provincial_arbitrator,),
    Tier.headquarters: (Role.headquarters_arbitrator,),
}


async def colleagues(desk: TicketDesk, actor: Actor, ticket: Ticket | None = None) -> dict[str, str]:
    """Whom one could give it to: the people of the unit that has it, or of one's own."""
    query = select(Agent.username, Agent.name).where(Agent.is_active).order_by(Agent.name).limit(_MOST)
    if ticket is None:
        query = query.where(Agent.role == (actor.role or Role.headquarters_agent).value)
        query = query.where(Agent.unit == actor.unit) if actor.unit else query
        query = query.where(Agent.province == actor.province) if actor.province else query
    else:
        tier = Tier(ticket.tier)
        roles = (_OF_TIER if ticket.kind == TicketKind.service else _ARBITRATORS)[tier]
        query = query.where(Agent.role.in_([role.value for role in roles]))
        if tier is Tier.outlet:
            query = query.where(Agent.unit == ticket.owner_unit)
        elif tier is Tier.provincial_center:
            query = query.where(Agent.province == ticket.province)
    async with desk.parts.database.transaction() as session:
        return {f"agent:{row.username}": f"{row.name}（{row.username}）" for row in await session.execute(query)}


async def unit_choices(desk: TicketDesk, actor: Actor) -> dict[str, str]:
    """Units to give a ticket to: of the own province, or all."""
    query = select(OutletRow.code, OutletRow.name).order_by(OutletRow.code).limit(_MOST)
    if actor.province:
        query = query.where(OutletRow.province == actor.province)
    async with desk.parts.database.transaction() as session:
        return {row.code: row.name for row in await session.execute(query)}


async def choices_of(desk: TicketDesk, actor: Actor, file: TicketFile, move: str, name: str) -> dict[str, str]:
    """The options of a field of a move's form; none where one writes freely."""
    words, ticket = page_words(), file.ticket
    if (move, name) == (Move.assign, "to"):
        return await colleagues(desk, actor, ticket)
    if (move, name) == (Move.raise_priority, "to"):
        above = [each for each in Priority if each.rank < Priority(ticket.priority).rank]
        return {each.value: words.priorities[each] for each in above}
    if name == "unit":
        return await unit_choices(desk, actor)
    if (move, name) == (Move.pause, "reason"):
        return {key: reason.zh for key, reason in pause_reasons(desk.parts.rules()).items()}
    if name == "into":
        return {one.ticket_no: f"{one.ticket_no} {desk.files.category(one.category)}" for one in _mergeable(file)}
    if name == "side":
        return {each.value: words.sides[each] for each in Side} if actor.role is not Role.outlet_agent else {}
    if name == "node":
        return {"": words.ui["not_chosen"]} | _judged(file, actor)
    if name == "satisfied":
        return {"true": words.ui["satisfied_yes"], "false": words.ui["satisfied_no"]}
    if (move, name) == (COMPLAINT, "category"):
        leaves = desk.parts.tickets.core.catalogue().leaves
        return {leaf.id: leaf.zh for leaf in leaves if leaf.kind is TicketKind.complaint}
    return {}


def _judged(file: TicketFile, actor: Actor) -> dict[str, str]:
    """The nodes of a chain whose evidence can be judged: those whose turn has come, and nobody's own."""
    if file.chain is None or file.chain.holder is None:
        return {}
    words, reached = page_words(), file.chain.nodes[: file.chain.holder.position + 1]
    return {
        str(node.position): f"{node.outlet_name} · {words.node_states[node.state]}"
        for node in reached
        if node.outlet_code != actor.unit
    }


def _mergeable(file: TicketFile) -> list[Ticket]:
    mine = file.ticket
    return [
        one
        for one in file.related
        if one.kind == mine.kind and one.waybill_no == mine.waybill_no and one.status != TicketStatus.closed
    ]
