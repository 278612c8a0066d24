"""Who comes in by a door is led to an open conversation, or to a new one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations import repository
from bot.conversations.model import Conversation, ConversationState
from bot.customers.service import customer_for


async def open_behind(session: AsyncSession, channel: str, sender: str, *, at: datetime) -> tuple[Conversation, bool]:
    """The conversation behind this door, locked, and whether it is new.

    Two first messages at once wait for each other and open one.
    """
    found = await repository.behind(session, channel, sender)
    if found is not None:
        return found, False
    customer = await customer_for(session, channel, sender, at=at)
    await session.execute(select(func.pg_advisory_xact_lock(customer.id.int % 2**63)))
    found = await repository.behind(session, channel, sender)
    if found is not None:
        return found, False
    return await _begin(session, customer.id, channel, sender, at=at), True


async def _begin(session: AsyncSession, customer_id: UUID, channel: str, sender: str, *, at: datetime) -> Conversation:
    conversation = Conversation(
        customer_id=customer_id,
        channel=channel,
        reply_channel=channel,
        reply_address=sender,
        state=ConversationState.new.value,
        last_seq=0,
        customer_seq=0,
        handled_seq=0,
        created_at=at,
        updated_at=at,
    )
    session.add(conversation)
    await session.flush()
    await repository.put_door(session, channel, sender, conversation.id, at=at)
    return conversation
