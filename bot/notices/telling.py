"""Telling what waits to be told: by the best allowed way, never at night, never five at once, never what is over.

What is owed stands in the table of notices, so a killed process loses nothing; a notice becomes a delivery (or a bubble
of a conversation) in the transaction that marks it as told, so it is told once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Reply
from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.customers.reach import close_door
from bot.db import Database
from bot.delivery.ports import DeliveryError, Notice, Outgoing, RecipientGoneError
from bot.delivery.service import DeliveryService
from bot.notices.catalogue import Kind, catalogue
from bot.notices.consents import Consents, consents_of, forget_watches
from bot.notices.model import NoticeEnd, NoticeRow, NoticeState
from bot.notices.quiet import QuietHours
from bot.notices.ways import NoticeWay, ways_to
from bot.waybills.history import state_of

logger = logging.getLogger(__name__)

SPACING = timedelta(minutes=1)
"""A customer is told something no more often than this."""
ASK_AGAIN = timedelta(minutes=5)
"""A person has the conversation: look again then."""
WATCHED_FOR = timedelta(days=60)
_AT_ONCE = 200


@dataclass(frozen=True)
class _Told:
    """What of one customer's notices could be told how: the leading one's way for each, best rank first."""

    row: NoticeRow
    kind: Kind
    ways: list[NoticeWay]


class Teller:
    """Tells, and finds another way where a channel will not (`bot.delivery.ports.Fallback`).

    Parameters
    ----------
    quiet: when only what is urgent is told.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        deliveries: DeliveryService,
        conversations: ConversationService,
        quiet: QuietHours | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._deliveries = deliveries
        self._conversations = conversations
        self._quiet = quiet or QuietHours()

    async def tick(self, _: datetime | None = None) -> int:
        """Tell everybody what is due; returns how many customers were looked at."""
        seen: set[UUID] = set()
        while batch := await self._due(seen):
            for customer_id in batch:
                seen.add(customer_id)
                await self._tell_one(customer_id)
        return len(seen)

    async def forget(self, _: datetime | None = None) -> None:
        """Watch no more what has arrived long ago."""
        async with self._database.transaction() as session:
            await forget_watches(session, self._clock() - WATCHED_FOR)

    async def fall_back(self, session: AsyncSession, outgoing: Outgoing, error: DeliveryError) -> bool:
        """Another way for what this channel would not take; False when there is none, and then all stays as it was."""
        query = select(NoticeRow).where(NoticeRow.told_as == outgoing.id).with_for_update()
        rows = [row for row in (await session.scalars(query)).all() if row.state == NoticeState.told]
        if not rows:
            return False
        now, customer_id = self._clock(), rows[0].customer_id
        if isinstance(error, RecipientGoneError):
            await close_door(session, outgoing.channel, outgoing.recipient, "gone", at=now)
        tried = outgoing.channel.partition(":")[0]
        allowed, ways = await self._allowed(session, customer_id, now)
        free = [way for way in ways if way.channel.partition(":")[0] != tried]
        open_rows = [row for row in rows if now < row.expires_at and _ways_for(row, free, allowed)]
        if not open_rows:
            self._nobody_else(rows, error, now)
            return False
        for row in open_rows:
            row.come_back()
        await session.flush()
        logger.info("%d notices go another way than %s", len(open_rows), outgoing.channel)
        await self._tell(session, customer_id, now, after_failure=True)
        return True

    def _nobody_else(self, rows: Sequence[NoticeRow], error: DeliveryError, now: datetime) -> None:
        """What waits for the customer to write is told then; what was refused for good is not."""
        if isinstance(error, RecipientGoneError):
            for row in rows:
                row.come_back()
                row.drop(NoticeEnd.refused, at=now)

    # -- within ------------------------------------------------------------------------------------

    async def _due(self, seen: set[UUID]) -> list[UUID]:
        query = (
            select(NoticeRow.customer_id)
            .where(NoticeRow.state == NoticeState.waiting.value, NoticeRow.due_at <= self._clock())
            .group_by(NoticeRow.customer_id)
            .order_by(func.min(NoticeRow.due_at))
            .limit(_AT_ONCE + len(seen))
        )
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).all()
        return [customer_id for customer_id in found if customer_id not in seen]

    async def _tell_one(self, customer_id: UUID) -> None:
        try:
            async with self._database.transaction() as session:
                await self._tell(session, customer_id, self._clock())
        except Exception:
            logger.exception("customer %s could not be told, the next round tries again", customer_id)

    async def _tell(
        self, session: AsyncSession, customer_id: UUID, now: datetime, *, after_failure: bool = False
    ) -> None:
        rows = await self._worth_telling(session, customer_id, now)
        if not rows:
            return
        ready = self._awake(rows, now)
        if not ready:
            return
        pause = None if after_failure else await self._pause(session, customer_id, now)
        if pause is not None:
            _put_off(ready, pause)
            return
        allowed, ways = await self._allowed(session, customer_id, now)
        found = [_Told(row, catalogue().kind(row.kind), _ways_for(row, ways, allowed)) for row in ready]
        await self._choose(session, customer_id, found, now)

    async def _worth_telling(self, session: AsyncSession, customer_id: UUID, now: datetime) -> list[NoticeRow]:
        """What is due and not over; of one kind for one subject only the newest."""
        query = (
            select(NoticeRow)
            .where(NoticeRow.customer_id == customer_id, NoticeRow.state == NoticeState.waiting.value)
            .order_by(NoticeRow.happened_at, NoticeRow.created_at)
            .with_for_update()
        )
        rows = list((await session.scalars(query)).all())
        newest = {(row.kind, row.subject): row for row in rows}
        kept = []
        for row in rows:
            if now >= row.expires_at:
                row.drop(NoticeEnd.expired, at=now)
            elif newest[row.kind, row.subject] is not row or await self._is_over(session, row):
                row.drop(NoticeEnd.superseded, at=now)
            elif row.due_at <= now:
                kept.append(row)
        return kept

    async def _is_over(self, session: AsyncSession, row: NoticeRow) -> bool:
        during = catalogue().kind(row.kind).during
        if not during:
            return False
        state = await state_of(session, row.subject)
        return state is not None and state.status not in during

    def _awake(self, rows: list[NoticeRow], now: datetime) -> list[NoticeRow]:
        """Those that may be told at this hour; the others wait until the customer is up."""
        morning = self._quiet.until(now)
        if morning is None:
            return rows
        urgent = [row for row in rows if catalogue().kind(row.kind).urgent]
        _put_off([row for row in rows if row not in urgent], morning)
        return urgent

    async def _pause(self, session: AsyncSession, customer_id: UUID, now: datetime) -> datetime | None:
        query = select(func.max(NoticeRow.ended_at)).where(
            NoticeRow.customer_id == customer_id,
            NoticeRow.state == NoticeState.told.value,
            NoticeRow.ended_at > now - SPACING,
        )
        last: datetime | None = await session.scalar(query)
        return last + SPACING if last is not None else None

    async def _allowed(
        self, session: AsyncSession, customer_id: UUID, now: datetime
    ) -> tuple[Consents, list[NoticeWay]]:
        pushed = self._deliveries.channels.names()
        windows = dict(catalogue().windows)
        ways = await ways_to(session, customer_id, pushed=pushed, windows=windows, now=now)
        return await consents_of(session, customer_id), ways

    async def _choose(self, session: AsyncSession, customer_id: UUID, found: list[_Told], now: datetime) -> None:
        """The most important goes first; what can go the same way goes with it, if that takes free words."""
        for each in found:
            if not each.ways:
                each.row.drop(NoticeEnd.no_way, at=now)
        able = sorted((each for each in found if each.ways), key=lambda each: -each.kind.rank)
        idle = [each for each in able if _open(each)]
        _put_off([each.row for each in able if each not in idle], now + ASK_AGAIN)
        if not idle:
            return
        way = _open(idle[0])[0]
        together = [each for each in idle if way in _open(each)] if way.free else idle[:1]
        _put_off([each.row for each in idle if each not in together], now + SPACING)
        await self._say(session, way, together, now)
        logger.info("customer %s is told of %d things on %s", customer_id, len(together), way.channel)

    async def _say(self, session: AsyncSession, way: NoticeWay, together: list[_Told], now: datetime) -> None:
        told_as, lead = uuid4(), together[0]
        lines = [each.kind.written(each.row.values) for each in together]
        text = "\n".join([*lines, catalogue().words.stop_hint])
        if way.conversation_id is not None and not await self._remark(session, way.conversation_id, text, now):
            _put_off([each.row for each in together], now + ASK_AGAIN)
            return
        for each in together:
            each.row.tell(way.channel, way.address, as_=told_as, at=now)
        if way.conversation_id is not None:
            return
        values = {name: str(value) for name, value in lead.row.values.items()}
        outgoing = Outgoing(
            id=told_as,
            channel=way.channel,
            recipient=way.address,
            author="bot",
            text=text,
            created_at=now,
            notice=Notice(lead.kind.template or lead.row.kind, values),
            expires_at=min(each.row.expires_at for each in together),
        )
        await self._deliveries.enqueue(session, outgoing)

    async def _remark(self, session: AsyncSession, conversation_id: UUID, text: str, now: datetime) -> bool:
        """False where a person has just taken the conversation."""
        return await self._conversations.remark(session, conversation_id, Reply(text=text), at=now)


def _ways_for(row: NoticeRow, ways: Sequence[NoticeWay], allowed: Consents) -> list[NoticeWay]:
    """The ways the customer agreed to for this, without those that were tried."""
    consent = catalogue().consent_of(row.kind)
    return [
        way
        for way in ways
        if way.channel.partition(":")[0] not in {tried.partition(":")[0] for tried in row.tried}
        and allowed.allow(consent, way.channel, row.subject)
    ]


def _open(told: _Told) -> list[NoticeWay]:
    """The ways on which no person has the customer just now."""
    return [way for way in told.ways if not way.with_person]


def _put_off(rows: Sequence[NoticeRow], until: datetime) -> None:
    for row in rows:
        row.wait(until)
