"""Answers that were promised for later: when people answer, and the ticket that keeps the promise from being lost."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from bot.clock import Clock
from bot.conversations.model import Conversation
from bot.conversations.own_words import moment_words
from bot.db import Database
from bot.handover.words import handover_words
from bot.tickets.catalogue import FALLBACK
from bot.tickets.kinds import TicketKind
from bot.tickets.service import Contact, TicketService


class Hours(Protocol):
    """When people answer."""

    def is_open(self, at: datetime) -> bool: ...

    def next_opening(self, at: datetime) -> datetime: ...


class Always:
    """Day and night."""

    def is_open(self, at: datetime) -> bool:  # noqa: ARG002
        return True

    def next_opening(self, at: datetime) -> datetime:
        return at


class Promises:
    """Every promise gets one ticket, also when the process died between the promise and the ticket."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tickets: TicketService | None = None,
        hours: Hours | None = None,
        *,
        reason_name: Callable[[str], str] = str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tickets = tickets
        self._hours = hours or Always()
        self._reason_name = reason_name

    def is_open(self, at: datetime) -> bool:
        return self._hours.is_open(at)

    def next_opening(self, at: datetime) -> datetime:
        return self._hours.next_opening(at)

    async def open_tickets(self) -> None:
        """For every promise that has none yet."""
        if self._tickets is None:
            return
        query = select(Conversation).where(
            Conversation.callback_at.is_not(None), Conversation.callback_ticket.is_(None)
        )
        async with self._database.transaction() as session:
            promised = list(await session.scalars(query.limit(100)))
        for conversation in promised:
            ticket_no = await self._open(self._tickets, conversation)
            await self._note(conversation.id, ticket_no, conversation.callback_at)

    async def _open(self, tickets: TicketService, conversation: Conversation) -> str:
        until = conversation.callback_at or self._clock()
        turn = f"{conversation.id}:callback:{int(until.timestamp())}"
        text = handover_words()["ui"]["ticket"].format(
            when=moment_words(until, self._clock()), reason=self._reason_name(conversation.hand_off_reason or "")
        )
        contact = Contact(conversation.customer_id, conversation.id, turn, by="system")
        reported = await tickets.report(
            TicketKind.service, FALLBACK, text, waybill_no=conversation.waybill_no, contact=contact
        )
        return reported.ticket_no

    async def _note(self, conversation_id: UUID, ticket_no: str, until: datetime | None) -> None:
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, conversation_id, with_for_update=True)
            if conversation is not None and conversation.callback_at == until:
                conversation.callback_ticket = ticket_no
