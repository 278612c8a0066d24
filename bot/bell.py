"""A bell between processes: whoever rings it says only that there may be work; what there is stands in the database."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import psycopg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database

logger = logging.getLogger(__name__)
_AGAIN_AFTER_S = 0.5


async def ring(session: AsyncSession, name: str) -> None:
    """Ring, when this transaction commits; ringing often in one transaction is ringing once."""
    await session.execute(select(func.pg_notify(name, "")))


class Bell:
    """Calls ``heard`` whenever somebody rings, and whenever somebody may have rung unheard; never more often than
    every ``rest_s`` seconds.
    """

    def __init__(self, database: Database, name: str, heard: Callable[[], None], *, rest_s: float = 0.02) -> None:
        self._database = database
        self._name = name
        self._heard = heard
        self._rest_s = rest_s
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name=f"bell-{self._name}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async for _ in self._rings():
                    self._heard()
                    await asyncio.sleep(self._rest_s)
            except psycopg.Error as error:
                logger.warning("bell %s lost the database, reconnecting: %s", self._name, type(error).__name__)
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _rings(self) -> AsyncIterator[None]:
        async with await psycopg.AsyncConnection.connect(self._database.url, autocommit=True) as connection:
            await connection.execute(f'LISTEN "{self._name}"')
            yield
            while True:
                # Rings heard while we rested count as one.
                async for _ in connection.notifies(stop_after=1):
                    yield


class Ringer:
    """Rings a bell for many who do not wait for it: at most one NOTIFY at a time, however many ask.

    A transaction that notifies holds up every other one that does until it is on the disk; so what has to be stored
    durably hundreds of times a second rings here, after it is stored.
    """

    def __init__(self, name: str, notify: Callable[[str], Awaitable[None]]) -> None:
        self._name = name
        self._notify = notify
        self._wanted = False
        self._task: asyncio.Task[None] | None = None

    def ring(self) -> None:
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._ring(), name=f"ring-{self._name}")

    async def stop(self) -> None:
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def _ring(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await self._notify(self._name)
            except psycopg.Error as error:
                logger.info("bell %s was not rung, the sweep finds what there is: %s", self._name, type(error).__name__)
