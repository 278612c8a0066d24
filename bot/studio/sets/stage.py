"""Where dialogues are tried: a port, a stage for any engine, and one with a conversation behind it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import IncomingMessage, MessageKind
from bot.clock import Clock
from bot.conversations.model import Conversation, HandOffReason
from bot.conversations.routing import Route, Router
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import EngineUnavailableError
from bot.studio.sets.dialogues import DialogueTurn, Observed, World
from bot.studio.sets.drawing import REHEARSAL
from bot.waybills.model import PartyRole
from bot.waybills.tables import WaybillGrant

_NOBODY_COMES = timedelta(days=365)
_WHO = "studio"


class Rehearsal(Protocol):
    """One dialogue on the stage."""

    async def play(self, turn: DialogueTurn) -> Observed:
        """What the bot does.  Raises `EngineUnavailableError`."""
        ...


class Stage(Protocol):
    """Something dialogues can be tried on."""

    def rehearse(self, world: World) -> AbstractAsyncContextManager[Rehearsal]:
        """A fresh conversation in this world; nothing of it is left afterwards that anybody has to deal with."""
        ...


class EngineStage:
    """An engine that needs no conversation in a database, e.g. a scripted one."""

    def __init__(self, engine: DialogueEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def rehearse(self, world: World) -> AsyncIterator[Rehearsal]:  # noqa: ARG002  it has no parcels
        yield _Alone(self._engine)


class _Alone:
    def __init__(self, engine: DialogueEngine) -> None:
        self._engine = engine
        self._conversation_id, self._customer_id, self._seq = uuid4(), uuid4(), 0

    async def play(self, turn: DialogueTurn) -> Observed:
        self._seq += 1
        kind = MessageKind.postback if turn.payload else MessageKind.text
        asked = Turn(
            self._conversation_id, self._customer_id, REHEARSAL, self._seq, kind.value, turn.says, turn.payload
        )
        return observed(await self._engine.respond(asked), handed_over=False)


class ConversationStage:
    """A real conversation on a channel of its own, for an engine whose actions look at it.

    What its actions do besides is taken back by `bot.studio.sets.acting.Acting`.  The conversation is held as one that
    is being answered, and ended afterwards; with `QuietRouting` no person is ever called.
    """

    def __init__(
        self, database: Database, clock: Clock, conversations: ConversationService, engine: DialogueEngine
    ) -> None:
        self._database = database
        self._clock = clock
        self._conversations = conversations
        self._engine = engine

    @asynccontextmanager
    async def rehearse(self, world: World) -> AsyncIterator[Rehearsal]:
        sender = f"rehearsal-{uuid4()}"
        view = await self._conversations.open(REHEARSAL, sender, greet=False)
        if world.waybill_no and world.is_party:
            await self._grant(view.customer_id, world.waybill_no)
        async with self._database.try_lock(view.id):
            try:
                yield _Held(self._conversations, self._engine, sender, self._clock)
            finally:
                await self._conversations.change(view.id, _ended)

    async def _grant(self, customer_id: object, waybill_no: str) -> None:
        values = {"customer_id": customer_id, "waybill_no": waybill_no, "party": PartyRole.consignee.value}
        row = insert(WaybillGrant).values(**values, proof=_WHO, granted_at=self._clock())
        async with self._database.transaction() as session:
            await session.execute(row.on_conflict_do_nothing())


class _Held:
    def __init__(self, conversations: ConversationService, engine: DialogueEngine, sender: str, clock: Clock) -> None:
        self._conversations = conversations
        self._engine = engine
        self._sender = sender
        self._clock = clock

    async def play(self, turn: DialogueTurn) -> Observed:
        kind = MessageKind.postback if turn.payload else MessageKind.text
        said = IncomingMessage(REHEARSAL, self._sender, str(uuid4()), kind, turn.says, self._clock(), turn.payload)
        received = await self._conversations.receive(said)
        owed = await self._conversations.next_turn(received.conversation_id)
        if owed is None:
            raise EngineUnavailableError("the conversation is not the bot's any more")
        answer = await self._engine.respond(owed)
        await self._conversations.answer(owed, answer.replies, understood=answer.understood)
        view = await self._conversations.view(received.conversation_id)
        return observed(answer, handed_over=view.queued_at is not None or view.callback_at is not None)


class QuietRouting:
    """Rules for hand-overs that call nobody into a conversation that is only tried."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def route(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        *,
        intent: str | None,
        at: datetime,
    ) -> Route:
        if conversation.channel == REHEARSAL:
            return Route(because=(_WHO,), call_back_at=at + _NOBODY_COMES)
        return await self._router.route(session, conversation, reason, intent=intent, at=at)

    async def by_itself(
        self, session: AsyncSession, conversation: Conversation, *, at: datetime
    ) -> HandOffReason | None:
        if conversation.channel == REHEARSAL:
            return None
        return await self._router.by_itself(session, conversation, at=at)

    async def expected_wait(
        self, session: AsyncSession, conversation: Conversation, position: int, *, at: datetime
    ) -> timedelta | None:
        return await self._router.expected_wait(session, conversation, position, at=at)


def observed(answer: EngineAnswer, *, handed_over: bool) -> Observed:
    return Observed(str(answer.understood.get("intent") or ""), answer.replies, handed_over)


def _ended(conversation: Conversation, at: datetime) -> list[tuple[str, dict[str, str]]]:
    """Whoever waits leaves the queue first."""
    if conversation.is_waiting:
        conversation.leave_queue(at=at)
    if conversation.state != "ended":
        conversation.end(_WHO, at=at)
    return []
