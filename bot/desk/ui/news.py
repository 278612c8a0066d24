"""How news reach an open desk: what happens to conversations, and what colleagues tell each other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.events import EVERYTHING, Event
from bot.desk.exchange import Ear, Exchange

logger = logging.getLogger(__name__)

React = Callable[[list[Event]], Awaitable[None]]


class News:
    """An ear at each exchange, from before the page is read until it is closed.

    Nothing that happens is missed while the browser still loads: it waits until `begin`.  Each exchange is followed on
    its own, so that none waits for the other.  Events are hints: whoever hears them reads again.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._ears: list[tuple[Exchange, Ear, React]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def hear(self, exchange: Exchange, react: React) -> None:
        """Have an ear here from now on."""
        self._ears.append((exchange, exchange.listen(self._name), react))

    def mind(self, conversations: set[UUID]) -> None:
        """What is told of these concerns the page."""
        for exchange, ear, _ in self._ears:
            exchange.mind(ear, conversations)

    def begin(self) -> None:
        """React to what was heard, and go on; the second time nothing."""
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._follow(ear, react), name=f"desk-{self._name}") for _, ear, react in self._ears
            ]

    def tell(self, event: Event) -> None:
        """A hint of the page's own."""
        for _, ear, _ in self._ears[:1]:
            ear.tell([event])

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for exchange, ear, _ in self._ears:
            exchange.leave(ear)
        self._ears = []

    async def _follow(self, ear: Ear, react: React) -> None:
        async for batch in ear.batches():
            await self._safely(partial(react, batch))

    async def _safely(self, read: Callable[[], Awaitable[None]]) -> None:
        try:
            await read()
        except SQLAlchemyError as error:
            logger.warning("desk of %s could not read: %s", self._name, type(error).__name__)


def concerns(batch: list[Event], conversation_id: UUID | None) -> bool:
    """Whether something was told of this conversation, or of all."""
    return conversation_id is not None and any(one.conversation_id in (conversation_id, EVERYTHING) for one in batch)
