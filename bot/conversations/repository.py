"""Reading and locking conversations and their messages."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import BigInteger, Select, and_, bindparam, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Author, IncomingMessage, Reply
from bot.conversations.custody import WAITING
from bot.conversations.model import Conversation, ConversationDoor, ConversationState, Message
from bot.conversations.mood import Felt, Mood, Sentiment, Urgency
from bot.delivery.model import Delivery
from bot.errors import NotFoundError

SERVED = (Conversation.served_from, Conversation.queued_at, Conversation.id)
"""The order of the queue."""
Fated: TypeAlias = tuple[Message, Delivery | None]
"""A message, and how far it got where it is pushed."""
_MOOD = ("sentiment", "sentiment_confidence", "urgency", "urgency_confidence")
_WAITING = tuple(state.value for state in sorted(WAITING))


async def locked(session: AsyncSession, conversation_id: UUID) -> Conversation:
    """The conversation, held against other writers until the transaction ends.  Raises `NotFoundError`."""
    conversation = await session.get(Conversation, conversation_id, with_for_update=True)
    if conversation is None:
        raise NotFoundError(f"conversation {conversation_id} is not known")
    return conversation


async def known(session: AsyncSession, conversation_id: UUID) -> Conversation:
    """The conversation as it is, held by nobody.  Raises `NotFoundError`."""
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFoundError(f"conversation {conversation_id} is not known")
    return conversation


async def behind(session: AsyncSession, channel: str, address: str) -> Conversation | None:
    """The conversation that is entered here and has not ended, locked."""
    return (await session.scalars(_BEHIND, {"channel": channel, "address": address})).first()


async def put_door(session: AsyncSession, channel: str, address: str, conversation_id: UUID, *, at: datetime) -> None:
    """From now on this address leads to that conversation."""
    values = {"channel": channel, "address": address, "conversation_id": conversation_id, "created_at": at}
    key = [ConversationDoor.channel, ConversationDoor.address]
    led = {"conversation_id": conversation_id, "created_at": at}
    await session.execute(insert(ConversationDoor).values(values).on_conflict_do_update(index_elements=key, set_=led))


async def doors_of(session: AsyncSession, conversation_id: UUID) -> Sequence[ConversationDoor]:
    """Every way in, the oldest first."""
    query = (
        select(ConversationDoor)
        .where(ConversationDoor.conversation_id == conversation_id)
        .order_by(ConversationDoor.created_at, ConversationDoor.channel)
    )
    return (await session.scalars(query)).all()


async def with_external_id(session: AsyncSession, conversation_id: UUID, external_id: str) -> Message | None:
    return (await session.scalars(_WITH_EXTERNAL_ID, {"of": conversation_id, "external_id": external_id})).first()


def _with_fates() -> Select[Message, Delivery | None]:
    """Messages, each with how far it got where it is pushed."""
    on_its_way = and_(Delivery.conversation_id == Message.conversation_id, Delivery.seq == Message.seq)
    return select(Message, Delivery).outerjoin(Delivery, on_its_way)


# Made once: to put such a question together takes about as long as to have it answered, and these are asked all day.
_BEHIND = (
    select(Conversation)
    .join(ConversationDoor, ConversationDoor.conversation_id == Conversation.id)
    .where(
        ConversationDoor.channel == bindparam("channel"),
        ConversationDoor.address == bindparam("address"),
        Conversation.state != ConversationState.ended.value,
    )
    .with_for_update(of=Conversation)
)
_WITH_EXTERNAL_ID = select(Message).where(
    Message.conversation_id == bindparam("of"), Message.external_id == bindparam("external_id")
)
_AFTER = (
    _with_fates()
    .where(Message.conversation_id == bindparam("of"), Message.seq > bindparam("since"))
    .order_by(Message.seq)
    .limit(bindparam("most", type_=BigInteger))
)


async def with_fate(session: AsyncSession, message: Message) -> Fated:
    """A message that was stored before, with how far it got."""
    query = _with_fates().where(Message.conversation_id == message.conversation_id, Message.seq == message.seq)
    return (await session.execute(query)).one()


async def after(session: AsyncSession, conversation_id: UUID, seq: int, *, limit: int) -> Sequence[Fated]:
    """Messages newer than ``seq``, oldest first."""
    return (await session.execute(_AFTER, {"of": conversation_id, "since": seq, "most": limit})).all()


async def before(session: AsyncSession, conversation_id: UUID, seq: int, *, limit: int) -> Sequence[Fated]:
    """Messages older than ``seq``, oldest first."""
    query = (
        _with_fates()
        .where(Message.conversation_id == conversation_id, Message.seq < seq)
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    return list(reversed((await session.execute(query)).all()))


async def next_owed(session: AsyncSession, conversation: Conversation) -> Message | None:
    """The oldest customer message that nobody has dealt with yet."""
    query = (
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.author == "customer",
            Message.seq > conversation.handled_seq,
        )
        .order_by(Message.seq)
        .limit(1)
    )
    return (await session.scalars(query)).first()


async def owed(session: AsyncSession, *, limit: int) -> Sequence[UUID]:
    """Conversations with a customer message that nobody has dealt with yet."""
    query = (
        select(Conversation.id)
        .where(Conversation.customer_seq > Conversation.handled_seq)
        .order_by(Conversation.updated_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def next_in_queue(session: AsyncSession, *, limit: int) -> Sequence[UUID]:
    """Those who wait, in the order they are served: who counts as waiting longest first."""
    query = select(Conversation.id).where(Conversation.state.in_(_WAITING)).order_by(*SERVED).limit(limit)
    return (await session.scalars(query)).all()


async def queue_position(session: AsyncSession, conversation: Conversation) -> int | None:
    """Place in the queue of its team, from 1; None when not waiting."""
    if not conversation.is_waiting or conversation.served_from is None:
        return None
    before = tuple_(Conversation.served_from, Conversation.queued_at, Conversation.id) < tuple_(
        literal(conversation.served_from), literal(conversation.queued_at), literal(conversation.id)
    )
    query = select(func.count()).where(
        Conversation.state.in_(_WAITING), Conversation.team.is_not_distinct_from(conversation.team), before
    )
    return (await session.scalar(query) or 0) + 1


async def keep_moods(session: AsyncSession, felt: Iterable[Felt]) -> None:
    """Write them beside their messages; takes no locks but the messages' own, in one order everywhere."""
    table = Message.__table__
    put = (
        update(Message)
        .where(table.c.conversation_id == bindparam("of"), table.c.seq == bindparam("nth"))
        .values({name: bindparam(f"new_{name}") for name in _MOOD})
    )
    rows = [
        {"of": one.conversation_id, "nth": one.seq} | {f"new_{name}": getattr(one.mood, name) for name in _MOOD}
        for one in sorted(felt, key=lambda one: (one.conversation_id, one.seq))
    ]
    await (await session.connection()).execute(put, rows)


