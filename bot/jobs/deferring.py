"""Putting jobs into the queue within the caller's transaction.

procrastinate's own ``defer`` takes a connection of its own: its job would run although the change that asked for it was
rolled back, or be missing although the change was kept.  So its SQL function is called through the caller's session.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

DEFAULT_LANE = "default"
_ONE_WAITING = "procrastinate_jobs_queueing_lock_idx_v1"
_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY("
    "SELECT job FROM jsonb_populate_recordset(NULL::procrastinate_job_to_defer_v1, CAST(:jobs AS jsonb)) AS job))"
)


@dataclass(frozen=True)
class NewJob:
    """A job to be run.

    Parameters
    ----------
    task: the name it was registered under.
    args: keyword arguments of the task, as JSON has them.
    at: not before this moment; None means at once.
    lock: jobs of the same lock run one after the other, in the order they were deferred; one that waits to be tried
        again holds up those behind it.
    queueing_lock: while a job of this lock waits, another is not taken.
    lane: which worker runs it; lanes do not wait for each other.
    """

    task: str
    args: Mapping[str, Any]
    at: datetime | None = None
    lock: str | None = None
    queueing_lock: str | None = None
    lane: str = DEFAULT_LANE

    def record(self) -> dict[str, Any]:
        """As a row of procrastinate's composite type ``procrastinate_job_to_defer_v1``."""
        return {
            "queue_name": self.lane,
            "task_name": self.task,
            "priority": 0,
            "lock": self.lock,
            "queueing_lock": self.queueing_lock,
            "args": dict(self.args),
            "scheduled_at": self.at.isoformat() if self.at else None,
        }


async def defer_many(session: AsyncSession, jobs: Sequence[NewJob]) -> list[int]:
    """Put jobs into the queue when this transaction commits; their ids, in the order given.

    They must have no ``queueing_lock``: one taken already would refuse them all.
    """
    if not jobs:
        return []
    records = json.dumps([job.record() for job in jobs], ensure_ascii=False)
    return list(await session.scalar(_DEFER, {"jobs": records}) or ())


async def defer(
    session: AsyncSession,
    name: str,
    args: Mapping[str, Any],
    *,
    at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    lane: str = DEFAULT_LANE,
) -> int | None:
    """Put one job into the queue when this transaction commits.

    Returns its id; None when a job of the same ``queueing_lock`` waits already.
    """
    job = NewJob(name, args, at, lock, queueing_lock, lane)
    if queueing_lock is None:
        return (await defer_many(session, [job]))[0]
    try:
        async with session.begin_nested():
            return (await defer_many(session, [job]))[0]
    except IntegrityError as error:
        if _ONE_WAITING not in str(error.orig):
            raise
        return None
