"""Locks between processes: many of them on one connection, gone with the process that held them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b

import psycopg

from bot.db import Database

logger = logging.getLogger(__name__)


class Locks:
    """Session-level advisory locks of PostgreSQL by name; within one process a name must be asked for once at a time.

    They live with their connection: when that is lost another process may take them, so whoever holds one asks
    `holds` before doing what must not be done twice.
    """

    def __init__(self, database: Database, purpose: str) -> None:
        self._url = database.url
        self._purpose = purpose
        self._turn = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[tuple[bool]] | None = None
        self._held: set[str] = set()

    @asynccontextmanager
    async def trying(self, name: str) -> AsyncIterator[bool]:
        """Yields whether the lock was free."""
        got = await self._take(name)
        try:
            yield got
        finally:
            if got:
                await self._release(name)

    def holds(self, name: str) -> bool:
        return name in self._held and self._connection is not None and not self._connection.closed

    async def close(self) -> None:
        async with self._turn:
            await self._lose()

    async def _take(self, name: str) -> bool:
        async with self._turn:
            got = await self._ask("SELECT pg_try_advisory_lock(%s)", name)
            if got:
                self._held.add(name)
            return got

    async def _release(self, name: str) -> None:
        async with self._turn:
            if self.holds(name):
                self._held.discard(name)
                await self._ask("SELECT pg_advisory_unlock(%s)", name)

    async def _ask(self, statement: str, name: str) -> bool:
        """False, and all locks lost, when the connection is."""
        number = int.from_bytes(blake2b(f"{self._purpose}:{name}".encode(), digest_size=8).digest(), signed=True)
        try:
            connection = await self._connected()
            found = await (await connection.execute(statement, (number,))).fetchone()
        except psycopg.Error as error:
            logger.warning("the locks of %s were lost with their connection: %s", self._purpose, type(error).__name__)
            await self._lose()
            return False
        except asyncio.CancelledError:
            # Whether the server did it is unknown.
            await self._lose()
            raise
        return found is not None and found[0]

    async def _connected(self) -> "psycopg.AsyncConnection[tuple[bool]]":
        if self._connection is None or self._connection.closed:
            self._held.clear()
            self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        return self._connection

    async def _lose(self) -> None:
        self._held.clear()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
