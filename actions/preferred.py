"""Follow-ups where the customer wants to hear from us, if they talk with us there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, ConversationState
from bot.customers.reach import preference
from bot.tickets.ports import FollowUps


class AskWherePreferred:
    """The port `bot.tickets.ports.FollowUps`: in the newest conversation on the preferred channel, else in its own."""

    def __init__(self, inner: FollowUps) -> None:
        self._inner = inner

    async def ask(self, session: AsyncSession, ticket_no: str, conversation_id: UUID, *, at: datetime) -> bool:
        where = await self._preferred(session, conversation_id) or conversation_id
        return await self._inner.ask(session, ticket_no, where, at=at)

    async def _preferred(self, session: AsyncSession, conversation_id: UUID) -> UUID | None:
        own = await session.get(Conversation, conversation_id)
        channel = await preference(session, own.customer_id) if own is not None else None
        if own is None or channel is None or own.reply_channel == channel:
            return None
        query = (
            select(Conversation.id)
            .where(
                Conversation.customer_id == own.customer_id,
                Conversation.reply_channel == channel,
                Conversation.state.in_([ConversationState.new.value, ConversationState.bot.value]),
            )
            .order_by(Conversation.updated_at.desc())
            .limit(1)
        )
        return await session.scalar(query)
