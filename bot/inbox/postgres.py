"""The inbox in PostgreSQL: one INSERT of its own, on the disk before anybody says thank you."""

import json
from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from bot.bell import Ringer
from bot.db import plain_url
from bot.inbox.ports import Letter

BELL = "inbox"
# Hundreds a second arrive here, so neither an ORM nor a transaction block: a statement that commits by itself.
_PUT = """
    INSERT INTO inbox (channel, key, lane, body, received_at) VALUES (%s, %s, %s, %s::jsonb, %s)
    ON CONFLICT (channel, key) DO NOTHING
"""


class PostgresInbox:
    """The port `bot.inbox.ports.Inbox`; open it before the first letter and close it in the end.

    Parameters
    ----------
    connections: kept at most; that many letters are stored side by side.
    """

    def __init__(self, url: str, *, connections: int = 4) -> None:
        self._pool: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
            plain_url(url),
            min_size=1,
            max_size=connections,
            timeout=4,
            open=False,
            kwargs={"autocommit": True},
        )
        self._ringer = Ringer(BELL, self._notify)

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._ringer.stop()
        await self._pool.close()

    async def put(self, letter: Letter) -> bool:
        """Store it; False when it was there already.  Raises `psycopg.Error` when the database does not take it."""
        row = letter.channel, letter.key, letter.lane, _as_json(letter.body), letter.received_at
        async with self._pool.connection() as connection:
            stored = (await connection.execute(_PUT, row)).rowcount == 1
        self._ringer.ring()
        return stored

    async def _notify(self, name: str) -> None:
        async with self._pool.connection() as connection:
            await connection.execute("SELECT pg_notify(%s, '')", (name,))


def _as_json(body: Mapping[str, Any]) -> str:
    """What PostgreSQL can keep: it knows neither the character 0 nor halves of characters."""
    text = json.dumps(dict(body), ensure_ascii=False)
    if "\\u0000" in text:
        text = json.dumps(_without_zeros(dict(body)), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


def _without_zeros(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, Mapping):
        return {_without_zeros(key): _without_zeros(each) for key, each in value.items()}
    return [_without_zeros(each) for each in value] if isinstance(value, list | tuple) else value
