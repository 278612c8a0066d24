"""Reads the mood of every customer message beside everything else: nobody waits for it, nothing fails with it."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

from bot.channels import MessageKind
from bot.conversations.model import Message
from bot.conversations.mood import Felt, Mood, MoodReader
from bot.conversations.service import ConversationService

logger = logging.getLogger(__name__)
_GATHER_S = 1.0
"""So long messages that no answer of the bot depends on wait for others."""
_FAREWELL_S = 2.0


class MoodWatch:
    """Hears of each stored message, reads it in a worker thread, and has the mood kept.

    What the bot is about to answer is read at once: its answer may offer a person to who is upset.  Where a person has
    the conversation, or will have it, what comes within a second is read and kept together.
    A message whose mood could not be read keeps none; so does one that comes while too many wait, and a tapped button.

    Parameters
    ----------
    listens: whether it hears of what this process receives; without, somebody tells it (`hear`).
    backlog: messages that may wait for theirs.
    """

    def __init__(
        self, conversations: ConversationService, reader: MoodReader, *, listens: bool = True, backlog: int = 500
    ) -> None:
        self._conversations = conversations
        self._reader = reader
        self._backlog = backlog
        self._waiting: list[Message] = []
        self._reading: list[Message] = []
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        if listens:
            conversations.when_received(self.hear)

    def hear(self, message: Message, in_a_hurry: bool = True) -> None:
        """Begin to read a message; returns at once."""
        if message.kind != MessageKind.text or len(self._waiting) + len(self._reading) >= self._backlog:
            return
        self._waiting.append(message)
        if in_a_hurry:
            self._hurry.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="moods")

    async def drain(self) -> None:
        """Wait until no mood is being read in this process."""
        while self._task is not None and not self._task.done():
            self._hurry.set()
            await asyncio.wait([self._task], timeout=_GATHER_S)

    async def stop(self) -> None:
        """Give readings under way a moment; the rest keep no mood."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self.drain()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GATHER_S):
                    await self._hurry.wait()
            self._hurry.clear()
            self._reading, self._waiting = self._waiting, []
            await self._read(self._reading)
            self._reading = []

    async def _read(self, messages: Sequence[Message]) -> None:
        try:
            moods = await asyncio.to_thread(self._moods_of, messages)
            felt = [Felt(one.conversation_id, one.seq, mood) for one, mood in zip(messages, moods, strict=True) if mood]
            if felt:
                await self._conversations.keep_moods(felt)
        except Exception:
            logger.exception("%d messages keep no mood", len(messages))

    def _moods_of(self, messages: Sequence[Message]) -> Sequence[Mood | None]:
        """All at once; one by one where a text among them cannot be read."""
        try:
            return self._reader.read_all([one.text for one in messages])
        except Exception:
            if len(messages) == 1:
                logger.exception("message %s keeps no mood", messages[0].turn)
                return [None]
        return [mood for one in messages for mood in self._moods_of([one])]
