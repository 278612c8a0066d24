"""People at the desk: online, on a break or away; how many customers each has; who was not heard of any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import Row, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.custody import ConversationState
from bot.conversations.events import EVERYTHING, Event, announce
from bot.conversations.model import Conversation
from bot.handover.kinds import AgentState
from bot.handover.settings import HandoverSettings
from bot.handover.tables import AgentChange, AgentPresence
from bot.staff.model import Role
from bot.staff.tables import Agent, TeamMember

_TALK = tuple(role.value for role in Role if role.may_talk)


@dataclass(frozen=True)
class AgentCard:
    """A person as the dispatcher and supervisors see it.

    Parameters
    ----------
    is_there: a page of the person's is open, as far as anybody knows.
    held: conversations the person has; ``offered``: those that wait for the person's yes.
    """

    username: str
    name: str
    state: AgentState
    why: str
    since: datetime
    is_there: bool
    capacity: int
    held: int
    offered: int
    teams: tuple[str, ...]
    idle_since: datetime

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.held - self.offered)

    @property
    def takes_offers(self) -> bool:
        return self.state is AgentState.online and self.is_there and self.free > 0

    def serves(self, team: str | None) -> bool:
        return team is None or team in self.teams


async def beat(session: AsyncSession, usernames: Collection[str], *, at: datetime) -> None:
    """Signs of life of open pages; whoever is new begins as away, and nobody is made who is not there."""
    if not usernames:
        return
    fresh = {"state": AgentState.offline.value, "why": "", "since": at, "seen_at": at, "passed": 0, "idle_since": at}
    known = select(Agent.username, *(literal(value) for value in fresh.values())).where(Agent.username.in_(usernames))
    put = insert(AgentPresence).from_select(["username", *fresh], known.order_by(Agent.username))
    await session.execute(put.on_conflict_do_update(index_elements=["username"], set_={"seen_at": at}))


async def presence_of(session: AsyncSession, username: str, *, at: datetime) -> AgentPresence:
    """The row of a person, locked; made where there is none yet."""
    fresh = {"state": AgentState.offline.value, "why": "", "since": at, "passed": 0, "idle_since": at}
    put = insert(AgentPresence).values(fresh | {"username": username}).on_conflict_do_nothing()
    await session.execute(put)
    query = select(AgentPresence).where(AgentPresence.username == username).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def put_into(
    session: AsyncSession, row: AgentPresence, state: AgentState, *, who: str, why: str, at: datetime
) -> None:
    """Another state of a person; the same one again is nothing."""
    if row.state == state:
        return
    session.add(AgentChange(username=row.username, before=row.state, after=state.value, who=who, why=why, at=at))
    row.state, row.why, row.since, row.passed = state.value, why, at, 0
    if state is AgentState.online:
        row.idle_since = at
    await announce(session, Event(conversation_id=EVERYTHING, kind="agents"))


async def took_one(session: AsyncSession, username: str, *, at: datetime) -> None:
    """The person has accepted: no longer the one idle longest, and not one who lets offers pass."""
    row = await session.get(AgentPresence, username, with_for_update=True, populate_existing=True)
    if row is not None:
        row.passed, row.idle_since = 0, at


async def let_one_pass(session: AsyncSession, username: str, *, allowed: int, at: datetime) -> None:
    """An offer went by; after so many in a row the person is on a break."""
    row = await session.get(AgentPresence, username, with_for_update=True, populate_existing=True)
    if row is None:
        return
    row.passed += 1
    if row.passed >= allowed and row.state == AgentState.online:
        await put_into(session, row, AgentState.on_break, who="system", why="passed", at=at)


async def cards(session: AsyncSession, settings: HandoverSettings, *, at: datetime) -> list[AgentCard]:
    """Everybody who may talk with customers and still works here."""
    holds = func.count(case((Conversation.state == ConversationState.agent.value, 1)))
    held = (
        select(Conversation.agent.label("username"), holds.label("count"))
        .where(Conversation.agent.is_not(None), Conversation.state == ConversationState.agent.value)
        .group_by(Conversation.agent)
        .subquery()
    )
    offered = (
        select(Conversation.offered_to.label("username"), func.count().label("count"))
        .where(Conversation.state == ConversationState.offered.value)
        .group_by(Conversation.offered_to)
        .subquery()
    )
    query = (
        select(
            *(Agent.username, Agent.name, Agent.capacity, Agent.created_at),
            *(AgentPresence.state, AgentPresence.why, AgentPresence.since, AgentPresence.idle_since),
            AgentPresence.seen_at,
            func.coalesce(held.c.count, 0).label("held"),
            func.coalesce(offered.c.count, 0).label("offered"),
        )
        .outerjoin(AgentPresence, AgentPresence.username == Agent.username)
        .outerjoin(held, held.c.username == Agent.username)
        .outerjoin(offered, offered.c.username == Agent.username)
        .where(Agent.is_active, Agent.role.in_(_TALK))
        .order_by(Agent.username)
    )
    rows = (await session.execute(query)).all()
    teams = await _teams(session)
    return [_card(row, teams.get(row.username, ()), at - settings.grace) for row in rows]


def _card(row: Row[Unpack[tuple[Any, ...]]], teams: tuple[str, ...], since: datetime) -> AgentCard:
    """Who was never at the desk is away since the account was made."""
    return AgentCard(
        username=row.username,
        name=row.name,
        state=AgentState(row.state or AgentState.offline),
        why=row.why or "",
        since=row.since or row.created_at,
        is_there=row.seen_at is not None and row.seen_at >= since,
        capacity=row.capacity,
        held=row.held,
        offered=row.offered,
        teams=teams,
        idle_since=row.idle_since or row.created_at,
    )


async def _teams(session: AsyncSession) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for team, username in await session.execute(select(TeamMember.team, TeamMember.username)):
        found[username] = (*found.get(username, ()), team)
    return found


def choose(
    agents: Sequence[AgentCard], team: str | None, *, wanted: str | None = None, let_pass: Collection[str] = ()
) -> AgentCard | None:
    """Who is offered the next customer: least loaded, then idle longest; who let this one pass only after all others.

    A team without any people is everybody's.
    """
    able = [agent for agent in agents if agent.takes_offers]
    meant = [agent for agent in able if agent.username == wanted]
    is_staffed = any(agent.serves(team) for agent in agents)
    able = meant or [agent for agent in able if agent.serves(team) or not is_staffed]
    return min(able, key=lambda agent: _order(agent, let_pass), default=None)


def _order(agent: AgentCard, let_pass: Collection[str]) -> tuple[bool, float, datetime, str]:
    load = (agent.held + agent.offered) / max(1, agent.capacity)
    return agent.username in let_pass, load, agent.idle_since, agent.username
