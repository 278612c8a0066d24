"""The one door to conversations: receive, answer, hand off, accept, speak as an agent, resolve."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, Author, IncomingMessage, Reply
from bot.clock import Clock
from bot.conversations import pushing, repository
from bot.conversations.custody import WAITING
from bot.conversations.events import Event, announce
from bot.conversations.model import Conversation, ConversationState, HandOffReason, Message
from bot.conversations.mood import Mood, Temper, wants_person
from bot.conversations.own_words import LEAVE, leaves_queue, moment_words, own_words
from bot.conversations.routing import NoRouting, Route, Router
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.serving import ReleaseChoice, one_for_all
from bot.customers.service import customer_for
from bot.db import Database
from bot.delivery.service import Changed, DeliveryService
from bot.dialogue.engine import Turn
from bot.errors import IllegalMoveError, NotFoundError
from bot.words import Words

_TOLD_OF_THEIR_PLACE = 50
"""How many of those who wait hear at once that they have moved up; farther back the number means little."""

_MOOD_LASTS = timedelta(hours=1)
_MOOD_MESSAGES = 6
"""So far back a customer's words say how the customer feels now."""

GREETING = "utter_greet"
HUMAN = "/request_human"
"""What a button says that asks for a person."""


Said: TypeAlias = tuple[str, dict[str, str]]
"""A response of ``handover.yml`` (or of the bot's words) and its values."""
Change: TypeAlias = Callable[[Conversation, datetime], Iterable[Said]]
"""Moves a locked conversation and returns what the customer is told of it."""


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
        self._listeners: list[Callable[[Message], None]] = []
        self._router: Router = NoRouting()
        self._choose: ReleaseChoice = one_for_all
        self._deliveries.when_changed(_announce_delivery)

    def route_with(self, router: Router) -> None:
        """From now on this decides where a conversation waits that needs a person."""
        self._router = router

    def serve_by(self, choose: ReleaseChoice) -> None:
        """From now on this decides which release of the bot answers a turn."""
        self._choose = choose

    def when_received(self, listener: Callable[[Message], None]) -> None:
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
            conversation, is_new = await self._open(session, channel, sender)
            is_due = not conversation.is_with_person if greet and is_pushed else is_new and greet is not False
            if is_due and (greet or not is_pushed):
                await self._greet(session, conversation, welcome, cause)
            return await _view(session, conversation)

    async def link(self, conversation_id: UUID, channel: str, address: str) -> ConversationView:
        """One more door to a conversation; whoever calls this has proof that it is the same customer.

        The address led elsewhere before?  From now on it leads here.  Raises `NotFoundError`.
        """
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            await repository.put_door(session, channel, address, conversation_id, at=self._clock())
            await announce(session, Event(conversation_id=conversation_id, kind="state", seq=conversation.last_seq))
            return await _view(session, conversation)

    async def doors(self, conversation_id: UUID) -> list[tuple[str, str]]:
        """Channel and address of every way in."""
        async with self._database.transaction() as session:
            return [(door.channel, door.address) for door in await repository.doors_of(session, conversation_id)]

    async def receive(self, incoming: IncomingMessage) -> Received:
        """Store a message, once per external id, before anybody acknowledges it."""
        async with self._database.transaction() as session:
            conversation, is_new = await self._open(session, incoming.channel, incoming.sender)
            if is_new and incoming.channel not in self._deliveries.channels:
                await self._greet(session, conversation, GREETING, "")
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
            if await self._left(session, conversation, incoming):
                needs_bot = False
            if incoming.channel in self._deliveries.channels:
                await self._deliveries.customer_wrote(session, incoming.channel, incoming.sender, at=self._clock())
            event = Event(conversation_id=conversation.id, kind="message", seq=message.seq, by="customer")
            await announce(session, event)
        for listener in self._listeners:
            listener(message)
        return Received(conversation.id, message.seq, duplicate=False, needs_bot=needs_bot)

    async def messages_after(self, conversation_id: UUID, seq: int, *, limit: int = 500) -> list[MessageView]:
        async with self._database.transaction() as session:
            return await _views(
                session, conversation_id, await repository.after(session, conversation_id, seq, limit=limit)
            )

    async def messages_before(self, conversation_id: UUID, seq: int, *, limit: int = 50) -> list[MessageView]:
        async with self._database.transaction() as session:
            return await _views(
                session, conversation_id, await repository.before(session, conversation_id, seq, limit=limit)
            )

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
            conversation = await session.get(Conversation, conversation_id)
            if conversation is None:
                raise NotFoundError(f"conversation {conversation_id} is not known")
            return await _view(session, conversation)

    async def leave_queue(self, conversation_id: UUID) -> None:
        """The customer would rather go on with the bot."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            await self._leave(session, conversation)

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
        message = await _next_owed(session, conversation)
        if message is None:
            return None
        conversation.serve_by(await self._choose(session, conversation, message), at=self._clock())
        return _turn(conversation, message)

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
        await _remember_understanding(session, turn, understood)
        if conversation.is_with_person or conversation.state == ConversationState.ended:
            return False
        now = self._clock()
        conversation.answer(at=now)
        reason = await self._router.by_itself(session, conversation, at=now)
        if reason is not None and conversation.was_just_helped(reason, at=now):
            reason = None
        offer = [] if reason else await self._offer_person(session, conversation, replies)
        for reply in (*replies, *offer):
            await self._append(session, conversation, "bot", reply, reply_to=turn.seq)
        if reason is not None:
            told = " ".join(" ".join(reply.text for reply in replies).split())[:120]
            summary = own_words().render("handover_summary_by_rule", want=turn.text[:120] or "—", told=told)
            await self._hand_off(session, conversation, reason, intent=None, summary=summary[0].text)
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
            conversation.handled_seq = max(conversation.handled_seq, seq)
            await self._hand_off(session, conversation, reason, intent=intent, summary=summary)

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
                await self._say(session, conversation, "utter_agent_joined", agent_name=agent_name)
                await self._announce_change(session, conversation, was=ConversationState.queued)
            return await _view(session, conversation)

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
                await self._say(session, conversation, response, **{"position": str(position), **values})
            if before != (conversation.state, conversation.agent):
                await self._announce_change(session, conversation, was=ConversationState(before[0]))
            return await _view(session, conversation)

    async def say_as_agent(
        self,
        conversation_id: UUID,
        agent: str,
        text: str,
        *,
        external_id: str,
        attachments: Sequence[Attachment] = (),
    ) -> MessageView:
        """A person's words to the customer, stored once per external id.  Raises `IllegalMoveError`."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            conversation.refuse_unless_held_by(agent)
            known = await repository.with_external_id(session, conversation_id, external_id)
            if known is not None:
                return (await _views(session, conversation_id, [known]))[0]
            message = await self._append(
                session,
                conversation,
                "agent",
                Reply(text=text, attachments=tuple(attachments)),
                author_name=conversation.agent_name,
                external_id=external_id,
            )
            await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))
            return (await _views(session, conversation_id, [message]))[0]

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
            message = await self._append(session, conversation, "bot", reply, at=at)
            await announce(session, Event(conversation_id=conversation_id, kind="message", seq=message.seq))

    async def remark(self, session: AsyncSession, conversation_id: UUID, reply: Reply, *, at: datetime) -> bool:
        """The same in words that come from data; returns whether it was said."""
        conversation = await repository.locked(session, conversation_id)
        if conversation.is_with_person:
            return False
        message = await self._append(session, conversation, "bot", reply, at=at)
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
            await self._say(session, conversation, "utter_back_to_bot")
            await self._announce_change(session, conversation, was=ConversationState.agent)

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

    # -- within ----------------------------------------------------------------------------------

    async def _open(self, session: AsyncSession, channel: str, sender: str) -> tuple[Conversation, bool]:
        """The conversation behind this door, locked, and whether it is new.

        Two first messages at once wait for each other and open one.
        """
        found = await repository.behind(session, channel, sender)
        if found is not None:
            return found, False
        customer = await customer_for(session, channel, sender, at=self._clock())
        await session.execute(select(func.pg_advisory_xact_lock(customer.id.int % 2**63)))
        found = await repository.behind(session, channel, sender)
        if found is not None:
            return found, False
        return await self._begin(session, customer.id, channel, sender), True

    async def _begin(self, session: AsyncSession, customer_id: UUID, channel: str, sender: str) -> Conversation:
        now = self._clock()
        conversation = Conversation(
            customer_id=customer_id,
            channel=channel,
            reply_channel=channel,
            reply_address=sender,
            state=ConversationState.new.value,
            last_seq=0,
            customer_seq=0,
            handled_seq=0,
            created_at=now,
            updated_at=now,
        )
        session.add(conversation)
        await session.flush()
        await repository.put_door(session, channel, sender, conversation.id, at=now)
        return conversation

    async def _greet(self, session: AsyncSession, conversation: Conversation, welcome: str, cause: str) -> None:
        external_id = f"greeting:{cause}" if cause else None
        if external_id and await repository.with_external_id(session, conversation.id, external_id):
            return
        for reply in self._words.render(welcome):
            message = await self._append(session, conversation, "bot", reply, external_id=external_id)
            external_id = None
            await announce(session, Event(conversation_id=conversation.id, kind="message", seq=message.seq))

    async def _append(
        self,
        session: AsyncSession,
        conversation: Conversation,
        author: Author,
        reply: Reply,
        *,
        at: datetime | None = None,
        author_name: str | None = None,
        external_id: str | None = None,
        reply_to: int | None = None,
    ) -> Message:
        """One more bubble, and on its way where the customer has to be sent it."""
        message = repository.append(
            session,
            conversation,
            author,
            reply,
            at=at or self._clock(),
            author_name=author_name,
            external_id=external_id,
            reply_to=reply_to,
        )
        if conversation.reply_channel in self._deliveries.channels:
            await self._deliveries.enqueue(session, pushing.outgoing(conversation, message, reply))
        return message

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
            if conversation.is_waiting:
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

    async def _left(self, session: AsyncSession, conversation: Conversation, incoming: IncomingMessage) -> bool:
        """The customer says to wait no longer; returns whether the message is thereby dealt with."""
        if conversation.is_waiting and leaves_queue(incoming.text, incoming.payload):
            await self._leave(session, conversation)
        elif incoming.payload.startswith(LEAVE) and not conversation.is_with_person:
            await self._say(session, conversation, "handover_not_waiting")
        else:
            return False
        conversation.handled_seq = conversation.customer_seq
        return True

    async def _leave(self, session: AsyncSession, conversation: Conversation) -> None:
        conversation.leave_queue(at=self._clock())
        conversation.handled_seq = conversation.customer_seq
        await self._say(session, conversation, "utter_left_queue")
        await self._announce_change(session, conversation, was=ConversationState.queued)

    async def _hand_off(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        *,
        intent: str | None,
        summary: str,
    ) -> None:
        """Into the queue where the rules say, or a promise where nobody is there; the customer is told either way."""
        now = self._clock()
        if conversation.is_with_person or conversation.state == ConversationState.ended:
            return
        if conversation.was_just_helped(reason, at=now):
            await self._say(session, conversation, "handover_just_helped")
            await self._announce_state(session, conversation)
            return
        summary = "\n".join([summary, *self._told(conversation.temper)]).strip()
        route = await self._router.route(session, conversation, reason, intent=intent, at=now)
        if route.call_back_at is not None:
            await self._promise(session, conversation, reason, route, intent=intent, summary=summary)
            return
        conversation.queue(
            reason,
            intent=intent,
            summary=summary,
            at=now,
            team=route.team,
            priority=route.priority,
            because=route.because,
            offer_seconds=route.offer_seconds,
        )
        await session.flush()
        position = await repository.queue_position(session, conversation) or 1
        conversation.place_told, conversation.place_told_at = position, now
        more = await self._wait_words(session, conversation, position)
        await self._say(session, conversation, f"utter_hand_off_{reason}", more=more, position=str(position))
        await self._announce_change(session, conversation, was=ConversationState.bot)

    async def _promise(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        route: Route,
        *,
        intent: str | None,
        summary: str,
    ) -> None:
        now, until = self._clock(), route.call_back_at or self._clock()
        is_known = conversation.callback_at is not None and conversation.callback_at > now
        if not is_known:
            conversation.promise(
                reason,
                intent=intent,
                summary=summary,
                until=until,
                at=now,
                team=route.team,
                priority=route.priority,
                because=route.because,
            )
        said = "handover_promised_already" if is_known else "handover_promised"
        when = moment_words(conversation.callback_at or until, now)
        await self._say(session, conversation, said, when=when)
        await self._announce_change(session, conversation, was=ConversationState.bot)

    async def _wait_words(self, session: AsyncSession, conversation: Conversation, position: int) -> str:
        """How long it will take, where that can be known, and how to leave where there is no button for it."""
        found = []
        wait = await self._router.expected_wait(session, conversation, position, at=self._clock())
        if wait is not None:
            minutes = max(1, round(wait.total_seconds() / 60))
            found += own_words().render("handover_wait", minutes=str(minutes))
        if conversation.reply_channel in self._deliveries.channels:
            found += own_words().render("handover_leave_hint")
        return "".join(reply.text for reply in found)

    async def _say(
        self, session: AsyncSession, conversation: Conversation, response: str, *, more: str = "", **values: str
    ) -> None:
        """``more`` is said in the same bubble."""
        words = own_words() if response in own_words() else self._words
        for reply in words.render(response, **values):
            whole = reply.model_copy(update={"text": reply.text + more})
            await self._append(session, conversation, "system", whole)

    async def _announce_change(
        self, session: AsyncSession, conversation: Conversation, *, was: ConversationState
    ) -> None:
        """Somebody else has it: nobody's typing goes on, and whoever waits has moved."""
        for by in ("bot", "agent"):
            event = {"conversation_id": conversation.id, "kind": "typing", "by": by, "on": False}
            await announce(session, Event.model_validate(event))
        await self._announce_state(session, conversation)
        if was in WAITING or conversation.is_waiting:
            await self._announce_queue(session, but=conversation.id)

    async def _announce_state(self, session: AsyncSession, conversation: Conversation) -> None:
        await announce(session, Event(conversation_id=conversation.id, kind="state", seq=conversation.last_seq))

    async def _announce_queue(self, session: AsyncSession, *, but: UUID | None = None) -> None:
        """Everybody who still waits has moved up."""
        await session.flush()
        waiting = await repository.next_in_queue(session, limit=_TOLD_OF_THEIR_PLACE)
        for conversation_id in (one for one in waiting if one != but):
            await announce(session, Event(conversation_id=conversation_id, kind="state"))