async def moods_of(
    session: AsyncSession, conversation_ids: Collection[UUID], *, since: datetime, limit: int
) -> dict[UUID, list[Mood]]:
    """Of the customers' latest messages that have been read, oldest first; conversations without any are missing."""
    nth = func.row_number().over(partition_by=Message.conversation_id, order_by=Message.seq.desc()).label("nth")
    columns = [getattr(Message, name) for name in _MOOD]
    read = select(Message.conversation_id, Message.seq, *columns, nth).where(
        Message.conversation_id.in_(conversation_ids),
        Message.author == "customer",
        Message.sentiment.is_not(None),
        Message.created_at >= since,
    )
    newest = read.subquery()
    found: dict[UUID, list[Mood]] = {}
    for row in await session.execute(select(newest).where(newest.c.nth <= limit).order_by(newest.c.seq)):
        mood = Mood(Sentiment(row.sentiment), row.sentiment_confidence, Urgency(row.urgency), row.urgency_confidence)
        found.setdefault(row.conversation_id, []).append(mood)
    return found


def append(
    session: AsyncSession,
    conversation: Conversation,
    author: Author,
    reply: Reply,
    *,
    at: datetime,
    author_name: str | None = None,
    external_id: str | None = None,
    reply_to: int | None = None,
) -> Message:
    """Add one bubble to the log of a locked conversation."""
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.next_seq(at=at),
        author=author,
        author_name=author_name,
        external_id=external_id,
        kind="text",
        text=reply.text,
        payload="",
        buttons=[button.model_dump() for button in reply.buttons],
        attachments=[attachment.model_dump(mode="json") for attachment in reply.attachments],
        reply_to=reply_to,
        created_at=at,
    )
    session.add(message)
    return message


def append_incoming(
    session: AsyncSession, conversation: Conversation, incoming: IncomingMessage, external_id: str, *, at: datetime
) -> Message:
    """Add what the customer sent to the log of a locked conversation."""
    message = Message(
        conversation_id=conversation.id,
        seq=conversation.next_seq(at=at),
        author="customer",
        external_id=external_id,
        kind=incoming.kind.value,
        text=incoming.text.replace("\0", ""),
        payload=incoming.payload.replace("\0", ""),
        buttons=[],
        attachments=[attachment.model_dump(mode="json") for attachment in incoming.attachments],
        created_at=incoming.received_at,
    )
    session.add(message)
    return message
