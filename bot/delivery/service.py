"""The one door to deliveries: put one in, hear of it from the platform, look at what failed, send it again."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.bell import ring
from bot.clock import Clock
from bot.db import Database
from bot.delivery import reports
from bot.delivery.channels import Channels
from bot.delivery.model import OPEN, Delivery, EarlyReport, SendState, Trouble, Writer
from bot.delivery.ports import SECRET_KINDS, DeliveryError, Fallback, Outgoing
from bot.delivery.rows import values_of
from bot.errors import IllegalMoveError, NotFoundError

BELL = "deliveries"


@dataclass(frozen=True)
class Changed:
    """A delivery got somewhere."""

    delivery_id: UUID
    channel: str
    recipient: str
    state: SendState
    trouble: Trouble | None
    conversation_id: UUID | None
    seq: int | None


Listener = Callable[[AsyncSession, Changed], Awaitable[None]]


class DeliveryService:
    """What is owed to recipients.  Sending itself is `bot.delivery.sending.Sending`, in the worker.

    Parameters
    ----------
    channels: which channels are pushed; connectors add theirs at the start.
    fallback: where notices go that their channel would not take.
    """

    def __init__(self, database: Database, clock: Clock, channels: Channels | None = None) -> None:
        self.database = database
        self.clock = clock
        self.channels = channels or Channels()
        self.fallback: Fallback | None = None
        self._listeners: list[Listener] = []

    def when_changed(self, listener: Listener) -> None:
        """Call this, in the same transaction, whenever a delivery is sent, delivered, read, held, dead or dropped."""
        self._listeners.append(listener)

    async def enqueue(self, session: AsyncSession, outgoing: Outgoing) -> None:
        """Have it sent once this transaction commits; the same id again changes nothing."""
        await session.execute(insert(Delivery).values(values_of(outgoing)).on_conflict_do_nothing())
        await ring(session, BELL)

    async def customer_wrote(self, session: AsyncSession, channel: str, recipient: str, *, at: datetime) -> None:
        """What was held until this recipient writes again may go out."""
        values = {"channel": channel, "recipient": recipient, "wrote_at": at}
        latest = {"wrote_at": at}
        await session.execute(insert(Writer).values(values).on_conflict_do_update(index_elements=_KEY, set_=latest))
        held = update(Delivery).where(
            Delivery.channel == channel, Delivery.lane == recipient, Delivery.state == SendState.held.value
        )
        freed = {"state": SendState.waiting.value, "trouble": None, "next_at": None, "updated_at": at}
        if (await session.execute(held.values(freed).returning(Delivery.id))).first() is not None:
            await ring(session, BELL)

    async def reported(
        self,
        channel: str,
        platform_id: str,
        *,
        state: Literal["delivered", "read", "failed"],
        code: str = "",
        at: datetime,
        error: DeliveryError | None = None,
    ) -> bool:
        """What the platform tells of a part afterwards; late and repeated reports do no harm.

        ``error`` says more of a failure: after a `QuotaError` it is held until the customer writes again.  Returns
        whether the part is known; an unknown one may become known in a moment, so the report is kept for a day.
        """
        async with self.database.transaction() as session:
            report = reports.Report(channel, platform_id, state, code, at, error)
            return await reports.take(self, session, report)

    async def resend(self, delivery_id: UUID) -> Delivery:
        """Try a dead or dropped one again, from the part that failed.  Raises `IllegalMoveError`, `NotFoundError`."""
        async with self.database.transaction() as session:
            row = await self._locked(session, delivery_id)
            if row.state not in (SendState.dead, SendState.dropped, SendState.held):
                raise IllegalMoveError(f"这条消息的状态是 {row.state}，不需要重发")
            if row.notice_kind is not None and row.notice_values is None:
                raise IllegalMoveError("这条消息含有一次性的内容，已被清除，不能重发")
            row.state = SendState.waiting.value
            row.trouble = row.failing_since = row.next_at = row.expires_at = None
            row.attempts, row.code, row.error = 0, "", ""
            await self._changed(session, row)
            await ring(session, BELL)
            return row

    async def drop(self, delivery_id: UUID) -> Delivery:
        """Nobody wants it any more.  Raises `IllegalMoveError`, `NotFoundError`."""
        async with self.database.transaction() as session:
            row = await self._locked(session, delivery_id)
            if row.state not in (SendState.dead, SendState.waiting, SendState.held):
                raise IllegalMoveError(f"这条消息的状态是 {row.state}，不能放弃")
            await self.close(session, row, SendState.dropped, Trouble.by_hand)
            await ring(session, BELL)
            return row

    async def found(
        self,
        *,
        state: SendState | None = None,
        channel: str | None = None,
        conversation_id: UUID | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[Delivery]:
        """Deliveries, newest first; ``before`` is the `Delivery.number` to go on from."""
        query = select(Delivery).order_by(Delivery.number.desc()).limit(limit)
        if state is not None:
            query = query.where(Delivery.state == state.value)
        if channel is not None:
            query = query.where(Delivery.channel == channel)
        if conversation_id is not None:
            query = query.where(Delivery.conversation_id == conversation_id)
        if before is not None:
            query = query.where(Delivery.number < before)
        async with self.database.transaction() as session:
            return (await session.scalars(query)).all()

    async def forget(self, *, finished_before: datetime, reports_before: datetime) -> int:
        """Delete what was over long ago; returns how many."""
        over = Delivery.state.not_in([state.value for state in OPEN])
        async with self.database.transaction() as session:
            await session.execute(delete(EarlyReport).where(EarlyReport.at < reports_before))
            gone = await session.execute(
                delete(Delivery).where(over, Delivery.updated_at < finished_before).returning(Delivery.id)
            )
            return len(gone.all())

    async def close(self, session: AsyncSession, row: Delivery, state: SendState, trouble: Trouble | None) -> None:
        """The end of a delivery, good or bad, as far as we know now."""
        row.state = state.value
        row.trouble = trouble.value if trouble else None
        row.sending_since = row.next_at = None
        if row.notice_kind in SECRET_KINDS and state is not SendState.held:
            row.notice_values = None
            row.text = ""
        await self._changed(session, row)

    async def changed(self, session: AsyncSession, row: Delivery) -> None:
        """Tell whoever wants to know."""
        await self._changed(session, row)

    async def _changed(self, session: AsyncSession, row: Delivery) -> None:
        row.updated_at = self.clock()
        change = Changed(
            row.id,
            row.channel,
            row.recipient,
            SendState(row.state),
            Trouble(row.trouble) if row.trouble else None,
            row.conversation_id,
            row.seq,
        )
        for listener in self._listeners:
            await listener(session, change)

    async def _locked(self, session: AsyncSession, delivery_id: UUID) -> Delivery:
        row = await session.get(Delivery, delivery_id, with_for_update=True)
        if row is None:
            raise NotFoundError(f"没有这条消息：{delivery_id}")
        return row


_KEY = [Writer.channel, Writer.recipient]
