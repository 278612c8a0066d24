"""Where everybody stands at the desk: online, on a break or away, and with how many customers."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, ConversationState
from bot.handover.kinds import AgentState
from bot.handover.tables import AgentPresence
from bot.staff.tables import Agent


@dataclass(frozen=True)
class Standing:
    """A person as the own page shows it.

    Parameters
    ----------
    why: what put the person into this state, where it was not the person.
    held: conversations the person has, of ``capacity`` that are thought bearable.
    """

    state: AgentState = AgentState.offline
    why: str = ""
    held: int = 0
    capacity: int = 0


async def standings(session: AsyncSession) -> dict[str, Standing]:
    """Of everybody who works here; away is who was never there."""
    held = (
        select(Conversation.agent.label("username"), func.count().label("held"))
        .where(Conversation.state == ConversationState.agent.value, Conversation.agent.is_not(None))
        .group_by(Conversation.agent)
        .subquery()
    )
    query = (
        select(Agent.username, AgentPresence.state, AgentPresence.why, held.c.held, Agent.capacity)
        .outerjoin(AgentPresence, AgentPresence.username == Agent.username)
        .outerjoin(held, held.c.username == Agent.username)
        .where(Agent.is_active)
    )
    return {
        row.username: Standing(AgentState(row.state or AgentState.offline), row.why or "", row.held or 0, row.capacity)
        for row in await session.execute(query)
    }
