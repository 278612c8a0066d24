"""The next part that is due in a lane, and what came of the last: one transaction for both, before anything is sent."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.delivery import reports
from bot.delivery.model import Delivery, DeliveryPart, SendState, Trouble, Writer
from bot.delivery.ports import (
    ContentRefusedError,
    DeliveryError,
    MisconfiguredError,
    Outgoing,
    QuotaError,
    RecipientGoneError,
    Sent,
    TryAgainError,
)
from bot.delivery.rows import is_expired, outgoing_of
from bot.delivery.service import DeliveryService
from bot.jobs.retries import Backoff
from bot.lanes import Lane

logger = logging.getLogger(__name__)
_BUSY = Backoff(first=timedelta(seconds=2), factor=3, longest=timedelta(minutes=10))
_MISCONFIGURED = Backoff(first=timedelta(minutes=1), factor=3, longest=timedelta(minutes=30))
_BROKEN = Backoff(attempts=6)


@dataclass(frozen=True)
class Attempt:
    """A part to be sent now.  ``unsure_since``: it may have been sent then, ask first."""

    outgoing: Outgoing
    part: int
    parts: int
    unsure_since: datetime | None


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt: taken, refused, or nobody knows (neither of both)."""

    attempt: Attempt
    sent: Sent | None = None
    error: DeliveryError | None = None


@dataclass(frozen=True)
class Patience:
    """When to try again, and when to give up.

    Parameters
    ----------
    busy: waits while a platform does not answer.
    misconfigured: waits while our own account is at fault.
    broken: waits, and runs, while a channel fails in a way it does not name.
    give_up_after: a part that has failed for so long is dead.
    """

    busy: Backoff = _BUSY
    misconfigured: Backoff = _MISCONFIGURED
    broken: Backoff = _BROKEN
    give_up_after: timedelta = timedelta(days=1)


