"""The one door to conversations: receive, answer, hand off, accept, speak as an agent, resolve."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import IncomingMessage, Reply
from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.events import Event, announce
from bot.conversations.model import Conversation, ConversationState, HandOffReason, Message
from bot.conversations.mood import Mood, Temper, wants_person
from bot.conversations.schemas import ConversationView, MessageView
from bot.customers.service import customer_for
from bot.db import Database
from bot.dialogue.engine import Turn
from bot.errors import IllegalMoveError, NotFoundError
from bot.words import Words

_TOLD_OF_THEIR_PLACE = 50
"""How many of those who wait hear at once that they have moved up; farther back the number means little."""

_MOOD_LASTS = timedelta(hours=1)
_MOOD_MESSAGES = 6
"""So far back a customer's words say how the customer feels now."""

HUMAN = "/request_human"
"""What a button says that asks for a person."""


@dataclass(frozen=True)
class Received:
    """What became of an incoming message: where it stands in the log, and whether it was there already."""

    conversation_id: UUID
    seq: int
    duplicate: bool
    needs_bot: bool


class ConversationService:
    """Every change of a conversation goes through here, in one transaction each, announced on commit."""

    def __init__(self, database: Database, clock: Clock, words: Words) -> None:
        self._database = database
        self._clock = clock
        self._words = words
        self._listeners: list[Callable[[Message], None]] = []

    def when_received(self, listener: Callable[[Message], None]) -> None:
        """Call this with every new customer message after it was stored; it must neither block nor raise."""
        self._listeners.append(listener)

    # -- the customer's side ---------------------------------------------------------------------

    async def open(self, channel: str, sender: str) -> ConversationView:
        """The sender's open conversation, or a new one that begins with our greeting."""
        async with self._database.transaction() as session:
            conversation = await self._open(session, channel, sender)
            return await _view(session, conversation)

    async def receive(self, incoming: IncomingMessage) -> Received:
        """Store a message, once per external id, before anybody acknowledges it."""
        async with self._database.transaction() as session:
            conversation = await self._open(session, incoming.channel, incoming.sender)
            known = await repository.with_external_id(session, conversation.id, incoming.external_id)
            if known is not None:
                return Received(conversation.id, known.seq, duplicate=True, needs_bot=False)
            message = Message(
                conversation_id=conversation.id,
                seq=conversation.next_seq(at=self._clock()),
                author="customer",
                external_id=incoming.external_id,
                kind=incoming.kind.value,
                text=incoming.text,
                payload=incoming.payload,
                buttons=[],
                created_at=incoming.received_at,
            )
            session.add(message)
            needs_bot = not conversation.is_with_person
            if not needs_bot and conversation.handled_seq >= conversation.customer_seq:
                conversation.handled_seq = message.seq
            conversation.customer_seq = message.seq
            await announce(session, Event(conversation_id=conversation.id, kind="message", seq=message.seq))
        for listener in self._listeners:
            listener(message)
        return Received(conversation.id, message.seq, duplicate=False, needs_bot=needs_bot)

    async def messages_after(self, conversation_id: UUID, seq: int, *, limit: int = 500) -> list[MessageView]:
        async with self._database.transaction() as session:
            found = await repository.after(session, conversation_id, seq, limit=limit)
            return [MessageView.of(message) for message in found]

    async def messages_before(self, conversation_id: UUID, seq: int, *, limit: int = 50) -> list[MessageView]:
        async with self._database.transaction() as session:
            found = await repository.before(session, conversation_id, seq, limit=limit)
            return [MessageView.of(message) for message in found]

    async def view(self, conversation_id: UUID) -> ConversationView:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None:
                raise NotFoundError(f"conversation {conversation_id} is not known")
            return await _view(session, conversation)

    async def leave_queue(self, conversation_id: UUID) -> None:
        """The customer would rather go on with the bot."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.leave_queue()
            self._say(session, conversation, "utter_left_queue")
            await self._announce_state(session, conversation)
            await self._announce_queue(session)

    async def keep_mood(self, conversation_id: UUID, seq: int, mood: Mood) -> None:
        """How the customer felt when writing message ``seq``; a waiting customer may be served earlier for it."""
        async with self._database.transaction() as session:
            await repository.keep_mood(session, conversation_id, seq, mood)
            conversation = await session.get(Conversation, conversation_id)
            temper = await self._temper(session, conversation_id)
        if conversation is not None and conversation.temper != temper:
            await self._feel(conversation_id)

    # -- the bot's side --------------------------------------------------------------------------

    async def next_turn(self, conversation_id: UUID) -> Turn | None:
        """The oldest message the bot owes an answer; messages that wait for a person are marked as dealt with."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            if conversation.is_with_person:
                conversation.handled_seq = conversation.customer_seq
                return None
            message = await repository.next_owed(session, conversation)
            if message is None:
                conversation.handled_seq = conversation.customer_seq
                return None
            return Turn(
                conversation_id=conversation.id,
                customer_id=conversation.customer_id,
                channel=conversation.channel,
                seq=message.seq,
                kind=message.kind,
                text=message.text,
                payload=message.payload,
            )

    async def is_open(self, turn: str) -> bool:
        """Whether this turn is still owed an answer; actions of a turn that was given up must not act."""
        conversation_id, _, seq = turn.partition(":")
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, UUID(conversation_id))
            return conversation is not None and conversation.handled_seq < int(seq)

    async def answer(self, turn: Turn, replies: Sequence[Reply], *, understood: dict[str, Any] | None = None) -> bool:
        """Store the replies of a turn, once, unless a person has taken over; returns whether they went out."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, turn.conversation_id)
            if conversation.handled_seq >= turn.seq:
                return False
            conversation.handled_seq = turn.seq
            await _remember_understanding(session, turn, understood)
            if conversation.is_with_person or conversation.state == ConversationState.ended:
                return False
            if conversation.state == ConversationState.new:
                conversation.state = ConversationState.bot.value
            for reply in (*replies, *await self._offer_person(session, conversation, replies)):
                repository.append(session, conversation, "bot", reply, at=self._clock(), reply_to=turn.seq)
            await announce(session, Event(conversation_id=conversation.id, kind="message", seq=conversation.last_seq))
            return True

    async def owed(self, *, limit: int = 200) -> list[UUID]:
        """Conversations with a message that nobody has dealt with, e.g. after a crash."""
        async with self._database.transaction() as session:
            return list(await repository.owed(session, limit=limit))

    async def remember_waybill(self, conversation_id: UUID, waybill_no: str) -> None:
        """The waybill under discussion, for the desk."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.waybill_no = waybill_no

    async def hand_off(
        self, conversation_id: UUID, reason: HandOffReason, *, intent: str | None, summary: str, seq: int
    ) -> None:
        """Ask for a person in the turn of message ``seq`` and tell the customer, in one transaction.

        That turn is thereby answered: the bot is silent from here on.  Asking again while waiting changes nothing.
        The summary also says how the customer feels, as far as that is worth telling.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            summary = "\n".join([summary, *self._told(conversation.temper)]).strip()
            is_new = conversation.queue(reason, intent=intent, summary=summary, at=self._clock())
            conversation.handled_seq = max(conversation.handled_seq, seq)
            if not is_new:
                return
            await session.flush()
            position = await repository.queue_position(session, conversation) or 1
            self._say(session, conversation, f"utter_hand_off_{reason}", position=str(position))
            await self._announce_state(session, conversation)

    # -- the person's side -----------------------------------------------------------------------

    async def waiting(self) -> list[ConversationView]:
        """The queue, in the order it is served: by priority, then longest wait first."""
        return await self._in_state(ConversationState.queued)

    async def held_by(self, agent: str) -> list[ConversationView]:
        """The conversations an agent has, oldest first."""
        held = await self._in_state(ConversationState.agent)
        return [view for view in held if view.agent == agent]

    async def accept(self, conversation_id: UUID, agent: str, agent_name: str) -> ConversationView:
        """Take a waiting conversation.  Raises `IllegalMoveError` when a colleague was faster."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            was_new = conversation.state == ConversationState.queued
            conversation.accept(agent, agent_name, at=self._clock())
            if was_new:
                self._say(session, conversation, "utter_agent_joined", agent_name=agent_name)
                await self._announce_state(session, conversation)
                await self._announce_queue(session)
            return await _view(session, conversation)

    async def say_as_agent(self, conversation_id: UUID, agent: str, text: str, *, external_id: str) -> MessageView:
        """A person's words to the customer, stored once per external id.  Raises `IllegalMoveError`."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.refuse_unless_held_by(agent)
            known = await repository.with_external_id(session, conversation_id, external_id)
            if known is not None:
                return MessageView.of(known)
            message = repository.append(
                session,
                conversation,
                "agent",
                Reply(text=text),
                at=self._clock(),
                author_name=conversation.agent_name,
                external_id=external_id,
            )
            await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))
            return MessageView.of(message)

    async def tell(
        self, session: AsyncSession, conversation_id: UUID, response: str, *, at: datetime, **values: str
    ) -> None:
        """Say something that the customer did not ask for, in the caller's transaction.

        Nothing is said while a person has the conversation: the bot is silent then.
        """
        conversation = await repository.locked(session, conversation_id)
        if conversation.is_with_person:
            return
        for reply in self._words.render(response, **values):
            message = repository.append(session, conversation, "bot", reply, at=at)
            await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))

    async def resolve(self, conversation_id: UUID, agent: str) -> None:
        """The matter is settled; the bot has the conversation again.  Raises `IllegalMoveError`."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.resolve(agent)
            conversation.handled_seq = conversation.customer_seq
            self._say(session, conversation, "utter_back_to_bot")
            await self._announce_state(session, conversation)

    async def typing(self, conversation_id: UUID, by: str, *, on: bool) -> None:
        """A passing hint, not stored."""
        async with self._database.transaction() as session:
            event = Event.model_validate({"conversation_id": conversation_id, "kind": "typing", "by": by, "on": on})
            await announce(session, event)

    # -- within ----------------------------------------------------------------------------------

    async def _open(self, session: AsyncSession, channel: str, sender: str) -> Conversation:
        """The sender's conversation, locked.  Two first messages at once wait for each other and open one."""
        customer = await customer_for(session, channel, sender, at=self._clock())
        found = await repository.open_of(session, customer.id, channel)
        if found is not None:
            return found
        await session.execute(select(func.pg_advisory_xact_lock(customer.id.int % 2**63)))
        return await repository.open_of(session, customer.id, channel) or await self._begin(
            session, customer.id, channel
        )

    async def _begin(self, session: AsyncSession, customer_id: UUID, channel: str) -> Conversation:
        now = self._clock()
        conversation = Conversation(
            customer_id=customer_id,
            channel=channel,
            state=ConversationState.new.value,
            last_seq=0,
            customer_seq=0,
            handled_seq=0,
            created_at=now,
            updated_at=now,
        )
        session.add(conversation)
        await session.flush()
        for reply in self._words.render("utter_greet"):
            repository.append(session, conversation, "bot", reply, at=now)
        return conversation

    async def _temper(self, session: AsyncSession, conversation_id: UUID) -> Temper:
        since = self._clock() - _MOOD_LASTS
        return Temper.of(await repository.latest_moods(session, conversation_id, since=since, limit=_MOOD_MESSAGES))

    async def _feel(self, conversation_id: UUID) -> None:
        """Bring the conversation's temper up to date; who waits may change places."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            changed = conversation.feel(await self._temper(session, conversation_id))
            if not (changed and conversation.is_with_person):
                return
            await self._announce_state(session, conversation)
            if conversation.state == ConversationState.queued:
                await self._announce_queue(session)

    async def _offer_person(
        self, session: AsyncSession, conversation: Conversation, replies: Sequence[Reply]
    ) -> list[Reply]:
        """What to say besides, when a customer is so upset that a person should be offered."""
        if conversation.temper == Temper() or any(b.payload.startswith(HUMAN) for r in replies for b in r.buttons):
            return []
        now = self._clock()
        moods = await repository.latest_moods(session, conversation.id, since=now - _MOOD_LASTS, limit=2)
        if not (wants_person(moods) and conversation.offer_person(at=now)):
            return []
        return self._words.render("utter_offer_person")

    def _told(self, temper: Temper) -> list[str]:
        """The customer's mood as a line of a summary."""
        labels = [self._words.render(f"utter_label_mood_{grave}")[0].text for grave in temper.graves]
        return [self._words.render("utter_summary_mood", mood="，".join(labels))[0].text] if labels else []

    def _say(self, session: AsyncSession, conversation: Conversation, response: str, **values: str) -> None:
        for reply in self._words.render(response, **values):
            repository.append(session, conversation, "system", reply, at=self._clock())

    async def _announce_state(self, session: AsyncSession, conversation: Conversation) -> None:
        await announce(session, Event(conversation_id=conversation.id, kind="state", seq=conversation.last_seq))

    async def _announce_queue(self, session: AsyncSession) -> None:
        """Everybody who still waits has moved up."""
        await session.flush()
        for conversation_id in await repository.next_in_queue(session, limit=_TOLD_OF_THEIR_PLACE):
            await announce(session, Event(conversation_id=conversation_id, kind="state"))

    async def _in_state(self, state: ConversationState) -> list[ConversationView]:
        order = repository.SERVED if state == ConversationState.queued else (Conversation.queued_at,)
        query = select(Conversation).where(Conversation.state == state.value).order_by(*order).limit(500)
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).all()
        return [
            ConversationView.of(conversation, queue_position=place if state == ConversationState.queued else None)
            for place, conversation in enumerate(found, start=1)
        ]


async def _remember_understanding(session: AsyncSession, turn: Turn, understood: dict[str, Any] | None) -> None:
    if understood is None:
        return
    message = await session.get(Message, (turn.conversation_id, turn.seq))
    if message is None:
        raise IllegalMoveError(f"turn {turn.id} has no message")
    message.understood = understood


async def _view(session: AsyncSession, conversation: Conversation) -> ConversationView:
    await session.flush()
    position = await repository.queue_position(session, conversation)
    return ConversationView.of(conversation, queue_position=position)
