"""Conversations and their messages as others see them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations import repository
from bot.conversations.model import Conversation, Message
from bot.conversations.schemas import ConversationView, MessageView


async def view_of(session: AsyncSession, conversation: Conversation) -> ConversationView:
    """With its place in the queue."""
    await session.flush()
    position = await repository.queue_position(session, conversation)
    return ConversationView.of(conversation, queue_position=position)


async def bubbles_of(session: AsyncSession, conversation_id: UUID, messages: Sequence[Message]) -> list[MessageView]:
    """Bubbles as they are shown, with how far they got."""
    own = [message.seq for message in messages if message.author != "customer"]
    rows = await repository.deliveries_of(session, conversation_id, own)
    return [MessageView.of(message, rows.get(message.seq)) for message in messages]
