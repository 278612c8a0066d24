"""Gives waiting customers to people who are there: one dispatcher for all replicas, woken by events."""

import asyncio
import logging
from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.custody import ConversationState
from bot.conversations.events import EventHub
from bot.conversations.model import Conversation, HandOffReason
from bot.conversations.routing import OFFER_SECONDS
from bot.conversations.service import Change, ConversationService, Said
from bot.db import Database
from bot.errors import BotError, IllegalMoveError, SetupError
from bot.handover import presence
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard, choose
from bot.handover.promises import Promises
from bot.handover.service import Handover
from bot.handover.tables import AgentPresence

logger = logging.getLogger(__name__)
LOCK = UUID(int=2_077_017)
_LOOKED_AT = 200
_TICK_S = 2.0
_TRY_S = 5.0
_GATHER_S = 0.05


class Dispatcher:
    """Whoever holds the lock dispatches, in whichever process; a killed one loses it with its connection.

    What is to be done stands in the database: every pass finds all of it, so it may stop anywhere and be repeated.

    Parameters
    ----------
    pushed: channels that cannot show a customer the place in the queue.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        conversations: ConversationService,
        handover: Handover,
        promises: Promises,
        hub: EventHub | None = None,
        *,
        pushed: Container[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._conversations = conversations
        self._handover = handover
        self._settings = handover.settings
        self._promises = promises
        self._hub = hub
        self._pushed = pushed
        self._pushes = pushed != ()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises `SetupError` without events to be woken by."""
        if self._hub is None:
            raise SetupError("a dispatcher that runs by itself needs the hub")
        self._task = asyncio.create_task(self._run(self._hub), name="dispatcher")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def run_once(self) -> None:
        """Everything that is due at this moment."""
        await self._miss_agents()
        await self._end_offers()
        await self._promises.open_tickets()
        await self._call_back()
        await self._promise_where_nobody_is()
        if self._settings.assignment == "offer":
            await self._offer()
        await self._tell_places()

    # -- the loop --------------------------------------------------------------------------------

    async def _run(self, hub: EventHub) -> None:
        while True:
            try:
                async with self._database.try_lock(LOCK) as is_ours:
                    if is_ours:
                        await self._dispatch(hub)
            except (SQLAlchemyError, OSError) as error:
                logger.warning("the dispatcher lost the database: %s", type(error).__name__)
            await asyncio.sleep(_TRY_S)

    async def _dispatch(self, hub: EventHub) -> None:
        """Until the database is lost, or this process stops."""
        with hub.subscribe() as events:
            while True:
                try:
                    await self.run_once()
                except BotError as error:
                    logger.warning("a pass of the dispatcher was cut short: %s", error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_S):
                        while (await events.get()).kind not in ("state", "agents"):
                            pass
                await asyncio.sleep(_GATHER_S)
                while not events.empty():
                    events.get_nowait()

    # -- the steps -------------------------------------------------------------------------------

    async def _agents(self) -> list[AgentCard]:
        """Asked only where somebody waits: of hundreds of people this is the dearest question of a pass."""
        async with self._database.transaction() as session:
            return await presence.cards(session, self._settings, at=self._clock())

    async def _miss_agents(self) -> None:
        """Whose page was not heard of for too long is gone: first the customers go back, then the person is away."""
        cutoff = self._clock() - self._settings.grace
        query = select(AgentPresence.username).where(AgentPresence.seen_at < cutoff)
        async with self._database.transaction() as session:
            missed = list(await session.scalars(query))
        for username in missed:
            for conversation_id in await self._ids(Conversation.agent == username):
                await self._conversations.change(conversation_id, _losing(username))
            for conversation_id in await self._ids(Conversation.offered_to == username):
                await self._handover.pass_on(conversation_id, username, who="system", why="lost")
            await self._mark_away(username, cutoff)

    async def _mark_away(self, username: str, cutoff: datetime) -> None:
        async with self._database.transaction() as session:
            row = await session.get(AgentPresence, username, with_for_update=True)
            if row is not None and row.seen_at is not None and row.seen_at < cutoff:
                row.seen_at = None
                await presence.put_into(session, row, AgentState.offline, who="system", why="lost", at=self._clock())

    async def _end_offers(self) -> None:
        """Not accepted in time: the next one is asked, and who lets several pass is on a break."""
        now = self._clock()
        offered = Conversation.state == ConversationState.offered.value
        async with self._database.transaction() as session:
            query = select(Conversation.id, Conversation.offered_to).where(offered, Conversation.offered_until <= now)
            over = [(conversation_id, agent) for conversation_id, agent in await session.execute(query)]
        for conversation_id, agent in over:
            if await self._handover.pass_on(conversation_id, agent or "", who="system", why="not_answered"):
                await self._handover.count_pass(agent or "")

    async def _call_back(self) -> None:
        """Promises whose time has come, as soon as somebody is there to keep them."""
        now = self._clock()
        async with self._database.transaction() as session:
            query = select(Conversation).where(
                Conversation.callback_at <= now,
                Conversation.state.in_((ConversationState.new.value, ConversationState.bot.value)),
            )
            due = list(await session.scalars(query.order_by(Conversation.callback_at)))
        agents = await self._agents() if due else []
        for conversation in due:
            if self._promises.is_open(now) and self._is_somebody_there(agents, conversation.team):
                await self._conversations.change(conversation.id, _calling_back)

    async def _promise_where_nobody_is(self) -> None:
        """Customers who wait though nobody is there, or it has closed meanwhile: an answer is promised instead."""
        now, after = self._clock(), self._settings.nobody_after
        if not after:
            return
        async with self._database.transaction() as session:
            query = select(Conversation).where(
                Conversation.state == ConversationState.queued.value, Conversation.queued_at <= now - after
            )
            waiting = list(await session.scalars(query.order_by(Conversation.queued_at)))
        agents = await self._agents() if waiting else []
        for conversation in waiting:
            if not self._is_somebody_there(agents, conversation.team):
                opening = self._promises.next_opening(now)
                await self._conversations.change(conversation.id, _promising(opening))

    def _is_somebody_there(self, agents: Sequence[AgentCard], team: str | None) -> bool:
        picks = self._settings.picking or self._settings.assignment == "pick"
        there = [one for one in agents if one.is_there and (picks or one.state is not AgentState.offline)]
        is_staffed = any(one.serves(team) for one in agents)
        return any(one.serves(team) or not is_staffed for one in there)

    async def _offer(self) -> None:
        """The next customers to whoever is free, one after the other, in the order of the queue."""
        now = self._clock()
        async with self._database.transaction() as session:
            query = select(Conversation).where(Conversation.state == ConversationState.queued.value)
            waiting = list(await session.scalars(query.order_by(*repository.SERVED).limit(_LOOKED_AT)))
        agents = await self._agents() if waiting else []
        for conversation in waiting:
            if not any(agent.takes_offers for agent in agents):
                return
            agent = choose(agents, conversation.team, wanted=conversation.wanted, let_pass=conversation.let_pass)
            if agent is not None:
                seconds = conversation.offer_seconds or OFFER_SECONDS
                until = now + timedelta(seconds=seconds)
                with suppress(IllegalMoveError):
                    await self._conversations.change(conversation.id, _offering(agent.username, until))
                rings = replace(agent, offered=agent.offered + 1)
                agents = [rings if one is agent else one for one in agents]

    async def _tell_places(self) -> None:
        """Where the channel cannot show it: the place, now and then, and only when it is another one."""
        if not self._pushes:
            return
        now = self._clock()
        async with self._database.transaction() as session:
            query = select(Conversation).where(
                Conversation.state.in_((ConversationState.queued.value, ConversationState.offered.value)),
                Conversation.place_told_at <= now - self._settings.place_every,
            )
            for conversation in list(await session.scalars(query.limit(_LOOKED_AT))):
                place = await repository.queue_position(session, conversation)
                if conversation.reply_channel in self._pushed and place and place < (conversation.place_told or 0):
                    await self._conversations.change(conversation.id, _placing(place))

    async def _ids(self, whose: ColumnElement[bool]) -> list[UUID]:
        async with self._database.transaction() as session:
            return list(await session.scalars(select(Conversation.id).where(whose)))


