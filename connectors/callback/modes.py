"""Accounts hear who has a conversation: the bot, nobody yet, or a person."""

import asyncio
import logging
from uuid import UUID, uuid4

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert

from bot.conversations.events import Event, EventHub
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.errors import BotError
from connectors.callback.calling import Caller
from connectors.callback.names import CHANNEL, parted
from connectors.callback.schemas import ContactRef, ModeEvent
from connectors.callback.tables import CallbackMode
from connectors.callback.views import mode_of

logger = logging.getLogger(__name__)
_AT_ONCE = 50


class Modes:
    """Tells a change once, whichever of several workers heard of it; best effort, for every message says it, too."""

    def __init__(self, database: Database, conversations: ConversationService, caller: Caller) -> None:
        self._database = database
        self._conversations = conversations
        self._caller = caller
        self._hub = EventHub(database)
        self._listener: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        await self._hub.start()
        self._listener = asyncio.create_task(self._listen(), name="callback-modes")

    async def stop(self) -> None:
        tasks = [*self._running, *([self._listener] if self._listener else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._hub.stop()

    async def _listen(self) -> None:
        with self._hub.subscribe() as events:
            while True:
                self.hear(await events.get())

    def hear(self, event: Event) -> None:
        """Returns at once."""
        if event.kind != "state" or len(self._running) >= _AT_ONCE:
            return
        task = asyncio.create_task(self._look(event.conversation_id), name="callback-mode")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def drain(self) -> None:
        """Wait until nobody is being told."""
        while self._running:
            await asyncio.gather(*self._running)

    async def _look(self, conversation_id: UUID) -> None:
        try:
            view = await self._conversations.view(conversation_id)
            if view.reply_channel.startswith(f"{CHANNEL}:") and await self._is_news(view):
                await self._tell(view)
        except BotError as error:
            logger.info("conversation %s: nobody was told its mode: %s", conversation_id, type(error).__name__)

    async def _is_news(self, view: ConversationView) -> bool:
        """Whether it was told otherwise before; only one of several who ask hears yes."""
        row = insert(CallbackMode).values(
            conversation_id=view.id, mode=mode_of(view.state), agent_name=view.agent_name, at=self._caller.clock()
        )
        new = {"mode": row.excluded.mode, "agent_name": row.excluded.agent_name, "at": row.excluded.at}
        differs = or_(
            CallbackMode.mode != row.excluded.mode, CallbackMode.agent_name.is_distinct_from(row.excluded.agent_name)
        )
        kept = row.on_conflict_do_update(index_elements=["conversation_id"], set_=new, where=differs)
        async with self._database.transaction() as session:
            found = await session.execute(kept.returning(CallbackMode.conversation_id))
            return found.scalar_one_or_none() is not None

    async def _tell(self, view: ConversationView) -> None:
        name, contact = parted(view.reply_address)
        account = await self._caller.accounts.find(name)
        if account is None or not account.is_active:
            return
        event = ModeEvent(
            id=uuid4(),
            at=self._caller.clock(),
            contact=ContactRef(id=contact),
            conversation_id=view.id,
            mode=mode_of(view.state),
            agent_name=view.agent_name,
            queue_position=view.queue_position,
        )
        await self._caller.hint(account, "mode", event.id, event)
