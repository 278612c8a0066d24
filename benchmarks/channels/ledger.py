"""What stands in the service's own database, read from outside while it runs and afterwards."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from benchmarks.channels.judging import Bubble, Stored

_BACKLOG = """
    SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting'),
           (SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id
             WHERE c.customer_seq > c.handled_seq AND m.author = 'customer' AND m.seq > c.handled_seq),
           (SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'sending'))
"""
_STORED = """
    SELECT m.external_id, m.conversation_id::text, m.seq, c.state IN ('queued', 'agent'), m.seq > c.handled_seq
    FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.author = 'customer' AND c.channel = 'wechat'
"""
_BUBBLES = """
    SELECT d.recipient, d.number, d.text, d.state, extract(epoch FROM d.sent_at)::float8, asked.external_id
    FROM deliveries d
    LEFT JOIN messages said ON said.conversation_id = d.conversation_id AND said.seq = d.seq
    LEFT JOIN messages asked ON asked.conversation_id = said.conversation_id AND asked.seq = said.reply_to
    WHERE d.channel = 'wechat'
"""


@dataclass(frozen=True)
class Backlog:
    """What waits at a moment: letters, questions without an answer, bubbles to be sent."""

    at: float
    letters: int
    questions: int
    bubbles: int

    @property
    def is_empty(self) -> bool:
        return not (self.letters or self.questions or self.bubbles)


async def backlog(url: str) -> Backlog:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute(_BACKLOG)).fetchone()
    letters, questions, bubbles = row or (0, 0, 0)
    return Backlog(time.time(), letters, questions, bubbles)


async def until_drained(url: str, look: Callable[[Backlog], None], *, within_s: float) -> float | None:
    """When everything was done; None when it was not in time."""
    until = time.time() + within_s
    while time.time() < until:
        now = await backlog(url)
        look(now)
        if now.is_empty:
            return now.at
        await asyncio.sleep(1)
    return None


async def stored(url: str) -> list[Stored]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return [Stored(*row) for row in await (await connection.execute(_STORED)).fetchall()]


async def bubbles(url: str) -> list[Bubble]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return [Bubble(*row) for row in await (await connection.execute(_BUBBLES)).fetchall()]


async def unread(url: str) -> frozenset[str]:
    """The keys of letters that wait."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute("SELECT key FROM inbox WHERE state = 'waiting'")
        return frozenset(row[0] for row in await found.fetchall())


async def aside(url: str) -> int:
    """Letters nobody could read."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        row = await (await connection.execute("SELECT count(*) FROM inbox WHERE state = 'aside'")).fetchone()
    return row[0] if row else 0
