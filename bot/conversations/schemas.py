"""What goes over the wire and to the desk: a message, and a conversation at a glance."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.channels import Attachment, Author, Button, MessageKind
from bot.conversations.model import Conversation, ConversationState, Message
from bot.conversations.mood import Sentiment, Urgency
from bot.delivery.model import Delivery
from bot.delivery.words import BubbleState, state_of, why_not


class MessageView(BaseModel):
    """One bubble as a client shows it.

    ``delivery`` says how far it got on a channel that is pushed, None elsewhere; ``delivery_problem`` is one Chinese
    sentence where it is held up or failed.
    """

    model_config = ConfigDict(frozen=True)

    conversation_id: UUID
    seq: int
    author: Author
    author_name: str | None
    external_id: str | None
    text: str
    buttons: tuple[Button, ...]
    created_at: datetime
    kind: MessageKind = MessageKind.text
    attachments: tuple[Attachment, ...] = ()
    delivery: BubbleState | None = None
    delivery_problem: str | None = None

    @classmethod
    def of(cls, message: Message, delivery: Delivery | None = None) -> "MessageView":
        return cls(
            conversation_id=message.conversation_id,
            seq=message.seq,
            author=message.author,  # type: ignore[arg-type]
            author_name=message.author_name,
            external_id=message.external_id,
            text=message.text,
            buttons=tuple(Button.model_validate(button) for button in message.buttons),
            created_at=message.created_at,
            kind=MessageKind(message.kind),
            attachments=tuple(Attachment.model_validate(each) for each in message.attachments),
            delivery=state_of(delivery),
            delivery_problem=why_not(delivery),
        )


class ConversationView(BaseModel):
    """Who has the conversation and how far it got.  ``queue_position`` counts from 1 while queued.

    ``sentiment`` and ``urgency`` are the gravest of the customer's latest messages.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    customer_id: UUID
    channel: str
    reply_channel: str
    reply_address: str
    state: ConversationState
    last_seq: int
    agent: str | None
    agent_name: str | None
    waybill_no: str | None
    hand_off_reason: str | None
    hand_off_intent: str | None
    hand_off_summary: str | None
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None
    team: str | None = None
    offered_to: str | None = None
    offered_until: datetime | None = None
    wanted: str | None = None
    transfer_note: str | None = None
    given_back_note: str | None = None
    callback_at: datetime | None = None
    queued_at: datetime | None
    accepted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    queue_position: int | None = None

    @classmethod
    def of(cls, conversation: Conversation, *, queue_position: int | None = None) -> "ConversationView":
        fields = {name: getattr(conversation, name) for name in cls.model_fields if name != "queue_position"}
        return cls(**fields, queue_position=queue_position)
