"""Pushed tracks in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.waybills.facts import status_from_track
from bot.waybills.model import Checkpoint
from connectors.tracking.records import scans_of_json, scans_to_json
from connectors.tracking.sink import TrackingEnd, is_late_repetition, merged
from connectors.tracking.tables import PushedTrack
from connectors.tracking.track import ForeignTrack


class PostgresTrackSink:
    """A `TrackSink` whose tracks can be read again.  Pushes about one waybill wait for each other."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # -- what services tell ------------------------------------------------------------------------

    async def replace_track(
        self, waybill_no: str, carrier: str, checkpoints: Sequence[Checkpoint], *, rewritten: bool = False
    ) -> None:
        async with self._database.transaction() as session:
            row = await held(session, waybill_no, carrier, at=self._clock())
            if not rewritten and is_late_repetition(checkpoints, scans_of_json(row.checkpoints)):
                return
            self._store(row, checkpoints)

    async def add_scans(self, waybill_no: str, carrier: str, checkpoints: Sequence[Checkpoint]) -> None:
        async with self._database.transaction() as session:
            row = await held(session, waybill_no, carrier, at=self._clock())
            self._store(row, merged(scans_of_json(row.checkpoints), checkpoints))

    async def correct_carrier(self, waybill_no: str, wrong: str, right: str) -> None:
        async with self._database.transaction() as session:
            row = await held(session, waybill_no, wrong, at=self._clock())
            if row.corrected_to == right:
                return
            there = await held(session, waybill_no, right, at=self._clock())
            there.subscribed_at = there.subscribed_at or row.subscribed_at
            there.corrected_to = None
            row.checkpoints, row.told_at, row.subscribed_at = [], None, None
            row.corrected_to, row.changed_at = right, self._clock()

    async def end_tracking(self, waybill_no: str, carrier: str, why: TrackingEnd) -> None:
        async with self._database.transaction() as session:
            row = await held(session, waybill_no, carrier, at=self._clock())
            if row.ended is None or (why is TrackingEnd.signed and row.ended != why):
                row.ended, row.ended_at, row.changed_at = why.value, self._clock(), self._clock()

    # -- what is known -----------------------------------------------------------------------------

    async def pushed(self, waybill_no: str, carrier: str) -> ForeignTrack | None:
        """The track as it was pushed last; None when nothing was.  ``asked_at`` is when it came."""
        async with self._database.transaction() as session:
            row = await session.get(PushedTrack, (carrier, waybill_no))
        if row is None or row.told_at is None or not row.checkpoints:
            return None
        scans = scans_of_json(row.checkpoints)
        return ForeignTrack(waybill_no, carrier, status_from_track(scans), scans, row.told_at)

    async def right_carrier(self, waybill_no: str, carrier: str) -> str:
        """Whose number it is after what services corrected."""
        async with self._database.transaction() as session:
            row = await session.get(PushedTrack, (carrier, waybill_no))
        return (row.corrected_to if row else None) or carrier

    async def forget(self, *, before: datetime) -> None:
        """Drop tracks about which nothing was heard since this moment."""
        async with self._database.transaction() as session:
            await session.execute(delete(PushedTrack).where(PushedTrack.changed_at < before))

    def _store(self, row: PushedTrack, checkpoints: Sequence[Checkpoint]) -> None:
        row.checkpoints = scans_to_json(checkpoints)
        row.told_at = row.changed_at = self._clock()


async def held(session: AsyncSession, waybill_no: str, carrier: str, *, at: datetime) -> PushedTrack:
    """The row of a waybill, made when missing, held until the transaction ends."""
    new = {"carrier": carrier, "waybill_no": waybill_no, "checkpoints": [], "changed_at": at}
    await session.execute(insert(PushedTrack).values(new).on_conflict_do_nothing())
    return (
        await session.scalars(
            select(PushedTrack)
            .where(PushedTrack.carrier == carrier, PushedTrack.waybill_no == waybill_no)
            .with_for_update()
        )
    ).one()
