"""What tests of jobs need: an empty queue, and a look into it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot.db import Database


@dataclass(frozen=True)
class Queued:
    id: int
    task: str
    lane: str
    status: str
    attempts: int
    lock: str | None
    args: dict[str, Any]
    scheduled_at: datetime | None


async def empty_queue(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
        )


async def queued(database: Database) -> list[Queued]:
    """Every job of the queue, in order."""
    query = text(
        "SELECT id, task_name, queue_name, status, attempts, lock, args, scheduled_at"
        " FROM procrastinate_jobs ORDER BY id"
    )
    async with database.transaction() as session:
        return [Queued(*row) for row in (await session.execute(query))]
