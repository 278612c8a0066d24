"""Signs of life of open pages: written together, and nobody's is forgotten."""

import asyncio
from typing import Any

from sqlalchemy import event, select

from bot.clock import Clock
from bot.db import Database
from bot.handover.heartbeats import Heartbeats
from bot.handover.tables import AgentPresence
from bot.staff.tables import Agent

NAMES = [f"agent{number}" for number in range(6)]


async def test_who_arrives_at_the_same_moment_is_written_together(database: Database, clock: Clock) -> None:
    async with database.transaction() as session:
        session.add_all(
            Agent(username=name, name=name, password_hash="", role="agent", created_at=clock()) for name in NAMES
        )
    written: list[str] = []

    def note(*args: Any) -> None:
        if args[2].startswith("INSERT INTO agent_presence"):
            written.append(args[2])

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    beats = Heartbeats(database, clock)
    await asyncio.gather(*(beats.opened(name) for name in NAMES))

    async with database.transaction() as session:
        seen = await session.scalars(select(AgentPresence.username).where(AgentPresence.seen_at.is_not(None)))
        assert sorted(seen) == NAMES
    assert len(written) <= 2


async def test_nobody_is_made_who_does_not_work_here(database: Database, clock: Clock) -> None:
    async with database.transaction() as session:
        session.add(Agent(username="lina", name="李娜", password_hash="", role="agent", created_at=clock()))
    beats = Heartbeats(database, clock)
    await beats.opened("nobody")
    await beats.opened("lina")
    beats.closed("nobody")
    await beats.beat()

    async with database.transaction() as session:
        assert list(await session.scalars(select(AgentPresence.username))) == ["lina"]
