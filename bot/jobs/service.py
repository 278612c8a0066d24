"""The one door to background jobs: what can be run, and the workers that run it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from procrastinate import App, PsycopgConnector
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.errors import SetupError
from bot.jobs import deferring
from bot.jobs.deferring import DEFAULT_LANE
from bot.jobs.retries import Backoff, RunAgain
from bot.jobs.upkeep import HEARTBEAT, SILENT_FOR, Upkeep

logger = logging.getLogger(__name__)
# It tells of every job twice, with all arguments.
logging.getLogger("procrastinate").setLevel(logging.WARNING)

Task = Callable[..., Awaitable[None]]
LANES: Mapping[str, int] = {DEFAULT_LANE: 8, "events": 4, "webhooks": 16}
_CLEAN_UP_AT = "17 19 * * *"
_START_AGAIN_AFTER_S = 2.0
_DAY_S = 24 * 3600.0
_STOP_WITHIN_S = 4.0


class Jobs:
    """Tasks by name, and workers for them in this process.

    A job is run at least once: a process killed in the middle of one has it run again by whoever lives, so a task must
    bear that.  A job that succeeded is deleted; one that failed for good is kept for a month, for people to look at.

    Parameters
    ----------
    lanes: how many jobs of each lane may run at once in this process.  Lanes do not wait for each other.
    """

    def __init__(self, database: Database, *, lanes: Mapping[str, int] = LANES) -> None:
        self._connector = PsycopgConnector(conninfo=database.url, min_size=1, max_size=4, timeout=10)
        self._app = App(connector=self._connector, periodic_defaults={"max_delay": _DAY_S})
        self._lanes = dict(lanes)
        self._lane_of: dict[str, str] = {}
        self._upkeep = Upkeep(self._app.job_manager)
        self._running: list[asyncio.Task[None]] = []
        self.periodic("jobs.clean_up", _CLEAN_UP_AT, self._upkeep.clean_up)

    def task(self, name: str, run: Task, *, lane: str = DEFAULT_LANE, retries: Backoff | None = None) -> None:
        """Register what runs the jobs of this name.  Raises `SetupError` for a name taken or a lane unknown."""
        if name in self._lane_of or lane not in self._lanes:
            raise SetupError(f"task {name} is registered already, or its lane {lane} is none of {list(self._lanes)}")
        self._lane_of[name] = lane
        self._app.task(name=name, queue=lane, retry=retries or Backoff())(_reporting(name, run))

    def periodic(self, name: str, cron: str, run: Callable[[datetime], Awaitable[object]]) -> None:
        """Register what runs at the times of a cron line, in UTC; it is given the moment it was due.

        Two runs never overlap, here or in another process.  A time missed while nothing ran is made up for at the next
        start, once, within a day.
        """

        async def at_timestamp(timestamp: int) -> None:
            await run(datetime.fromtimestamp(timestamp, timezone.utc))

        self.task(name, at_timestamp, retries=Backoff(attempts=1))
        self._app.periodic(cron=cron, lock=name, queueing_lock=name)(self._app.tasks[name])

    async def defer(
        self,
        session: AsyncSession,
        name: str,
        args: Mapping[str, Any],
        *,
        at: datetime | None = None,
        lock: str | None = None,
        queueing_lock: str | None = None,
    ) -> int | None:
        """Put a job into the queue when this transaction commits; see `deferring.defer`.

        Raises `SetupError` for a task that nobody registered.
        """
        if name not in self._lane_of:
            raise SetupError(f"no task is registered as {name}")
        lane = self._lane_of[name]
        return await deferring.defer(session, name, args, at=at, lock=lock, queueing_lock=queueing_lock, lane=lane)

    async def start(self) -> None:
        """Open the connections and start a worker for each lane."""
        await self._connector.open_async()
        self._running = [
            asyncio.create_task(self._keep_working(lane), name=f"jobs-{lane}") for lane in sorted(self._lanes)
        ]
        self._running.append(asyncio.create_task(self._upkeep.keep_rescuing(), name="jobs-rescue"))

    async def stop(self) -> None:
        """Take no more jobs, let those that run end for a few seconds, put the others back."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running = []
        await self._connector.close_async()

    async def run_due(self) -> None:
        """Run every job that is due, one after the other, and those they defer, then return; for commands and tests.

        It leaves connections open: `stop` closes them.
        """
        await self._connector.open_async()
        await self._work(list(self._lanes), 1, wait=False)

    async def rescue(self, silent_for: timedelta | None = None) -> int:
        """Put the jobs of workers that died back into the queue; see `Upkeep.rescue`."""
        await self._connector.open_async()
        return await self._upkeep.rescue(silent_for)

    async def _keep_working(self, lane: str) -> None:
        """A worker ends when it loses the database; then another takes its place."""
        while True:
            try:
                await self._work([lane], self._lanes[lane], wait=True)
            except Exception:
                logger.exception("the worker of lane %s ended, another starts", lane)
            await asyncio.sleep(_START_AGAIN_AFTER_S)

    async def _work(self, lanes: list[str], at_once: int, *, wait: bool) -> None:
        await self._app.run_worker_async(
            queues=lanes,
            name="+".join(lanes),
            concurrency=at_once,
            wait=wait,
            listen_notify=wait,
            delete_jobs="successful",
            install_signal_handlers=False,
            shutdown_graceful_timeout=_STOP_WITHIN_S,
            update_heartbeat_interval=HEARTBEAT.total_seconds(),
            stalled_worker_timeout=SILENT_FOR.total_seconds(),
        )


def _reporting(name: str, run: Task) -> Task:
    """The task, with a line in the log for every failure; procrastinate itself tells of the last, with its cause."""

    async def reporting(**args: Any) -> None:
        try:
            await run(**args)
        except RunAgain:
            raise
        except Exception as error:
            logger.warning("job %s failed: %s", name, type(error).__name__)
            raise

    return reporting