class Ledger:
    """Reads and writes where a lane stands."""

    def __init__(self, service: DeliveryService, patience: Patience) -> None:
        self._service = service
        self._patience = patience

    async def advance(self, lane: Lane, outcome: Outcome | None = None) -> Attempt | None:
        """Note what came of the last attempt and take the next; None when nothing is due in this lane now.

        When this returns an attempt the database knows already that its part is about to be sent.
        """
        async with self._service.database.transaction() as session:
            if outcome is not None:
                await self._note(session, outcome)
            return await self._next(session, lane)

    # -- what is next ------------------------------------------------------------------------------

    async def _next(self, session: AsyncSession, lane: Lane) -> Attempt | None:
        while (head := await self._head(session, lane)) is not None:
            row, is_behind_held = head
            now = self._service.clock()
            if is_expired(row, now) and row.state == SendState.waiting and row.parts_sent == 0:
                await self._service.close(session, row, SendState.dropped, Trouble.expired)
            elif row.notice_kind is None and is_behind_held:
                row.state, row.trouble = SendState.held.value, Trouble.quota.value
                await self._service.changed(session, row)
            elif row.next_at is not None and row.next_at > now:
                return None
            else:
                return self._take(row, now)
        return None

    async def _head(self, session: AsyncSession, lane: Lane) -> tuple[Delivery, bool] | None:
        """The first that is owed, locked, and whether one before it is held."""
        held = aliased(Delivery)
        is_behind_held = exists().where(
            held.channel == Delivery.channel,
            held.lane == Delivery.lane,
            held.state == SendState.held.value,
            held.number < Delivery.number,
            held.notice_kind.is_(None),
        )
        query = (
            select(Delivery, is_behind_held)
            .where(
                Delivery.channel == lane.channel,
                Delivery.lane == lane.name,
                Delivery.state.in_((SendState.waiting.value, SendState.sending.value)),
            )
            .order_by(Delivery.number)
            .limit(1)
            .with_for_update(of=Delivery)
        )
        await session.flush()
        found = (await session.execute(query)).first()
        return (found[0], bool(found[1])) if found is not None else None

    def _take(self, row: Delivery, now: datetime) -> Attempt | None:
        channel = self._service.channels.of(row.channel)
        if channel is None:
            return None
        outgoing = outgoing_of(row)
        row.parts = row.parts or max(1, channel.parts(outgoing))
        unsure_since = row.sending_since if row.state == SendState.sending else None
        row.state = SendState.sending.value
        row.sending_since = unsure_since or now
        return Attempt(outgoing, row.parts_sent, row.parts, unsure_since)

    # -- what came of it ---------------------------------------------------------------------------

    async def _note(self, session: AsyncSession, outcome: Outcome) -> None:
        row = await session.get(Delivery, outcome.attempt.outgoing.id, with_for_update=True)
        if row is None:
            return
        if outcome.sent is not None:
            await self._taken(session, row, outcome.attempt, outcome.sent)
        elif row.state == SendState.sending:
            await self._failed(session, row, outcome)

    async def _taken(self, session: AsyncSession, row: Delivery, attempt: Attempt, sent: Sent) -> None:
        now = self._service.clock()
        part = await self._put_part(session, row, attempt.part, sent, now)
        if row.state == SendState.sending:
            row.parts_sent = attempt.part + 1
            row.attempts, row.code, row.error = 0, "", ""
            row.failing_since = row.next_at = row.sending_since = row.trouble = None
            row.state = SendState.waiting.value
            if row.parts_sent >= attempt.parts:
                row.sent_at = now
                await self._service.close(session, row, SendState.sent, None)
        await session.flush()
        await reports.take_early(self._service, session, row, part)

    async def _put_part(
        self, session: AsyncSession, row: Delivery, part: int, sent: Sent, now: datetime
    ) -> DeliveryPart:
        values = {
            "channel": row.channel,
            "platform_id": sent.platform_id,
            "details": dict(sent.details),
            "sent_at": now,
            "reported": None,
        }
        key = [DeliveryPart.delivery_id, DeliveryPart.part]
        put = (
            insert(DeliveryPart)
            .values(delivery_id=row.id, part=part, **values)
            .on_conflict_do_update(index_elements=key, set_=values)
            .returning(DeliveryPart)
        )
        kept: DeliveryPart = (await session.scalars(put, execution_options={"populate_existing": True})).one()
        return kept

    async def _failed(self, session: AsyncSession, row: Delivery, outcome: Outcome) -> None:
        """Where nobody knows (no error), it is asked about before it is sent again."""
        now, error = self._service.clock(), outcome.error
        row.attempts += 1
        row.failing_since = row.failing_since or now
        if error is None:
            error = TryAgainError("no answer in time", may_have_arrived=True)
        row.code, row.error = error.code, str(error)
        if isinstance(error, TryAgainError):
            await self._later(session, row, error)
        elif isinstance(error, MisconfiguredError):
            logger.error("channel %s is misconfigured (code %s): %s", row.channel, error.code or "none", error)
            await self._wait_or_die(session, row, self._patience.misconfigured, Trouble.misconfigured, error)
        elif isinstance(error, QuotaError):
            await self._hold(session, row, error)
        elif isinstance(error, RecipientGoneError | ContentRefusedError):
            trouble = Trouble.gone if isinstance(error, RecipientGoneError) else Trouble.refused
            await self._give_up(session, row, trouble, error)
        elif row.attempts >= self._patience.broken.attempts:
            await self._give_up(session, row, Trouble.broken, error)
        else:
            await self._wait_or_die(session, row, self._patience.broken, Trouble.broken, error)

    async def _later(self, session: AsyncSession, row: Delivery, error: TryAgainError) -> None:
        since = row.sending_since
        await self._wait_or_die(session, row, self._patience.busy, Trouble.busy, error, at_least=error.after)
        if error.may_have_arrived and row.state == SendState.waiting:
            row.state, row.sending_since = SendState.sending.value, since

    async def _wait_or_die(
        self,
        session: AsyncSession,
        row: Delivery,
        patience: Backoff,
        trouble: Trouble,
        error: DeliveryError,
        *,
        at_least: timedelta | None = None,
    ) -> None:
        now = self._service.clock()
        if now - (row.failing_since or now) >= self._patience.give_up_after:
            await self._give_up(session, row, trouble, error)
            return
        was = row.trouble
        row.next_at = now + max(patience.wait(row.attempts), at_least or timedelta(0))
        row.state, row.trouble, row.sending_since = SendState.waiting.value, trouble.value, None
        if was != row.trouble:
            await self._service.changed(session, row)

    async def _hold(self, session: AsyncSession, row: Delivery, error: QuotaError) -> None:
        """Until the customer writes again; one who wrote while we were sending has done so."""
        if await self._goes_elsewhere(session, row, error):
            return
        wrote_at = await self._wrote_at(session, row)
        if wrote_at is not None and row.sending_since is not None and wrote_at > row.sending_since:
            row.state, row.sending_since = SendState.waiting.value, None
            row.next_at = self._service.clock() + self._patience.busy.wait(row.attempts)
            return
        await self._service.close(session, row, SendState.held, Trouble.quota)

    async def _wrote_at(self, session: AsyncSession, row: Delivery) -> datetime | None:
        """When they last wrote; from here to the end of this transaction they cannot be heard to write."""
        values = {"channel": row.channel, "recipient": row.recipient}
        await session.execute(insert(Writer).values(values).on_conflict_do_nothing())
        return (await session.get_one(Writer, (row.channel, row.recipient), with_for_update=True)).wrote_at

    async def _give_up(self, session: AsyncSession, row: Delivery, trouble: Trouble, error: DeliveryError) -> None:
        if await self._goes_elsewhere(session, row, error):
            return
        logger.warning("delivery %s on %s is given up: %s (code %s)", row.id, row.channel, trouble, error.code)
        await self._service.close(session, row, SendState.dead, trouble)

    async def _goes_elsewhere(self, session: AsyncSession, row: Delivery, error: DeliveryError) -> bool:
        fallback = self._service.fallback
        if row.notice_kind is None or row.parts_sent or fallback is None:
            return False
        if not await fallback.fall_back(session, outgoing_of(row), error):
            return False
        await self._service.close(session, row, SendState.dropped, Trouble.elsewhere)
        return True
