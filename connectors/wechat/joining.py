"""Several bubbles in one message: the platform lets us send few, and an answer often has two or three.

Each bubble is a delivery of its own.  When the first is sent, those that wait right behind it and fit are sent within
it; when their turn comes, they are found to be sent already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery.model import Delivery, SendState
from bot.delivery.ports import Outgoing
from bot.delivery.rows import outgoing_of
from connectors.wechat.account import CHANNEL
from connectors.wechat.composing import TextPart, compose
from connectors.wechat.splitting import size
from connectors.wechat.tables import WeChatCarried as Carried

_LOOK_AHEAD = 8
KEPT = timedelta(days=14)


@dataclass(frozen=True)
class Joined:
    """A message and the bubbles it carries besides its own."""

    part: TextPart
    carried: tuple[UUID, ...] = ()


async def carrier_of(session: AsyncSession, delivery_id: UUID) -> UUID | None:
    """The delivery this one was sent within, if it was."""
    row = await session.get(Carried, delivery_id, populate_existing=True)
    return row.carrier if row is not None and row.sent_at is not None else None


async def waiting_behind(session: AsyncSession, outgoing: Outgoing) -> list[Outgoing]:
    """What is to be said right after it by the same speaker, oldest first."""
    own = select(Delivery.number).where(Delivery.id == outgoing.id).scalar_subquery()
    query = (
        select(Delivery)
        .where(
            Delivery.channel == CHANNEL,
            Delivery.lane == outgoing.recipient,
            Delivery.number > own,
            Delivery.state.in_((SendState.waiting.value, SendState.sending.value, SendState.held.value)),
        )
        .order_by(Delivery.number)
        .limit(_LOOK_AHEAD)
    )
    found: list[Outgoing] = []
    for row in (await session.scalars(query)).all():
        is_next = row.conversation_id == outgoing.conversation_id and row.author == outgoing.author
        if not is_next or row.state != SendState.waiting or row.attempts or row.parts_sent or row.notice_kind:
            break
        found.append(outgoing_of(row))
    return found


def join(part: TextPart, behind: Sequence[Outgoing], limit: int) -> Joined:
    """As many of the bubbles behind as fit into the message, which has room for the choices of one of them."""
    carried = list[UUID]()
    for outgoing in behind:
        parts = compose(outgoing, limit)
        if len(parts) != 1 or not isinstance(parts[0], TextPart) or (part.buttons and parts[0].buttons):
            break
        more = _and(part, parts[0])
        if size(more.numbered()) > limit:
            break
        part = more
        carried.append(outgoing.id)
    return Joined(part, tuple(carried))


def _and(part: TextPart, following: TextPart) -> TextPart:
    """What is said after the choices stays below them."""
    if part.buttons:
        return replace(part, tail=f"{part.tail}\n\n{following.text}".strip())
    return TextPart(f"{part.text}\n\n{following.text}".strip(), following.buttons)


async def about_to_carry(session: AsyncSession, carrier: UUID, carried: Sequence[UUID], *, at: datetime) -> None:
    if carried:
        rows = [{"delivery_id": each, "carrier": carrier, "at": at, "sent_at": None} for each in carried]
        query = insert(Carried).values(rows)
        latest = {"carrier": carrier, "at": at, "sent_at": None}
        await session.execute(query.on_conflict_do_update(index_elements=[Carried.delivery_id], set_=latest))


async def has_carried(session: AsyncSession, carrier: UUID, *, at: datetime) -> None:
    await session.execute(
        update(Carried).where(Carried.carrier == carrier, Carried.sent_at.is_(None)).values(sent_at=at)
    )


async def did_not_carry(session: AsyncSession, carrier: UUID) -> None:
    await session.execute(delete(Carried).where(Carried.carrier == carrier, Carried.sent_at.is_(None)))
