"""The ways a customer can be told something right now, the best first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, ConversationDoor, ConversationState
from bot.customers.reach import SMS, preference, reachable

LOOKING = timedelta(minutes=30)
"""Who wrote on a page so lately still looks at it."""


@dataclass(frozen=True)
class NoticeWay:
    """One way.

    Parameters
    ----------
    conversation_id: set where it is said in a conversation that nobody pushes; None where the channel is pushed.
    with_person: a person has the customer there, so that the bot is silent.
    free: whether the channel takes more than its templates now.
    """

    channel: str
    address: str
    conversation_id: UUID | None = None
    with_person: bool = False
    free: bool = True


@dataclass(frozen=True)
class _Talk:
    conversation_id: UUID
    channel: str
    address: str
    with_person: bool
    updated_at: datetime


async def ways_to(
    session: AsyncSession, customer_id: UUID, *, pushed: Sequence[str], windows: dict[str, float], now: datetime
) -> list[NoticeWay]:
    """Pushed channels as `reachable` has them; a page the customer looks at before SMS, one left behind after it."""
    talks = await _talks(session, customer_id)
    busy = {(talk.channel, talk.address) for talk in talks if talk.with_person}
    ways = []
    for way in await reachable(session, customer_id, pushed=pushed):
        hours = windows.get(way.channel.partition(":")[0])
        free = hours is None or (way.wrote_at is not None and now - way.wrote_at < timedelta(hours=hours))
        ways.append(NoticeWay(way.channel, way.address, None, (way.channel, way.address) in busy, free))
    pages = _pages(talks, pushed)
    chosen = await preference(session, customer_id)
    first = [page for page in pages if page.channel == chosen]
    looked_at = [page for page in pages if now - page.updated_at < LOOKING and page not in first]
    left = [page for page in pages if page not in first and page not in looked_at]
    sms = [way for way in ways if way.channel == SMS]
    others = [way for way in ways if way.channel != SMS]
    preferred_sms = sms if chosen == SMS else []
    told = [*map(_page, first), *preferred_sms, *others, *map(_page, looked_at), *sms, *map(_page, left)]
    return list(dict.fromkeys(told))


def _pages(talks: list[_Talk], pushed: Sequence[str]) -> list[_Talk]:
    """The newest talk on each channel that reads its log."""
    newest: dict[str, _Talk] = {}
    for talk in talks:
        if talk.channel.partition(":")[0] not in pushed:
            newest.setdefault(talk.channel, talk)
    return list(newest.values())


def _page(talk: _Talk) -> NoticeWay:
    return NoticeWay(talk.channel, talk.address, talk.conversation_id, talk.with_person)


async def _talks(session: AsyncSession, customer_id: UUID) -> list[_Talk]:
    """Where the customer talks with us: every door of conversations that have not ended, the newest first."""
    query = (
        select(Conversation, ConversationDoor.channel, ConversationDoor.address)
        .join(ConversationDoor, ConversationDoor.conversation_id == Conversation.id)
        .where(Conversation.customer_id == customer_id, Conversation.state != ConversationState.ended.value)
        .order_by(Conversation.updated_at.desc())
    )
    rows = (await session.execute(query)).all()
    return [_Talk(talk.id, channel, address, talk.is_with_person, talk.updated_at) for talk, channel, address in rows]
