"""The answering loop: every message that is owed an answer gets one, in order, whichever process died when.

What is owed stands in the database, so nothing has to be remembered here: a wake-up only makes it quick, and a sweep
finds what a killed process left behind.  An advisory lock per conversation keeps replicas from answering twice; no
transaction is open while the engine thinks.
"""

import asyncio
import logging
import time
from contextlib import suppress
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.service import ConversationService
from bot.db import Database
from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import BotError, EngineUnavailableError

logger = logging.getLogger(__name__)


class Answering:
    """Answers conversations, one turn at a time each, many side by side.

    Parameters
    ----------
    engine: who answers.
    stand_in: who answers while the engine is away.
    at_once: conversations answered side by side; each holds one database connection while it is.
    sweep_s: how often what was left behind is looked for.
    shown_after_s: a customer who has waited so long is shown that the bot writes.
    """

    def __init__(
        self,
        conversations: ConversationService,
        database: Database,
        engine: DialogueEngine,
        stand_in: DialogueEngine,
        *,
        at_once: int = 8,
        sweep_s: float = 1.0,
        shown_after_s: float = 1.0,
    ) -> None:
        self._conversations = conversations
        self._database = database
        self._engine = engine
        self._stand_in = stand_in
        self._slots = asyncio.Semaphore(at_once)
        self._sweep_s = sweep_s
        self._shown_after_s = shown_after_s
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._again: set[UUID] = set()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep(), name="answering-sweep")

    async def stop(self) -> None:
        """Stop looking for work and give running turns a moment to finish; the rest stays owed."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running.values(), timeout=5)
        for task in list(self._running.values()):
            task.cancel()

    def wake(self, conversation_id: UUID) -> None:
        """Something may be owed in this conversation."""
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._answer_all(conversation_id), name=f"answer-{conversation_id}")
        self._running[conversation_id] = task
        task.add_done_callback(lambda done: self._finished(conversation_id, done))

    async def drain(self) -> None:
        """Wait until nothing is being answered in this process."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _finished(self, conversation_id: UUID, task: asyncio.Task[None]) -> None:
        del self._running[conversation_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("answering conversation %s failed, the sweep retries", conversation_id, exc_info=error)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _answer_all(self, conversation_id: UUID) -> None:
        async with self._slots, self._database.try_lock(conversation_id) as is_ours:
            turn = await self._conversations.next_turn(conversation_id) if is_ours else None
            while turn is not None:
                turn = await self._answer(turn)

    async def _answer(self, turn: Turn) -> Turn | None:
        """Returns the next one that is owed an answer."""
        began = time.perf_counter()
        thinking = asyncio.create_task(self._show_thinking(turn), name="thinking")
        try:
            answer = await self._ask(turn)
        finally:
            thinking.cancel()
        went_out, following = await self._conversations.answer_and_go_on(
            turn, answer.replies, understood=answer.understood
        )
        took_ms = (time.perf_counter() - began) * 1000
        logger.info("turn %s: %s, %.0f ms", turn.id, "answered" if went_out else "left to a person", took_ms)
        return following

    async def _show_thinking(self, turn: Turn) -> None:
        """Only where it has to be pushed: a web page shows it by itself."""
        await asyncio.sleep(self._shown_after_s)
        with suppress(SQLAlchemyError):
            await self._conversations.thinking(turn.conversation_id)

    async def _ask(self, turn: Turn) -> EngineAnswer:
        try:
            answer = await self._engine.respond(turn)
        except EngineUnavailableError as error:
            logger.warning("turn %s is answered by the stand-in: %s", turn.id, error)
            return await self._stand_in.respond(turn)
        if answer.replies or not await self._conversations.is_open(turn.id):
            return answer
        logger.warning("turn %s is answered by the stand-in: the engine had nothing to say", turn.id)
        return await self._stand_in.respond(turn)

    async def _sweep(self) -> None:
        while True:
            try:
                for conversation_id in await self._conversations.owed():
                    if conversation_id not in self._running:
                        self.wake(conversation_id)
            except (SQLAlchemyError, BotError) as error:
                logger.warning("the sweep could not look for owed answers: %s", error)
            await asyncio.sleep(self._sweep_s)
