"""Reads the mood of every customer message beside everything else: nobody waits for it, nothing fails with it."""

import asyncio
import logging

from bot.channels import MessageKind
from bot.conversations.model import Message
from bot.conversations.mood import MoodReader
from bot.conversations.service import ConversationService

logger = logging.getLogger(__name__)


class MoodWatch:
    """Hears of each stored message, reads it in a worker thread, and has the mood kept.

    A message whose mood could not be read keeps none; so does one that comes while too many wait, and a tapped button.

    Parameters
    ----------
    listens: whether it hears of what this process receives; without, somebody tells it (`hear`).
    at_once: readings side by side in this process.
    backlog: messages that may wait for theirs.
    """

    def __init__(
        self,
        conversations: ConversationService,
        reader: MoodReader,
        *,
        listens: bool = True,
        at_once: int = 1,
        backlog: int = 500,
    ) -> None:
        self._conversations = conversations
        self._reader = reader
        self._slots = asyncio.Semaphore(at_once)
        self._backlog = backlog
        self._running: set[asyncio.Task[None]] = set()
        if listens:
            conversations.when_received(self.hear)

    def hear(self, message: Message) -> None:
        """Begin to read a message; returns at once."""
        if message.kind != MessageKind.text or len(self._running) >= self._backlog:
            return
        task = asyncio.create_task(self._read(message), name=f"mood-{message.turn}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Wait until no mood is being read in this process."""
        while self._running:
            await asyncio.gather(*self._running)

    async def stop(self) -> None:
        """Give readings under way a moment; the rest keep no mood."""
        if self._running:
            await asyncio.wait(self._running, timeout=2)
        for task in list(self._running):
            task.cancel()

    async def _read(self, message: Message) -> None:
        try:
            async with self._slots:
                mood = await asyncio.to_thread(self._reader.read, message.text)
            await self._conversations.keep_mood(message.conversation_id, message.seq, mood)
        except Exception:
            logger.exception("message %s keeps no mood", message.turn)
