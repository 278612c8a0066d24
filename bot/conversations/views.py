"""Conversations and their messages as others see them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations import repository
from bot.conversations.model import Conversation
from bot.conversations.schemas import ConversationView, MessageView


async def view_of(session: AsyncSession, conversation: Conversation) -> ConversationView:
    """With its place in the queue."""
    await session.flush()
    position = await repository.queue_position(session, conversation)
    return ConversationView.of(conversation, queue_position=position)


def bubbles_of(found: Sequence[repository.Fated]) -> list[MessageView]:
    """Bubbles as they are shown, with how far they got."""
    return [MessageView.of(message, delivery) for message, delivery in found]