def _losing(username: str) -> Change:
    def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
        if conversation.state != ConversationState.agent or conversation.agent != username:
            return []
        conversation.lose(at=at, why="lost")
        return [("handover_lost", {})]

    return move


def _calling_back(conversation: Conversation, at: datetime) -> Iterable[Said]:
    is_due = conversation.callback_at is not None and conversation.callback_at <= at
    if not is_due or conversation.state not in (ConversationState.new, ConversationState.bot):
        return []
    conversation.call_back(at=at)
    return [("handover_called_back", {})]


def _promising(until: datetime) -> Change:
    def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
        if conversation.state != ConversationState.queued:
            return []
        conversation.promise(
            HandOffReason(conversation.hand_off_reason or HandOffReason.asked),
            intent=conversation.hand_off_intent,
            summary=conversation.hand_off_summary or "",
            until=until,
            at=at,
            team=conversation.team,
            priority=conversation.route_priority,
            because=conversation.route_because,
        )
        return [("handover_nobody", {})]

    return move


def _offering(agent: str, until: datetime) -> Change:
    def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
        conversation.offer(agent, until=until, at=at)
        return []

    return move


def _placing(place: int) -> Change:
    def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
        if not conversation.is_waiting:
            return []
        conversation.place_told, conversation.place_told_at = place, at
        return [("handover_place", {"position": str(place)})]

    return move
