"""A bubble on its way to a channel that has to be pushed."""

from typing import cast
from uuid import UUID, uuid5

from bot.channels import Author, Reply
from bot.conversations.model import Conversation, Message
from bot.delivery.ports import Outgoing

_BUBBLES = UUID("5c1a7b1e-3e0b-4b0f-8a39-6a7f5b0d0d10")


def outgoing(conversation: Conversation, message: Message, reply: Reply) -> Outgoing:
    """To where the customer wrote last; the same bubble always has the same id."""
    return Outgoing(
        id=uuid5(_BUBBLES, message.turn),
        channel=conversation.reply_channel,
        recipient=conversation.reply_address,
        author=cast(Author, message.author),
        text=reply.text,
        created_at=message.created_at,
        conversation_id=conversation.id,
        seq=message.seq,
        buttons=reply.buttons,
        attachments=reply.attachments,
    )
