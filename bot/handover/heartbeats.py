"""Signs of life of all open pages of this process, written together every few seconds."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.db import Database
from bot.handover import presence

logger = logging.getLogger(__name__)
_EVERY_S = 8.0


class Heartbeats:
    """One statement for everybody with a page open here, so that three hundred agents cost as little as one."""

    def __init__(self, database: Database, clock: Clock, *, every_s: float = _EVERY_S) -> None:
        self._database = database
        self._clock = clock
        self._every_s = every_s
        self._open: Counter[str] = Counter()
        self._arrived: set[str] = set()
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="heartbeats")

    async def stop(self) -> None:
        """Without a farewell: another process may have the person's page a moment later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def opened(self, username: str) -> None:
        """A page of this person is open.  Who comes while others are written down is so together with the next."""
        self._open[username] += 1
        self._arrived.add(username)
        async with self._one_at_a_time:
            arrived, self._arrived = self._arrived, set()
            await self._write(arrived)

    def closed(self, username: str) -> None:
        """A page is closed; nobody is missed before the grace is over."""
        self._open[username] -= 1
        self._open += Counter()

    async def beat(self) -> None:
        """Of everybody with a page open."""
        await self._write(list(self._open))

    async def _write(self, usernames: Collection[str]) -> None:
        async with self._database.transaction() as session:
            await presence.beat(session, usernames, at=self._clock())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.beat()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("no sign of life could be written: %s", type(error).__name__)
