"""In a worker of its own: whatever another process received is answered and read here, at once."""

import asyncio
import logging
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.answering import Answering
from bot.conversations.events import EVERYTHING, Event, EventHub
from bot.conversations.mood_watch import MoodWatch
from bot.conversations.service import ConversationService
from bot.errors import BotError

logger = logging.getLogger(__name__)


class Waking:
    """Hears of customers' messages from every process.

    A hint that is lost costs an answer a moment, until the sweep of `Answering`, and a message its mood.
    """

    def __init__(
        self, hub: EventHub, conversations: ConversationService, answering: Answering, moods: MoodWatch
    ) -> None:
        self._hub = hub
        self._conversations = conversations
        self._answering = answering
        self._moods = moods
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._listen(), name="waking")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        with self._hub.subscribe() as events:
            while True:
                event = await events.get()
                if _is_news(event):
                    self._answering.wake(event.conversation_id)
                    await self._read_mood(event.conversation_id, event.seq)

    async def _read_mood(self, conversation_id: UUID, seq: int) -> None:
        try:
            message = await self._conversations.message(conversation_id, seq)
        except (BotError, SQLAlchemyError) as error:
            logger.info("a message keeps no mood: %s", type(error).__name__)
        else:
            self._moods.hear(message)


def _is_news(event: Event) -> bool:
    return event.kind == "message" and event.by == "customer" and event.conversation_id != EVERYTHING
