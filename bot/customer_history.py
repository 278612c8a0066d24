"""Where the timeline of a customer comes from, and who may look at it; for the composition root.

Customers stand below conversations, tickets and notices, so what these know is brought to them here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, ConversationState, Message
from bot.customers.timeline import Entry, Place, Sees, Source, mask_phones
from bot.db import Database
from bot.notices.catalogue import catalogue
from bot.notices.model import NoticeRow
from bot.staff.model import Actor, Role
from bot.tickets.events import TicketEvent
from bot.tickets.model import Ticket
from bot.tickets.permissions import TicketFacts, may_see
from bot.tickets.words import ticket_words

_SEES_ALL = {Role.supervisor, Role.admin}
_TALKS = {Role.agent, Role.provincial_agent, Role.headquarters_agent}
_SEQ_DIGITS = 9


class MessageHistory:
    """What was said, in all conversations of all channels."""

    source: Source = "message"

    async def of(
        self, session: AsyncSession, customer_id: UUID, *, before: Place | None, limit: int, sees: Sees
    ) -> Iterable[Entry]:
        if not sees.conversations:
            return []
        seq = func.lpad(cast(Message.seq, String), _SEQ_DIGITS, "0")
        key = func.concat(cast(Message.conversation_id, String), ":", seq).collate("C")
        query = (
            select(Message, Conversation.channel, key)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.customer_id == customer_id)
            .order_by(Message.created_at.desc(), key.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(before.precedes(Message.created_at.expression, key, self.source))
        return [_said(message, channel, name) for message, channel, name in (await session.execute(query)).all()]


class TicketHistory:
    """What happened to the customer's tickets."""

    source: Source = "ticket"

    async def of(
        self, session: AsyncSession, customer_id: UUID, *, before: Place | None, limit: int, sees: Sees
    ) -> Iterable[Entry]:
        seq = func.lpad(cast(TicketEvent.seq, String), _SEQ_DIGITS, "0")
        key = func.concat(TicketEvent.ticket_no, ":", seq).collate("C")
        query = (
            select(TicketEvent, Ticket.channel, key)
            .join(Ticket, Ticket.ticket_no == TicketEvent.ticket_no)
            .where(Ticket.customer_id == customer_id)
            .order_by(TicketEvent.at.desc(), key.desc())
            .limit(limit)
        )
        if sees.tickets is not None:
            query = query.where(Ticket.ticket_no.in_(sees.tickets))
        if before is not None:
            query = query.where(before.precedes(TicketEvent.at.expression, key, self.source))
        return [_moved(event, channel, name) for event, channel, name in (await session.execute(query)).all()]


class NoticeHistory:
    """What the customer was told of our own accord, or would have been."""

    source: Source = "notice"

    async def of(
        self, session: AsyncSession, customer_id: UUID, *, before: Place | None, limit: int, sees: Sees
    ) -> Iterable[Entry]:
        if not sees.conversations:
            return []
        at = func.coalesce(NoticeRow.ended_at, NoticeRow.created_at)
        key = cast(NoticeRow.id, String).collate("C")
        query = (
            select(NoticeRow, at, key)
            .where(NoticeRow.customer_id == customer_id)
            .order_by(at.desc(), key.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(before.precedes(at, key, self.source))
        rows = (await session.execute(query)).all()
        return [
            Entry(
                at=moment,
                source=self.source,
                key=name,
                channel=row.channel or "",
                by="bot",
                title=f"{catalogue().kind(row.kind).title}（{_STATES[row.state]}）",
                text=mask_phones(catalogue().kind(row.kind).written(row.values)),
                subject=row.subject,
            )
            for row, moment, name in rows
        ]


_STATES = {"waiting": "待发送", "told": "已发送", "dropped": "未发送"}
HISTORIES = (MessageHistory(), TicketHistory(), NoticeHistory())


@dataclass(frozen=True)
class CustomerSight:
    """Whom somebody may see: supervisors everybody; others by a conversation or a ticket they may see.

    An outlet or an arbitrator, who sees a customer by tickets alone, sees these tickets and not what was said.
    """

    database: Database

    async def __call__(self, actor: Actor, customer_id: UUID) -> Sees | None:
        if actor.role is None or actor.role in _SEES_ALL:
            return Sees()
        async with self.database.transaction() as session:
            talks = await self._talks(session, actor, customer_id)
            tickets = (await session.scalars(select(Ticket).where(Ticket.customer_id == customer_id))).all()
        seen = frozenset(ticket.ticket_no for ticket in tickets if may_see(actor, TicketFacts.of(ticket)))
        if talks:
            return Sees(tickets=seen)
        if not seen:
            return None
        return Sees(conversations=actor.role in _TALKS, tickets=seen)

    async def _talks(self, session: AsyncSession, actor: Actor, customer_id: UUID) -> bool:
        """Whether the customer waits for a person, or this one has the conversation."""
        if actor.role not in _TALKS:
            return False
        own = and_(
            Conversation.state == ConversationState.agent.value,
            Conversation.agent == actor.name.removeprefix("agent:"),
        )
        waits = Conversation.state.in_((ConversationState.queued.value, ConversationState.offered.value))
        query = select(func.count()).where(Conversation.customer_id == customer_id, or_(waits, own))
        return bool(await session.scalar(query))


def _said(message: Message, channel: str, key: str) -> Entry:
    return Entry(
        at=message.created_at,
        source="message",
        key=key,
        channel=channel,
        by=message.author_name or message.author,
        text=mask_phones(message.text),
        subject=str(message.conversation_id),
        attachments=tuple(str(each.get("id") or each.get("kind") or "") for each in message.attachments),
    )


def _moved(event: TicketEvent, channel: str, key: str) -> Entry:
    told = str(event.details.get("text") or "")
    return Entry(
        at=event.at,
        source="ticket",
        key=key,
        channel=channel,
        by=event.by,
        title=ticket_words().moves.get(event.what, event.what),
        text=mask_phones("\n".join(dict.fromkeys(filter(None, (event.why, told))))),
        subject=event.ticket_no,
    )
