"""Hints between the desks of all processes, on a line of their own that no channel to customers listens to."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.events import Event, EventHub, announce
from bot.db import Database

LINE = "desk_events"


def desk_hub(database: Database) -> EventHub:
    """Hears ``presence``, ``note`` and ``task``; start and stop it beside the one of conversations."""
    return EventHub(database, line=LINE)


async def hint(session: AsyncSession, conversation_id: UUID, kind: str) -> None:
    """Tell every desk, when this transaction commits, that there is something to look at."""
    await announce(session, Event.model_validate({"conversation_id": conversation_id, "kind": kind}), line=LINE)
