"""The memory of answers that all processes share and that outlives them."""

import asyncio
from asyncio import sleep as asyncio_sleep
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from bot.db import Database
from bot.errors import TrackingBusyError
from connectors.tracking.memory import Remembered
from connectors.tracking.records import track_of_json, track_to_json
from connectors.tracking.tables import TrackAnswer
from connectors.tracking.track import TrackKey

_LOOK_AGAIN_S = 0.1
_LOOKS = 100
_AT_ONCE = 6
"""Questions under way in one process: each holds a connection for its lock."""


class PostgresTrackCache:
    """A `TrackCache` for the answers of one service.

    Parameters
    ----------
    service: answers of different services to the same question are kept apart.
    """

    def __init__(
        self, database: Database, service: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio_sleep
    ) -> None:
        self._database = database
        self._service = service
        self._sleep = sleep
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def get(self, key: TrackKey) -> Remembered | None:
        async with self._database.transaction() as session:
            row = await session.get(TrackAnswer, (self._service, key.carrier, key.waybill_no, key.phone_tail))
        if row is None:
            return None
        return Remembered(row.tried_at, track_of_json(key, row.track) if row.track else None, row.refusal)

    async def put(self, key: TrackKey, answer: Remembered) -> None:
        values = {
            "tried_at": answer.tried_at,
            "refusal": answer.refusal,
            "track": track_to_json(answer.track) if answer.track else None,
        }
        what = {"service": self._service, **vars(key)}
        statement = insert(TrackAnswer).values(what | values)
        async with self._database.transaction() as session:
            await session.execute(statement.on_conflict_do_update(index_elements=list(what), set_=values))

    @asynccontextmanager
    async def alone(self, key: TrackKey) -> AsyncIterator[None]:
        """Hold the question: an advisory lock of PostgreSQL, gone with the process that holds it.

        Raises `TrackingBusyError` when another process asks for longer than any answer may take.
        """
        async with self._few:
            for _ in range(_LOOKS):
                async with self._database.try_lock(self._lock(key)) as is_ours:
                    if is_ours:
                        yield
                        return
                await self._sleep(_LOOK_AGAIN_S)
        raise TrackingBusyError(f"another process asks for waybill {key.waybill_no} of {key.carrier}")

    async def forget(self, *, before: datetime) -> None:
        """Drop what was asked for before this moment."""
        async with self._database.transaction() as session:
            await session.execute(delete(TrackAnswer).where(TrackAnswer.tried_at < before))

    def _lock(self, key: TrackKey) -> UUID:
        return uuid5(NAMESPACE_OID, f"track:{self._service}:{key.carrier}:{key.waybill_no}:{key.phone_tail}")
