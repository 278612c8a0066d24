"""How news reach an open desk: the events of conversations, and what colleagues tell each other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.events import EVERYTHING, Event, EventHub

logger = logging.getLogger(__name__)
_GATHER_S = 0.02

React = Callable[[list[Event]], Awaitable[None]]


class News:
    """Follows the hubs until it is stopped, each on its own, so that none waits for the other.

    Events are hints: whoever hears them reads again.  Those that come together are told together.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: list[asyncio.Task[None]] = []

    def follow(self, hub: EventHub, react: React) -> None:
        """Begin with a hint about everything: whatever happened before is read once."""
        self._tasks.append(asyncio.create_task(self._follow(hub, react), name=f"desk-{self._name}"))

    def every(self, seconds: float, look: Callable[[], Awaitable[None]]) -> None:
        """Look at what nobody tells of."""
        self._tasks.append(asyncio.create_task(self._look(seconds, look), name=f"desk-look-{self._name}"))

    @property
    def is_on(self) -> bool:
        return bool(self._tasks)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _follow(self, hub: EventHub, react: React) -> None:
        with hub.subscribe() as events:
            events.put_nowait(Event(conversation_id=EVERYTHING, kind="state"))
            while True:
                batch = [await events.get()]
                await asyncio.sleep(_GATHER_S)
                while not events.empty():
                    batch.append(events.get_nowait())
                await self._safely(partial(react, batch))

    async def _look(self, seconds: float, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._safely(look)

    async def _safely(self, read: Callable[[], Awaitable[None]]) -> None:
        try:
            await read()
        except SQLAlchemyError as error:
            logger.warning("desk of %s could not read: %s", self._name, type(error).__name__)


def concerns(batch: list[Event], conversation_id: UUID | None) -> bool:
    """Whether something was told of this conversation, or of all."""
    return conversation_id is not None and any(one.conversation_id in (conversation_id, EVERYTHING) for one in batch)