async def _remember_understanding(session: AsyncSession, turn: Turn, understood: dict[str, Any] | None) -> None:
    if understood is None:
        return
    mine = Message.conversation_id == turn.conversation_id, Message.seq == turn.seq
    put = update(Message).where(*mine).values(understood=understood).returning(Message.seq)
    if (await session.execute(put.execution_options(synchronize_session=False))).first() is None:
        raise IllegalMoveError(f"turn {turn.id} has no message")


async def _next_owed(session: AsyncSession, conversation: Conversation) -> Message | None:
    """Of a locked conversation."""
    if conversation.is_with_person:
        conversation.handled_seq = conversation.customer_seq
    if conversation.handled_seq >= conversation.customer_seq:
        return None
    message = await repository.next_owed(session, conversation)
    if message is None:
        conversation.handled_seq = conversation.customer_seq
    return message


def _turn(conversation: Conversation, message: Message) -> Turn:
    return Turn(
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        channel=conversation.channel,
        seq=message.seq,
        kind=message.kind,
        text=message.text,
        payload=message.payload,
        attachments=tuple(Attachment.model_validate(each) for each in message.attachments),
        release=conversation.release,
    )


async def _view(session: AsyncSession, conversation: Conversation) -> ConversationView:
    await session.flush()
    position = await repository.queue_position(session, conversation)
    return ConversationView.of(conversation, queue_position=position)


async def _views(session: AsyncSession, conversation_id: UUID, messages: Sequence[Message]) -> list[MessageView]:
    """Bubbles as they are shown, with how far they got."""
    own = [message.seq for message in messages if message.author != "customer"]
    rows = await repository.deliveries_of(session, conversation_id, own)
    return [MessageView.of(message, rows.get(message.seq)) for message in messages]


async def _announce_delivery(session: AsyncSession, change: Changed) -> None:
    if change.conversation_id is not None:
        seq = change.seq or 0
        await announce(session, Event(conversation_id=change.conversation_id, kind="delivery", seq=seq))


def _external_id(conversation: Conversation, incoming: IncomingMessage) -> str:
    """Ids of another channel than the conversation's own are kept apart from those of its own."""
    is_own = incoming.channel == conversation.channel
    return incoming.external_id if is_own else f"{incoming.channel}:{incoming.external_id}"
