"""Who opted out, who floods us, who has a link already: what is remembered of numbers, shared by all processes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.customers.reach import close_door, open_door
from bot.db import Database
from connectors.sms.names import CHANNEL
from connectors.sms.numbers import Number
from connectors.sms.tables import SmsNumber, SmsTraffic

_KEPT = timedelta(days=2)
_SWEPT_AT_ONCE = 100
_CHOICES_LAST = timedelta(hours=24)


class NumberBook:
    """The one door to both tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- opting out ----------------------------------------------------------------------------------

    async def is_opted_out(self, number: Number) -> bool:
        async with self._database.transaction() as session:
            row = await session.get(SmsNumber, number.e164)
            return row is not None and row.opted_out_at is not None

    async def opt_out(self, session: AsyncSession, number: Number, *, by: str, at: datetime) -> bool:
        """Never write to this number again; False when that held already."""
        row = await _locked(session, number)
        if row.opted_out_at is not None:
            return False
        row.opted_out_at, row.opted_out_by, row.choices = at, by, []
        await close_door(session, CHANNEL, number.e164, "opted_out", at=at)
        return True

    async def block(self, number: Number, *, by: str, at: datetime) -> None:
        """The same because the platform said so."""
        async with self._database.transaction() as session:
            await self.opt_out(session, number, by=by, at=at)

    async def opt_in(self, session: AsyncSession, number: Number) -> bool:
        """The owner wants SMS again; False when nothing stood in the way."""
        row = await _locked(session, number)
        if row.opted_out_at is None:
            return False
        row.opted_out_at, row.opted_out_by = None, None
        await open_door(session, CHANNEL, number.e164)
        return True

    # -- what comes ----------------------------------------------------------------------------------

    async def came(self, session: AsyncSession, number: Number, key: str, *, at: datetime, within: timedelta) -> int:
        """How many came from this number in the time up to this one, itself included; the same each time it is read."""
        await _note(session, f"in:{key}", number, "in", at)
        row = await _locked(session, number)
        row.wrote_at = max(row.wrote_at or at, at)
        return await _count(session, number, "in", after=at - within, until=at)

    async def warn(self, session: AsyncSession, number: Number, *, at: datetime, every: timedelta) -> bool:
        """Whether to say now that this is too much, which is said once in a while only."""
        row = await _locked(session, number)
        if row.warned_at is not None and at - row.warned_at < every:
            return False
        row.warned_at = at
        return True

    async def choices(self, number: Number, *, at: datetime) -> Sequence[tuple[str, str]]:
        """What the last SMS offered, title and payload, while that is not long ago."""
        async with self._database.transaction() as session:
            row = await session.get(SmsNumber, number.e164)
            latest = await session.scalar(
                select(func.max(SmsTraffic.at)).where(SmsTraffic.number == number.e164, SmsTraffic.direction == "out")
            )
        if row is None or latest is None or at - latest > _CHOICES_LAST:
            return ()
        return [(choice["title"], choice["payload"]) for choice in row.choices]

    # -- what goes -----------------------------------------------------------------------------------

    async def sent_since(self, number: Number, since: datetime) -> int:
        """How many went to this number after a moment."""
        async with self._database.transaction() as session:
            return await _count(session, number, "out", after=since)

    async def has_link(self, number: Number, *, at: datetime, lasting: timedelta) -> bool:
        """Whether a link went there lately and nothing was written since: it shows newer answers, too."""
        async with self._database.transaction() as session:
            row = await session.get(SmsNumber, number.e164)
        if row is None or row.link_at is None or at - row.link_at > lasting:
            return False
        return row.wrote_at is None or row.wrote_at <= row.link_at

    async def went(
        self, number: Number, key: str, *, at: datetime, with_link: bool, choices: Sequence[tuple[str, str]]
    ) -> None:
        async with self._database.transaction() as session:
            await _note(session, f"out:{key}", number, "out", at)
            row = await _locked(session, number)
            row.choices = [{"title": title, "payload": payload} for title, payload in choices]
            if with_link:
                row.link_at = at


async def _locked(session: AsyncSession, number: Number) -> SmsNumber:
    """The row of a number, made when missing."""
    await session.execute(insert(SmsNumber).values(number=number.e164, choices=[]).on_conflict_do_nothing())
    query = select(SmsNumber).where(SmsNumber.number == number.e164).with_for_update()
    return (await session.execute(query)).scalar_one()


async def _note(session: AsyncSession, key: str, number: Number, direction: str, at: datetime) -> None:
    """Write down one SMS, and forget a few that no longer count."""
    values: dict[str, Any] = {"key": key, "number": number.e164, "direction": direction, "at": at}
    await session.execute(insert(SmsTraffic).values(values).on_conflict_do_nothing())
    old = (
        select(SmsTraffic.key)
        .where(SmsTraffic.at < at - _KEPT)
        .order_by(SmsTraffic.at)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(SmsTraffic).where(SmsTraffic.key.in_(old)))


async def _count(
    session: AsyncSession, number: Number, direction: str, *, after: datetime, until: datetime | None = None
) -> int:
    query = select(func.count()).where(
        SmsTraffic.number == number.e164, SmsTraffic.direction == direction, SmsTraffic.at > after
    )
    if until is not None:
        query = query.where(SmsTraffic.at <= until)
    return int(await session.scalar(query) or 0)
