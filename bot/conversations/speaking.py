"""What is said in a conversation, sent where it has to be, and told to everybody who looks on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Author, Reply
from bot.clock import Clock
from bot.conversations import pushing, repository
from bot.conversations.custody import WAITING
from bot.conversations.events import Event, announce
from bot.conversations.model import Conversation, ConversationState, Message
from bot.conversations.own_words import own_words
from bot.delivery.service import DeliveryService
from bot.words import Words

_TOLD_OF_THEIR_PLACE = 50
"""How many of those who wait hear at once that they have moved up; farther back the number means little."""


class Speaking:
    """Everything here happens in the caller's transaction, with the conversation locked."""

    def __init__(self, words: Words, deliveries: DeliveryService, clock: Clock) -> None:
        self._words = words
        self._deliveries = deliveries
        self._clock = clock

    def is_pushed(self, channel: str) -> bool:
        """Whether what is said there has to be sent; else it is fetched."""
        return channel in self._deliveries.channels

    async def greet(self, session: AsyncSession, conversation: Conversation, welcome: str, cause: str) -> None:
        """With the response ``welcome``, once for each ``cause`` that has a name."""
        external_id = f"greeting:{cause}" if cause else None
        if external_id and await repository.with_external_id(session, conversation.id, external_id):
            return
        for reply in self._words.render(welcome):
            message = await self.append(session, conversation, "bot", reply, external_id=external_id)
            external_id = None
            await announce(session, Event(conversation_id=conversation.id, kind="message", seq=message.seq))

    async def append(
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
        if self.is_pushed(conversation.reply_channel):
            await self._deliveries.enqueue(session, pushing.outgoing(conversation, message, reply))
        return message

    async def say(
        self, session: AsyncSession, conversation: Conversation, response: str, *, more: str = "", **values: str
    ) -> None:
        """``more`` is said in the same bubble."""
        words = own_words() if response in own_words() else self._words
        for reply in words.render(response, **values):
            whole = reply.model_copy(update={"text": reply.text + more})
            await self.append(session, conversation, "system", whole)

    async def announce_change(
        self, session: AsyncSession, conversation: Conversation, *, was: ConversationState
    ) -> None:
        """Somebody else has it: nobody's typing goes on, and whoever waits has moved."""
        for by in ("bot", "agent"):
            event = {"conversation_id": conversation.id, "kind": "typing", "by": by, "on": False}
            await announce(session, Event.model_validate(event))
        await self.announce_state(session, conversation)
        if was in WAITING or conversation.is_waiting:
            await self.announce_queue(session, but=conversation.id)

    async def announce_state(self, session: AsyncSession, conversation: Conversation) -> None:
        """Something about it is different; whoever shows it reads it again."""
        await announce(session, Event(conversation_id=conversation.id, kind="state", seq=conversation.last_seq))

    async def announce_queue(self, session: AsyncSession, *, but: UUID | None = None) -> None:
        """Everybody who still waits has moved up."""
        await session.flush()
        waiting = await repository.next_in_queue(session, limit=_TOLD_OF_THEIR_PLACE)
        for conversation_id in (one for one in waiting if one != but):
            await announce(session, Event(conversation_id=conversation_id, kind="state"))
