"""A world, a piece of work in it, and processes that die over the work."""

import asyncio
import multiprocessing
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.assembly import Service
from bot.db import Database
from tests.conftest import FrozenClock
from tests.killed.child import NAME, TASKS, Order, Point, live, make_service
from tests.killed.picture import Picture, check, picture_of
from tests.killed.world import BEGIN, LATER, damage_some, import_all, live_on, make_network

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.killed.child", "tests.killed.talk", "tests.killed.fetching"])
"""Forked from a server that has imported everything, a process costs a tenth of a second."""

_BEFORE: dict[str, Callable[[Service, Database], Awaitable[None]]] = {"sweep": live_on, "chains": damage_some}


@dataclass(frozen=True)
class Run:
    """What a process did that nobody killed: the world after it, and how many statements and commits it took."""

    picture: Picture
    counts: dict[str, int]


@dataclass
class Stage:
    """The database of a test with everything that happens to it."""

    database: Database
    clock: FrozenClock
    folder: Path
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.service = make_service(self.database, self.clock, self.folder)

    async def set_up(self, task: str) -> None:
        """The world as it stands when the work begins."""
        self.clock.now = BEGIN
        await make_network(self.database)
        if task in _BEFORE:
            await import_all(self.service)
            await _BEFORE[task](self.service, self.database)
            self.clock.now = LATER

    async def undisturbed(self, task: str) -> Run:
        """One process that does it all."""
        process = self._start(task)
        counts = await process.last_words()
        assert await process.status() == 0
        return Run(await picture_of(self.database), counts)

    async def die_at(self, task: str, point: Point) -> None:
        """One process that comes to this point and no further."""
        status = await self._start(task, point).status()
        assert status == -signal.SIGKILL, f"{task} never came to {point}"

    async def die_after(self, task: str, seconds: float) -> bool:
        """One process that is killed so long after it began; whether that was before its end."""
        process = self._start(task)
        await asyncio.sleep(seconds)
        process.kill()
        return await process.status() == -signal.SIGKILL

    async def together(self, task: str, count: int) -> None:
        """So many processes at once, none of which is killed."""
        processes = [self._start(task) for _ in range(count)]
        assert [await process.status() for process in processes] == [0] * count

    async def finish(self, task: str) -> Picture:
        """Begin once more, nobody dies; what the world looks like then."""
        await dead_have_let_go(self.database)
        await TASKS[task](self.service, self.clock())
        await check(self.database)
        return await picture_of(self.database)

    def _start(self, task: str, point: Point | None = None) -> "Child":
        return Child(live, Order(task, self.database.url, self.clock(), self.folder, point))


async def dead_have_let_go(database: Database) -> None:
    """The server notices a moment later that a process is gone, and lets go of its locks then."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
    async with asyncio.timeout(30):
        while True:
            async with database.transaction() as session:
                if not await session.scalar(query, {"name": NAME}):
                    return


class Child:
    """A process of ours; it has begun its work when this returns."""

    def __init__(self, live: Callable[[Any, Connection], None], order: object) -> None:
        self._told, theirs = PROCESSES.Pipe(duplex=False)
        self._process = PROCESSES.Process(target=live, args=(order, theirs))
        self._process.start()
        theirs.close()
        assert self._told.recv() == "begun"

    async def last_words(self) -> dict[str, int]:
        return await asyncio.to_thread(self._told.recv)

    def kill(self) -> None:
        self._process.kill()

    async def status(self) -> int | None:
        """How it ended, as `signal` counts deaths."""
        await asyncio.to_thread(self._process.join)
        self._told.close()
        return self._process.exitcode
