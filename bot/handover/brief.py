"""What an agent has to know in the first three seconds: what is wanted, what was tried, what is open."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.custody import Move
from bot.conversations.model import Conversation, ConversationDoor
from bot.conversations.moves import ConversationMove
from bot.conversations.schemas import ConversationView
from bot.customers.model import Customer
from bot.handover.words import handover_words

_PAST = timedelta(days=30)


class HandoverBrief(BaseModel):
    """Shown beside a conversation that is handed over.

    Parameters
    ----------
    lines: what the customer wants; what was tried and asked already; what is still open.
    transferred: the colleague's word with a transfer.
    contacts: how often a person of ours has served the customer in the last 30 days, this time not counted.
    channels: all the ways this customer writes to us.
    """

    model_config = ConfigDict(frozen=True)

    lines: tuple[str, str, str]
    transferred: str | None = None
    is_vip: bool = False
    is_verified: bool = False
    channels: tuple[str, ...] = ()
    contacts: int = 0
    last_contact_at: datetime | None = None
    because: tuple[str, ...] = ()


class Past(BaseModel):
    """What is known of the customer from before."""

    model_config = ConfigDict(frozen=True)

    is_vip: bool = False
    is_verified: bool = False
    channels: tuple[str, ...] = ()
    contacts: int = 0
    last_contact_at: datetime | None = None
    because: tuple[str, ...] = ()


async def past_of(session: AsyncSession, conversation_id: UUID, *, at: datetime) -> Past:
    """Read the rest of what a brief needs."""
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        return Past()
    customer = await session.get(Customer, conversation.customer_id)
    own = select(Conversation.id).where(Conversation.customer_id == conversation.customer_id)
    doors = select(ConversationDoor.channel).where(ConversationDoor.conversation_id.in_(own)).distinct()
    channels = sorted(await session.scalars(doors))
    served = select(func.count(), func.max(ConversationMove.at)).where(
        ConversationMove.conversation_id.in_(own),
        ConversationMove.move.in_((Move.give_back.value, Move.end.value)),
        ConversationMove.agent.is_not(None),
        ConversationMove.at >= at - _PAST,
    )
    contacts, last = (await session.execute(served)).one()
    return Past(
        is_vip=customer is not None and customer.is_vip,
        is_verified=customer is not None and customer.verified_phone is not None,
        channels=tuple(channels),
        contacts=contacts,
        last_contact_at=last,
        because=tuple(conversation.route_because),
    )


def brief_of(view: ConversationView, past: Past, tickets: Sequence[str], *, is_party: bool = False) -> HandoverBrief:
    """Put it together.

    Parameters
    ----------
    tickets: numbers of open tickets of the customer and the waybill.
    is_party: whether the customer has shown to be a party to the waybill.
    """
    words = handover_words()["ui"]
    want, *tried = [line.strip() for line in (view.hand_off_summary or "").splitlines() if line.strip()] or [""]
    open_ = [words["tickets_open"].format(tickets="、".join(tickets))] if tickets else []
    if view.given_back_note:
        open_.append(words["promised"].format(note=view.given_back_note))
    return HandoverBrief(
        lines=(
            words["wants"] + (want.partition("：")[2] or want or "—"),
            words["tried"] + ("；".join(tried) or words["nothing_tried"]),
            words["open"] + ("；".join(open_) or words["nothing_open"]),
        ),
        transferred=view.transfer_note or None,
        is_verified=past.is_verified or is_party,
        **past.model_dump(exclude={"is_verified"}),
    )
