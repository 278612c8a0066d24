"""Having services push what happens to parcels that customers ask for."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from bot.clock import Clock
from bot.db import Database
from bot.errors import CarrierUnknownError, CarrierUnsupportedError, PhoneTailRequiredError, TrackingConfigError
from bot.jobs import Jobs
from bot.waybills.model import WaybillStatus
from connectors.tracking.inquiries import Inquiries
from connectors.tracking.postgres_sink import held
from connectors.tracking.sink import TrackingEnd
from connectors.tracking.tables import PushedTrack
from connectors.tracking.track import ForeignTrack, TrackKey

logger = logging.getLogger(__name__)

JOB = "tracking.subscribe"
AGAIN_AFTER = timedelta(minutes=30)
"""Kuaidi100 takes a new subscription for an aborted one no earlier."""
SILENT_AFTER = timedelta(days=1)
"""A subscription from which nothing was heard for so long may never have been made; made twice, it does no harm."""
_OVER = {WaybillStatus.delivered, WaybillStatus.returned}
_FOR_GOOD = (CarrierUnknownError, CarrierUnsupportedError, PhoneTailRequiredError)


class Subscriber(Protocol):
    """A service that can be told to push."""

    async def subscribe(self, key: TrackKey) -> None:
        """Once is enough, twice does no harm.  Raises as `Tracker.track`."""
        ...


class Subscriptions:
    """Who is subscribed stands in ``pushed_tracks``; the services are asked in a job, which is tried again.

    Parameters
    ----------
    subscribers: by carrier; ``""`` is for all others.
    """

    def __init__(
        self, database: Database, clock: Clock, jobs: Jobs, inquiries: Inquiries, subscribers: Mapping[str, Subscriber]
    ) -> None:
        self._database = database
        self._clock = clock
        self._jobs = jobs
        self._inquiries = inquiries
        self._subscribers = subscribers
        jobs.task(JOB, self.subscribe)

    async def want(self, track: ForeignTrack) -> None:
        """Somebody asked for this parcel: hear of it from now on, unless it has arrived or is heard of already.

        After an abort another subscription is made, half an hour later at the earliest and only when asked for again.
        """
        if track.status in _OVER or self._of(track.carrier) is None:
            return
        async with self._database.transaction() as session:
            row = await held(session, track.waybill_no, track.carrier, at=self._clock())
            if not self._is_due(row):
                return
            row.subscribed_at = row.changed_at = self._clock()
            row.ended = row.ended_at = None
            await self._jobs.defer(session, JOB, {"carrier": track.carrier, "waybill_no": track.waybill_no})

    async def subscribe(self, carrier: str, waybill_no: str) -> None:
        """The job.  A refusal is for good; what may pass is raised, so that the job is run again."""
        service = self._of(carrier)
        if service is None:
            return
        key = TrackKey(carrier, waybill_no, await self._inquiries.tail_of(waybill_no, carrier))
        try:
            await service.subscribe(key)
        except _FOR_GOOD as error:
            logger.warning("waybill %s of %s is not subscribed: %s", waybill_no, carrier, type(error).__name__)
            await self._give_up(key, TrackingEnd.aborted)
        except TrackingConfigError:
            # The client has raised the alarm; the next customer who asks may find an account that works.
            await self._give_up(key, None)

    def _of(self, carrier: str) -> Subscriber | None:
        return self._subscribers.get(carrier) or self._subscribers.get("")

    def _is_due(self, row: PushedTrack) -> bool:
        if row.ended is not None and row.ended_at is not None:
            return row.ended != TrackingEnd.signed and self._clock() - row.ended_at >= AGAIN_AFTER
        if row.subscribed_at is None:
            return True
        return row.told_at is None and self._clock() - row.subscribed_at >= SILENT_AFTER

    async def _give_up(self, key: TrackKey, why: TrackingEnd | None) -> None:
        async with self._database.transaction() as session:
            row = await held(session, key.waybill_no, key.carrier, at=self._clock())
            row.subscribed_at = None
            if why is not None:
                row.ended, row.ended_at = why.value, self._clock()
