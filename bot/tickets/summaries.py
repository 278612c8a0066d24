"""Summaries written once a turn, although their table is split by months and can't see to that itself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.tickets.model import ServiceSummary

TURN_SEED = 8
"""Of the hash that names the lock of a turn."""


async def remember(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """Write a summary (columns of `ServiceSummary`), once for its ``turn``; returns whether this was the first time.

    Two who bring the same turn wait for each other: no unique index reaches over months.
    """
    turn = values["turn"]
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(turn, TURN_SEED))))
    if await session.scalar(select(ServiceSummary.id).where(ServiceSummary.turn == turn).limit(1)) is not None:
        return False
    await session.execute(insert(ServiceSummary).values(values))
    return True
