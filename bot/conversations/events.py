"""Fan-out between processes: what changed in a conversation, over PostgreSQL's LISTEN/NOTIFY.

An event is only a hint to look: whoever hears it reads the log.  A lost hint costs a moment, never a message.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from uuid import UUID

import psycopg
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database

logger = logging.getLogger(__name__)
CHANNEL = "conversation_events"
EVERYTHING = UUID(int=0)
_LISTENS_WITHIN_S = 3.0
_NOTIFY = select(func.pg_notify(bindparam("line", type_=Text), bindparam("told", type_=Text)))


class Event(BaseModel):
    """Something changed.

    ``message``: the log grew to ``seq``, by a customer's message where ``by`` says so.  ``state``: who has it changed.
    ``typing``: ``by`` is (not) typing.  ``delivery``: bubble ``seq`` got somewhere, or failed to.  ``read``: the
    customer has read up to ``seq``.  ``presence``, ``note`` and ``task`` are told between desks only, on a line of
    their own.  ``agents``: somebody came to the desk, went, or takes a break.
    """

    model_config = ConfigDict(frozen=True)

    conversation_id: UUID
    kind: Literal["message", "state", "typing", "delivery", "read", "presence", "note", "task", "agents"]
    seq: int = 0
    by: Literal["customer", "bot", "agent"] | None = None
    on: bool = False


async def announce(session: AsyncSession, event: Event, *, line: str = CHANNEL) -> None:
    """Tell every process that listens on this line, when this transaction commits."""
    await session.execute(_NOTIFY, {"line": line, "told": event.model_dump_json()})


class EventHub:
    """Hears the announcements of all processes and hands them to the subscribers of this one."""

    def __init__(self, database: Database, *, line: str = CHANNEL) -> None:
        self._database = database
        self._line = line
        self._queues: defaultdict[UUID, set[asyncio.Queue[Event]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listens = asyncio.Event()

    async def start(self) -> None:
        """Returns when it listens; with a database that is away, after a moment, and goes on trying."""
        self._task = asyncio.create_task(self._listen(), name="event-hub")
        with suppress(TimeoutError):
            async with asyncio.timeout(_LISTENS_WITHIN_S):
                await self._listens.wait()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @contextmanager
    def subscribe(self, conversation_id: UUID = EVERYTHING) -> Iterator[asyncio.Queue[Event]]:
        """A queue of the events of one conversation, or of all of them."""
        queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=1000)
        self._queues[conversation_id].add(queue)
        try:
            yield queue
        finally:
            self._queues[conversation_id].discard(queue)
            if not self._queues[conversation_id]:
                del self._queues[conversation_id]

    async def _listen(self) -> None:
        while True:
            try:
                async for event in self._events():
                    self._deliver(event)
            except psycopg.Error as error:
                logger.warning("event listener lost the database, reconnecting: %s", error)
            await asyncio.sleep(0.5)

    async def _events(self) -> AsyncIterator[Event]:
        async with await psycopg.AsyncConnection.connect(self._database.url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {self._line}")
            self._listens.set()
            self._wake_all()
            async for notice in connection.notifies():
                try:
                    yield Event.model_validate_json(notice.payload)
                except ValidationError:
                    logger.warning("an event that nobody understands was dropped")

    def _deliver(self, event: Event) -> None:
        for key in (event.conversation_id, EVERYTHING):
            for queue in self._queues.get(key, ()):
                _put(queue, event)

    def _wake_all(self) -> None:
        """After a (re)connect anything may have been missed: every subscriber looks at the log once."""
        for key, queues in self._queues.items():
            for queue in queues:
                _put(queue, Event(conversation_id=key, kind="message"))


def _put(queue: asyncio.Queue[Event], event: Event) -> None:
    """Hints may be dropped when a subscriber is far behind: it reads the whole log anyway."""
    if not queue.full():
        queue.put_nowait(event)
