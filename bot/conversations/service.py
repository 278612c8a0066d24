"""The one door to conversations: receive, answer, hand off, accept, speak as an agent, resolve."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, IncomingMessage, Reply
from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.custody import WAITING
from bot.conversations.events import Event, announce
from bot.conversations.handing_off import HandingOff
from bot.conversations.model import Conversation, ConversationState, HandOffReason, Message
from bot.conversations.mood import Felt
from bot.conversations.opening import open_behind
from bot.conversations.own_words import own_words
from bot.conversations.routing import Router
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.serving import ReleaseChoice, one_for_all
from bot.conversations.speaking import Speaking
from bot.conversations.tempering import Tempering
from bot.conversations.turns import next_owed, remember_understanding, turn_of
from bot.conversations.views import bubbles_of, view_of
from bot.db import Database
from bot.delivery.service import Changed, DeliveryService
from bot.dialogue.engine import Turn
from bot.errors import NotFoundError
from bot.words import Words

GREETING = "utter_greet"

Said: TypeAlias = tuple[str, dict[str, str]]
"""A response of ``handover.yml`` (or of the bot's words) and its values."""
Change: TypeAlias = Callable[[Conversation, datetime], Iterable[Said]]
"""Moves a locked conversation and returns what the customer is told of it."""
Passing: TypeAlias = Callable[[AsyncSession, Conversation], Awaitable[str]]
"""What becomes of a person's text before it is said in this locked conversation; refuses by raising."""
Listener: TypeAlias = Callable[[Message, bool], None]
"""Hears of a customer's message, and whether the bot is going to answer it."""
_AT_ONCE = 500
"""Messages that are read at most."""


@dataclass(frozen=True)
class Received:
    """What became of an incoming message: where it stands in the log, and whether it was there already."""

    conversation_id: UUID
    seq: int
    duplicate: bool
    needs_bot: bool


class ConversationService:
    """Every change of a conversation goes through here, in one transaction each, announced on commit.

    Parameters
    ----------
    deliveries: takes what is said on channels that are pushed; those are the ones it knows.
    """

    def __init__(
        self, database: Database, clock: Clock, words: Words, deliveries: DeliveryService | None = None
    ) -> None:
        self._database = database
        self._clock = clock
        self._words = words
        self._deliveries = deliveries or DeliveryService(database, clock)
        self._speaking = Speaking(words, self._deliveries, clock)
        self._tempering = Tempering(database, words, self._speaking, clock)
        self._handing_off = HandingOff(self._speaking, self._tempering, clock)
        self._listeners: list[Listener] = []
        self._choose: ReleaseChoice = one_for_all
        self._deliveries.when_changed(_announce_delivery)

    def route_with(self, router: Router) -> None:
        """From now on this decides where a conversation waits that needs a person."""
        self._handing_off.router = router

    def serve_by(self, choose: ReleaseChoice) -> None:
        """From now on this decides which release of the bot answers a turn."""
        self._choose = choose

    def when_received(self, listener: Listener) -> None:
        """Call this with every new customer message after it was stored; it must neither block nor raise."""
        self._listeners.append(listener)

    # -- the customer's side ---------------------------------------------------------------------

    async def open(
        self, channel: str, sender: str, *, greet: bool | None = None, welcome: str = GREETING, cause: str = ""
    ) -> ConversationView:
        """The sender's open conversation, or a new one.

        Where nothing is pushed a new one begins with our greeting.  On a channel that is pushed nobody is greeted
        merely for having written: ``greet=True`` greets who subscribed or came in, new or known, unless a person has
        the conversation.

        Parameters
        ----------
        welcome: the response that greets.
        cause: what is greeted for (the key of the platform's event); nobody is greeted twice for the same.
        """
        is_pushed = channel in self._deliveries.channels
        async with self._database.transaction() as session:
            conversation, is_new = await open_behind(session, channel, sender, at=self._clock())
            is_due = not conversation.is_with_person if greet and is_pushed else is_new and greet is not False
            if is_due and (greet or not is_pushed):
                await self._speaking.greet(session, conversation, welcome, cause)
            return await view_of(session, conversation)

    async def link(self, conversation_id: UUID, channel: str, address: str) -> ConversationView:
        """One more door to a conversation; whoever calls this has proof that it is the same customer.

        The address led elsewhere before?  From now on it leads here.  Raises `NotFoundError`.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            await repository.put_door(session, channel, address, conversation_id, at=self._clock())
            await announce(session, Event(conversation_id=conversation_id, kind="state", seq=conversation.last_seq))
            return await view_of(session, conversation)

    async def doors(self, conversation_id: UUID) -> list[tuple[str, str]]:
        """Channel and address of every way in."""
        async with self._database.transaction() as session:
            return [(door.channel, door.address) for door in await repository.doors_of(session, conversation_id)]

    async def receive(self, incoming: IncomingMessage) -> Received:
        """Store a message, once per external id, before anybody acknowledges it."""
        async with self._database.transaction() as session:
            conversation, is_new = await open_behind(session, incoming.channel, incoming.sender, at=self._clock())
            if is_new and incoming.channel not in self._deliveries.channels:
                await self._speaking.greet(session, conversation, GREETING, "")
            external_id = _external_id(conversation, incoming)
            known = await repository.with_external_id(session, conversation.id, external_id)
            if known is not None:
                return Received(conversation.id, known.seq, duplicate=True, needs_bot=False)
            conversation.reply_channel, conversation.reply_address = incoming.channel, incoming.sender
            message = repository.append_incoming(session, conversation, incoming, external_id, at=self._clock())
            needs_bot = not conversation.is_with_person
            if not needs_bot and conversation.handled_seq >= conversation.customer_seq:
                conversation.handled_seq = message.seq
            conversation.customer_seq = message.seq
            if await self._handing_off.left(session, conversation, incoming):
                needs_bot = False
            if incoming.channel in self._deliveries.channels:
                await self._deliveries.customer_wrote(session, incoming.channel, incoming.sender, at=self._clock())
            event = Event(conversation_id=conversation.id, kind="message", seq=message.seq, by="customer")
            await announce(session, event)
        for listener in self._listeners:
            listener(message, needs_bot)
        return Received(conversation.id, message.seq, duplicate=False, needs_bot=needs_bot)

    async def messages_after(self, conversation_id: UUID, seq: int, *, limit: int = _AT_ONCE) -> list[MessageView]:
        async with self._database.transaction() as session:
            return bubbles_of(await repository.after(session, conversation_id, seq, limit=limit))

    async def gained(self, conversation_id: UUID, seq: int) -> tuple[ConversationView, list[MessageView]]:
        """`view` and `messages_after`, of one moment.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            view = await view_of(session, await repository.known(session, conversation_id))
            return view, bubbles_of(await repository.after(session, conversation_id, seq, limit=_AT_ONCE))

    async def messages_before(self, conversation_id: UUID, seq: int, *, limit: int = 50) -> list[MessageView]:
        async with self._database.transaction() as session:
            return bubbles_of(await repository.before(session, conversation_id, seq, limit=limit))

    async def message(self, conversation_id: UUID, seq: int) -> Message:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            found = await session.get(Message, (conversation_id, seq))
        if found is None:
            raise NotFoundError(f"conversation {conversation_id} has no message {seq}")
        return found

    async def view(self, conversation_id: UUID) -> ConversationView:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            return await view_of(session, await repository.known(session, conversation_id))

    async def leave_queue(self, conversation_id: UUID) -> None:
        """The customer would rather go on with the bot."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            await self._handing_off.leave(session, conversation)

    async def keep_moods(self, felt: Sequence[Felt]) -> None:
        """How customers felt when they wrote; one who waits may be served earlier for it."""
        await self._tempering.keep(felt)

    # -- the bot's side --------------------------------------------------------------------------

    async def next_turn(self, conversation_id: UUID) -> Turn | None:
        """The oldest message the bot owes an answer; messages that wait for a person are marked as dealt with."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            return await self._next_turn(session, conversation)

    async def is_open(self, turn: str) -> bool:
        """Whether this turn is still owed an answer; actions of a turn that was given up must not act."""
        conversation_id, _, seq = turn.partition(":")
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, UUID(conversation_id))
            return conversation is not None and conversation.handled_seq < int(seq)

    async def answer(self, turn: Turn, replies: Sequence[Reply], *, understood: dict[str, Any] | None = None) -> bool:
        """Store the replies of a turn, once, unless a person has taken over; returns whether they went out."""
        return (await self.answer_and_go_on(turn, replies, understood=understood))[0]

    async def answer_and_go_on(
        self, turn: Turn, replies: Sequence[Reply], *, understood: dict[str, Any] | None = None
    ) -> tuple[bool, Turn | None]:
        """`answer` and `next_turn` in one transaction."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, turn.conversation_id)
            went_out = await self._answer(session, conversation, turn, replies, understood)
            return went_out, await self._next_turn(session, conversation)

    async def _next_turn(self, session: AsyncSession, conversation: Conversation) -> Turn | None:
        """Of a locked conversation, with the release that answers it."""
        message = await next_owed(session, conversation)
        if message is None:
            return None
        conversation.serve_by(await self._choose(session, conversation, message), at=self._clock())
        return turn_of(conversation, message)

    async def _answer(
        self,
        session: AsyncSession,
        conversation: Conversation,
        turn: Turn,
        replies: Sequence[Reply],
        understood: dict[str, Any] | None,
    ) -> bool:
        if conversation.handled_seq >= turn.seq:
            return False
        conversation.handled_seq = turn.seq
        await remember_understanding(session, turn, understood)
        if conversation.is_with_person or conversation.state == ConversationState.ended:
            return False
        now = self._clock()
        conversation.answer(at=now)
        reason = await self._handing_off.router.by_itself(session, conversation, at=now)
        if reason is not None and conversation.was_just_helped(reason, at=now):
            reason = None
        offer = [] if reason else await self._tempering.offer(session, conversation, replies)
        for reply in (*replies, *offer):
            await self._speaking.append(session, conversation, "bot", reply, reply_to=turn.seq)
        if reason is not None:
            told = " ".join(" ".join(reply.text for reply in replies).split())[:120]
            summary = own_words().render("handover_summary_by_rule", want=turn.text[:120] or "—", told=told)
            await self._handing_off.hand_off(session, conversation, reason, intent=None, summary=summary[0].text)
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
        self,
        conversation_id: UUID,
        reason: HandOffReason,
        *,
        intent: str | None,
        summary: str,
        seq: int,
        first: str | None = None,
    ) -> None:
        """Ask for a person in the turn of message ``seq`` and tell the customer, in one transaction.

        That turn is thereby answered: the bot is silent from here on.  Asking again while waiting changes nothing.
        The summary also says how the customer feels, as far as that is worth telling.  ``first`` is a response that is
        said before everything else.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.handled_seq = max(conversation.handled_seq, seq)
            await self._handing_off.hand_off(session, conversation, reason, intent=intent, summary=summary, first=first)

    # -- the person's side -----------------------------------------------------------------------

    async def waiting(self) -> list[ConversationView]:
        """The queue, in the order it is served: who counts as waiting longest first."""
        async with self._database.transaction() as session:
            query = select(Conversation).where(Conversation.state.in_(WAITING)).order_by(*repository.SERVED).limit(500)
            found = (await session.scalars(query)).all()
        places: dict[str | None, int] = {}
        views = []
        for conversation in found:
            places[conversation.team] = places.get(conversation.team, 0) + 1
            views.append(ConversationView.of(conversation, queue_position=places[conversation.team]))
        return views

    async def held_by(self, agent: str) -> list[ConversationView]:
        """The conversations an agent has, oldest first."""
        query = (
            select(Conversation)
            .where(Conversation.state == ConversationState.agent.value, Conversation.agent == agent)
            .order_by(Conversation.queued_at)
        )
        async with self._database.transaction() as session:
            return [ConversationView.of(conversation) for conversation in await session.scalars(query)]

    async def accept(self, conversation_id: UUID, agent: str, agent_name: str) -> ConversationView:
        """Take a waiting conversation.  Raises `IllegalMoveError` when a colleague was faster."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            was_new = conversation.is_waiting
            conversation.accept(agent, agent_name, at=self._clock())
            if was_new:
                conversation.handled_seq = conversation.customer_seq
                await self._speaking.say(session, conversation, "utter_agent_joined", agent_name=agent_name)
                await self._speaking.announce_change(session, conversation, was=ConversationState.queued)
            return await view_of(session, conversation)

    async def change(self, conversation_id: UUID, change: Change) -> ConversationView:
        """Move a conversation from one hand to another and tell the customer, in one transaction.

        Raises `NotFoundError`, and whatever the change raises: `IllegalMoveError` where it is not possible any more.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            before = (conversation.state, conversation.agent)
            if conversation.is_with_person:
                conversation.handled_seq = conversation.customer_seq
            told = list(change(conversation, self._clock()))
            await session.flush()
            position = await repository.queue_position(session, conversation) or 1
            for response, values in told:
                await self._speaking.say(session, conversation, response, **{"position": str(position), **values})
            if before != (conversation.state, conversation.agent):
                await self._speaking.announce_change(session, conversation, was=ConversationState(before[0]))
            return await view_of(session, conversation)

    async def say_as_agent(
        self,
        conversation_id: UUID,
        agent: str,
        text: str,
        *,
        external_id: str,
        attachments: Sequence[Attachment] = (),
        passing: Passing | None = None,
    ) -> MessageView:
        """A person's words to the customer, stored once per external id.  Raises `IllegalMoveError`.

        ``passing``: what the text has to pass first; whatever it raises flies on, and nothing is said.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            if passing is not None:
                text = await passing(session, conversation)
            conversation.refuse_unless_held_by(agent)
            known = await repository.with_external_id(session, conversation_id, external_id)
            if known is not None:
                return bubbles_of([await repository.with_fate(session, known)])[0]
            message = await self._speaking.append(
                session,
                conversation,
                "agent",
                Reply(text=text, attachments=tuple(attachments)),
                author_name=conversation.agent_name,
                external_id=external_id,
            )
            await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))
            is_pushed = self._speaking.is_pushed(conversation.reply_channel)
            return bubbles_of([await repository.with_fate(session, message) if is_pushed else (message, None)])[0]

    async def tell(
        self, session: AsyncSession, conversation_id: UUID, response: str, *, at: datetime, **values: str
    ) -> bool:
        """Say something that the customer did not ask for, in the caller's transaction; returns whether it was said.

        Nothing is said while a person has the conversation: the bot is silent then.
        """
        conversation = await repository.locked(session, conversation_id)
        if conversation.is_with_person:
            return False
        for reply in self._words.render(response, **values):
            message = await self._speaking.append(session, conversation, "bot", reply, at=at)
            await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))
        return True

    async def remark(self, session: AsyncSession, conversation_id: UUID, reply: Reply, *, at: datetime) -> bool:
        """The same in words that come from data; returns whether it was said."""
        conversation = await repository.locked(session, conversation_id)
        if conversation.is_with_person:
            return False
        message = await self._speaking.append(session, conversation, "bot", reply, at=at)
        await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))
        return True

    async def resolve(self, conversation_id: UUID, agent: str, *, note: str = "") -> None:
        """The matter is settled; the bot has the conversation again.  Raises `IllegalMoveError`.

        ``note``: what was promised, for whoever has the customer next.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.resolve(agent, at=self._clock(), note=note)
            conversation.handled_seq = conversation.customer_seq
            await self._speaking.say(session, conversation, "utter_back_to_bot")
            await self._speaking.announce_change(session, conversation, was=ConversationState.agent)

    async def typing(self, conversation_id: UUID, by: str, *, on: bool) -> None:
        """A passing hint, not stored."""
        async with self._database.transaction() as session:
            event = Event.model_validate({"conversation_id": conversation_id, "kind": "typing", "by": by, "on": on})
            await announce(session, event)

    async def thinking(self, conversation_id: UUID) -> None:
        """The bot takes a moment; said only where the channel has to be told."""
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, conversation_id)
            if conversation is not None and conversation.reply_channel in self._deliveries.channels:
                await announce(session, Event(conversation_id=conversation_id, kind="typing", by="bot", on=True))


async def _announce_delivery(session: AsyncSession, change: Changed) -> None:
    if change.conversation_id is not None:
        seq = change.seq or 0
        await announce(session, Event(conversation_id=change.conversation_id, kind="delivery", seq=seq))


def _external_id(conversation: Conversation, incoming: IncomingMessage) -> str:
    """Ids of another channel than the conversation's own are kept apart from those of its own."""
    is_own = incoming.channel == conversation.channel
    return incoming.external_id if is_own else f"{incoming.channel}:{incoming.external_id}"
