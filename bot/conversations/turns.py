"""Turns of the bot: which message is owed an answer, and what was understood of it."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment
from bot.conversations import repository
from bot.conversations.model import Conversation, Message
from bot.dialogue.engine import Turn
from bot.errors import IllegalMoveError


async def remember_understanding(session: AsyncSession, turn: Turn, understood: dict[str, Any] | None) -> None:
    """For the desk and for trainers."""
    if understood is None:
        return
    mine = Message.conversation_id == turn.conversation_id, Message.seq == turn.seq
    put = update(Message).where(*mine).values(understood=understood).returning(Message.seq)
    if (await session.execute(put.execution_options(synchronize_session=False))).first() is None:
        raise IllegalMoveError(f"turn {turn.id} has no message")


async def next_owed(session: AsyncSession, conversation: Conversation) -> Message | None:
    """Of a locked conversation; what a person has been given is dealt with."""
    if conversation.is_with_person:
        conversation.handled_seq = conversation.customer_seq
    if conversation.handled_seq >= conversation.customer_seq:
        return None
    message = await repository.next_owed(session, conversation)
    if message is None:
        conversation.handled_seq = conversation.customer_seq
    return message


def turn_of(conversation: Conversation, message: Message) -> Turn:
    """What the engine is asked."""
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
