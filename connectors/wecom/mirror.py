"""Who wants a person is handed to the people of WeCom, where the settings say so; what has ended here ends there."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.bell import Bell
from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.custody import WAITING
from bot.conversations.events import CHANNEL as EVENTS
from bot.conversations.model import Conversation, ConversationDoor, ConversationState
from bot.db import Database
from bot.delivery.model import Delivery, SendState
from bot.delivery.ports import TryAgainError
from bot.errors import BotError
from bot.locks import Locks
from connectors.wecom import sessions
from connectors.wecom.account import CHANNEL, WeComAccount, WeComHandOver, WeComState
from connectors.wecom.api import WeComApi
from connectors.wecom.codes import PlatformError, WeComVerdict
from connectors.wecom.states import States
from connectors.wecom.tables import WeComSession as Session

logger = logging.getLogger(__name__)
_LAST_WORDS = timedelta(seconds=30)
"""So long a hand-over waits for what we still have to say: afterwards the platform takes nothing from us."""
_SESSION_LASTS = timedelta(hours=48)
_LOOK_EVERY_S = 30.0
_MOST = 50
_SERVES = 0
_OURS = (WeComState.new.value, WeComState.bot.value)


class Mirror:
    """Brings sessions on the platform to where our conversations are.

    What was half done when a process died is found again: conversations wait in our queue until they are handed over.
    """

    def __init__(self, account: WeComAccount, api: WeComApi, states: States, database: Database, clock: Clock) -> None:
        self._account = account
        self._api = api
        self._states = states
        self._database = database
        self._clock = clock
        self._locks = Locks(database, "wecom-mirror")
        self._look = asyncio.Event()
        self._bell = Bell(database, EVENTS, self._look.set, rest_s=0.5)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._bell.start()
        self._task = asyncio.create_task(self._keep_looking(), name="wecom-mirror")

    async def stop(self) -> None:
        await self._bell.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._locks.close()

    async def look(self) -> None:
        """Hand over who waits, end what has ended, ask about what went on too long; one process at a time."""
        async with self._locks.trying("look") as is_ours:
            if not is_ours:
                return
            if self._account.hand_over is not WeComHandOver.desk:
                for conversation_id in await self._waiting():
                    await self._hand_over(conversation_id)
            for external_userid, open_kfid in await self._over():
                await self._end(external_userid, open_kfid)
            for external_userid, open_kfid in await self._overdue():
                await self._states.asked(external_userid, open_kfid)

    async def _keep_looking(self) -> None:
        while True:
            self._look.clear()
            try:
                await self.look()
            except (SQLAlchemyError, BotError, PlatformError) as error:
                logger.warning("sessions could not be brought in line: %s", type(error).__name__)
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._look.wait()
            except TimeoutError:
                continue

    # -- handing over --------------------------------------------------------------------------------

    async def _waiting(self) -> list[UUID]:
        """Who waits for a person, was last here, and has been told all we had to say."""
        unsaid = exists().where(
            Delivery.channel == CHANNEL,
            Delivery.recipient == Conversation.reply_address,
            Delivery.state.in_((SendState.waiting.value, SendState.sending.value)),
        )
        query = (
            select(Conversation.id)
            .join(Session, Session.external_userid == Conversation.reply_address)
            .where(
                Conversation.state.in_(WAITING),
                Conversation.reply_channel == CHANNEL,
                or_(Session.state.is_(None), Session.state.in_(_OURS)),
                or_(Session.tried_at.is_(None), Session.tried_at < Conversation.queued_at),
                or_(~unsaid, Conversation.queued_at < self._clock() - _LAST_WORDS),
            )
            .distinct()
            .limit(_MOST)
        )
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def _hand_over(self, conversation_id: UUID) -> None:
        """No agent of ours can take the conversation while the platform is asked: its row is held."""
        refused: Session | None = None
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            row = await sessions.latest(session, conversation.reply_address, lock=True)
            if not conversation.is_waiting or row is None:
                return
            try:
                await self._transfer(session, row)
            except TryAgainError as error:
                logger.info("a session is handed over later: %s", error)
            except PlatformError as error:
                logger.warning("a session stays at our desk: WeCom says %s", error.code.code)
                row.tried_at = self._clock()
                refused = row if error.verdict is WeComVerdict.state else None
        if refused is not None:
            # Somebody has it already, or it is over: the platform says which.
            await self._states.asked(refused.external_userid, refused.open_kfid)

    async def _transfer(self, session: AsyncSession, row: Session) -> None:
        """Raises `PlatformError` and `TryAgainError`; without anybody to take it, it stays at our desk."""
        user, open_kfid = row.external_userid, row.open_kfid
        state, servicer, code = WeComState.pool, "", ""
        if self._account.hand_over is WeComHandOver.pool:
            code = await self._states.moved(user, open_kfid, state)
        else:
            taken = await self._given_to_somebody(session, row)
            if taken is None:
                logger.info("nobody of WeCom can take a customer now, our desk does")
                row.tried_at = self._clock()
                return
            state, (servicer, code) = WeComState.human, taken
        await self._states.note(session, user, open_kfid, state, servicer=servicer, code=code, at=self._clock())

    async def _given_to_somebody(self, session: AsyncSession, row: Session) -> tuple[str, str] | None:
        """The servicer who took it, and the code that came with it."""
        for servicer in await self._available(session, row.open_kfid):
            try:
                code = await self._states.moved(row.external_userid, row.open_kfid, WeComState.human, servicer=servicer)
            except PlatformError as error:
                if error.verdict is not WeComVerdict.servicer:
                    raise
            else:
                return servicer, code
        return None

    async def _available(self, session: AsyncSession, open_kfid: str) -> list[str]:
        """Who serves customers now, those with the fewest first."""
        answer = await self._api.call("kf/servicer/list", {"open_kfid": open_kfid})
        found = answer.get("servicer_list")
        rows = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        serving = [str(each["userid"]) for each in rows if each.get("status") == _SERVES and each.get("userid")]
        wanted = self._account.servicers or serving
        busy = await sessions.busy_servicers(session, open_kfid)
        return sorted((each for each in wanted if each in serving), key=lambda each: busy.get(each, 0))

    # -- ending, asking ------------------------------------------------------------------------------

    async def _over(self) -> list[tuple[str, str]]:
        """Sessions the platform has open whose conversation has ended since."""
        query = (
            select(Session.external_userid, Session.open_kfid)
            .join(
                ConversationDoor,
                (ConversationDoor.channel == CHANNEL) & (ConversationDoor.address == Session.external_userid),
            )
            .join(Conversation, Conversation.id == ConversationDoor.conversation_id)
            .where(
                Conversation.state == ConversationState.ended.value,
                Session.state != WeComState.ended.value,
                Session.seen_at <= Conversation.updated_at,
            )
            .limit(_MOST)
        )
        return await self._found(query)

    async def _overdue(self) -> list[tuple[str, str]]:
        """Sessions with a person for longer than any lasts: their end was not heard of."""
        query = (
            select(Session.external_userid, Session.open_kfid)
            .where(
                Session.state.in_((WeComState.pool.value, WeComState.human.value)),
                Session.state_at < self._clock() - _SESSION_LASTS,
            )
            .limit(_MOST)
        )
        return await self._found(query)

    async def _found(self, query: Select[str, str]) -> list[tuple[str, str]]:
        async with self._database.transaction() as session:
            return [(user, open_kfid) for user, open_kfid in (await session.execute(query)).all()]

    async def _end(self, external_userid: str, open_kfid: str) -> None:
        try:
            code = await self._states.moved(external_userid, open_kfid, WeComState.ended)
        except TryAgainError as error:
            logger.info("a session is ended later: %s", error)
            return
        except PlatformError as error:
            # It is over there, too, or will be.
            logger.info("a session was not ended: WeCom says %s", error.code.code)
            code = ""
        async with self._database.transaction() as session:
            await self._states.note(session, external_userid, open_kfid, WeComState.ended, code=code, at=self._clock())
