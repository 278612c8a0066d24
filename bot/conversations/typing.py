"""Somebody writes: shown to customers on channels that can show it, now and then, and never missed when it cannot."""

import asyncio
import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

from bot.clock import Clock
from bot.conversations.events import Event, EventHub
from bot.conversations.service import ConversationService
from bot.delivery.channels import Channels
from bot.errors import BotError

logger = logging.getLogger(__name__)
_EVERY = timedelta(seconds=4)
_REMEMBERED = 5000


class TypingRelay:
    """Hears that the bot or an agent writes and has the customer's channel show it.

    Best effort: hints may be lost, and one conversation is not told more often than every few seconds.

    Parameters
    ----------
    backlog: hints under way at once; those beyond are dropped.
    """

    def __init__(
        self, hub: EventHub, conversations: ConversationService, channels: Channels, clock: Clock, *, backlog: int = 50
    ) -> None:
        self._hub = hub
        self._conversations = conversations
        self._channels = channels
        self._clock = clock
        self._backlog = backlog
        self._told: OrderedDict[UUID, datetime] = OrderedDict()
        self._task: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        if self._channels.names():
            self._task = asyncio.create_task(self._listen(), name="typing")

    async def stop(self) -> None:
        tasks = [*self._running, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        with self._hub.subscribe() as events:
            while True:
                self.hear(await events.get())

    def hear(self, event: Event) -> None:
        """Pass a hint on, if it is one and is due; returns at once."""
        if event.kind != "typing" or event.by == "customer" or len(self._running) >= self._backlog:
            return
        if event.on and not self._is_due(event.conversation_id):
            return
        task = asyncio.create_task(self._show(event), name="show-typing")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Wait until no hint is under way."""
        while self._running:
            await asyncio.gather(*self._running)

    def _is_due(self, conversation_id: UUID) -> bool:
        now = self._clock()
        last = self._told.pop(conversation_id, None)
        is_due = last is None or now - last >= _EVERY
        self._told[conversation_id] = now if last is None or is_due else last
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return is_due

    async def _show(self, event: Event) -> None:
        try:
            view = await self._conversations.view(event.conversation_id)
            channel = self._channels.of(view.reply_channel)
            if channel is not None:
                await channel.typing(view.reply_address, on=event.on)
        except BotError as error:
            logger.info("nobody was shown that somebody writes: %s", type(error).__name__)
