"""Putting back the jobs of workers that died, and clearing away what is over."""

import asyncio
import logging
from datetime import datetime, timedelta, timezone

from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from bot.jobs.retries import Backoff

logger = logging.getLogger(__name__)

HEARTBEAT = timedelta(seconds=5)
SILENT_FOR = timedelta(seconds=20)
_LOOK_EVERY_S = 5.0
_KEEP_FINISHED_H = 24
_KEEP_FAILED_H = 30 * 24
_CALM_DOWN = Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=10))


class Upkeep:
    """What keeps the queue in order while workers come and go."""

    def __init__(self, manager: JobManager) -> None:
        self._manager = manager

    async def keep_rescuing(self) -> None:
        """Look for jobs of dead workers for ever; the database may be away for a while."""
        while True:
            try:
                await self.rescue()
            except ConnectorException as error:
                logger.warning("the database did not say which jobs are stalled: %s", error)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def rescue(self, silent_for: timedelta | None = None) -> int:
        """Put back the jobs of workers that gave no sign of life for so long (`SILENT_FOR` unless told otherwise).

        Returns how many there were.
        """
        seconds = (SILENT_FOR if silent_for is None else silent_for).total_seconds()
        stalled = list(await self._manager.get_stalled_jobs(seconds_since_heartbeat=seconds))
        for job in stalled:
            await self._put_back(job)
        return len(stalled)

    async def clean_up(self, _: datetime) -> None:
        """Forget what was done or called off a day ago, and what failed a month ago."""
        await self._manager.delete_old_jobs(_KEEP_FINISHED_H, include_cancelled=True, include_aborted=True)
        await self._manager.delete_old_jobs(_KEEP_FAILED_H, include_failed=True)

    async def _put_back(self, job: Job) -> None:
        """Run again what was interrupted.

        The more runs it has had, the longer it waits: a job that takes its process down must not do so all the time.
        """
        at = datetime.now(timezone.utc) + (_CALM_DOWN.wait(job.attempts) if job.attempts else timedelta(0))
        try:
            await self._manager.retry_job(job, retry_at=at)
            logger.warning("job %s of %s was interrupted and is run again", job.id, job.task_name)
        except UniqueViolation:
            # Another one with its queueing lock waits and will do the same work.
            await self._manager.finish_job(job, Status.FAILED, delete_job=False)
        except ConnectorException:
            logger.info("another process was quicker with job %s", job.id)
