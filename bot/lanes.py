"""Work that is owed in order: lane by lane, many lanes side by side, whichever worker died when.

What is owed stands in the database; a bell only makes it quick, and a sweep finds what was left behind.  A lock per
lane keeps workers apart.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from bot.bell import Bell
from bot.db import Database
from bot.errors import BotError
from bot.locks import Locks

logger = logging.getLogger(__name__)
_IN_HAND = 4
"""Times as many lanes as are worked off side by side are held ready: looking costs the more the more there is."""
_STOP_WITHIN_S = 5.0


@dataclass(frozen=True)
class Lane:
    """Where order is kept: one address on one channel."""

    channel: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.channel}/{self.name}"


class Lanes:
    """Finds lanes that have something due and has them emptied.

    Parameters
    ----------
    work: what is done, for logs and locks: ``delivery``, ``inbox``.
    bell: rung when there may be something.
    due: the lanes that have something due, at most so many, oldest first.
    empty: works off one lane; called under its lock, for one at a time.  It asks `may_go_on` before everything that
        must not be done twice, and returns when that says no.
    at_once: lanes worked off side by side.
    sweep_s: how often what was left behind, and what is to be tried again, is looked for.
    """

    def __init__(
        self,
        database: Database,
        work: str,
        bell: str,
        *,
        due: Callable[[int], Awaitable[list[Lane]]],
        empty: Callable[[Lane], Awaitable[None]],
        at_once: int,
        sweep_s: float,
    ) -> None:
        self._work = work
        self._due = due
        self._empty = empty
        self._at_once = at_once
        self._sweep_s = sweep_s
        self._slots = asyncio.Semaphore(at_once)
        self._locks = Locks(database, work)
        self._bell = Bell(database, bell, self.look)
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._again: set[Lane] = set()
        self._is_more = False
        self._is_stopping = False
        self._look = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._bell.start()
        self._sweeper = asyncio.create_task(self._sweep(), name=f"{self._work}-sweep")

    async def stop(self) -> None:
        """Begin nothing new, give what is being done a moment, leave the rest for the next start."""
        self._is_stopping = True
        await self._bell.stop()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running.values(), timeout=_STOP_WITHIN_S)
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._locks.close()

    def look(self) -> None:
        """There may be something to do."""
        self._look.set()

    def may_go_on(self, lane: Lane) -> bool:
        """Whether the lane is still ours and nobody asked to stop."""
        return not self._is_stopping and self._locks.holds(lane.key)

    async def run_due(self) -> None:
        """Work off all that is due now, then return; for tests and commands.  It leaves a connection open: `stop`."""
        while await self._start_due():
            await asyncio.gather(*self._running.values())
        await asyncio.gather(*self._running.values())

    async def _sweep(self) -> None:
        while True:
            self._look.clear()
            try:
                await self._start_due()
            except (SQLAlchemyError, BotError) as error:
                logger.warning("the sweep of %s could not look for what is due: %s", self._work, error)
            try:
                async with asyncio.timeout(self._sweep_s):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _start_due(self) -> int:
        """Begin to empty lanes, as many as can be held ready; returns how many were begun."""
        room = _IN_HAND * self._at_once
        if len(self._running) >= room:
            self._is_more = True
            return 0
        most = len(self._running) + room
        found = await self._due(most)
        self._is_more = len(found) == most
        self._again.update(lane for lane in found if lane in self._running)
        new = [lane for lane in found if lane not in self._running]
        for lane in new:
            task = asyncio.create_task(self._run(lane), name=f"{self._work}-{lane.channel}")
            self._running[lane] = task
            task.add_done_callback(partial(self._finished, lane))
        return len(new)

    async def _run(self, lane: Lane) -> None:
        async with self._slots, self._locks.trying(lane.key) as is_ours:
            if is_ours:
                await self._empty(lane)

    def _finished(self, lane: Lane, task: asyncio.Task[None]) -> None:
        del self._running[lane]
        if lane in self._again or (self._is_more and len(self._running) <= self._at_once):
            self._again.discard(lane)
            self._look.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("%s: a lane of %s failed, the sweep goes on with it", self._work, lane.channel, exc_info=error)
