"""Our own waybills first, then those of other carriers."""

from typing import Self

from bot.errors import (
    BotError,
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingError,
)
from bot.waybills.model import Waybill
from bot.waybills.source import WaybillSource
from connectors.tracking.source import TrackerSource
from connectors.tracking.track import ForeignTrack

_NEXT_MAY_KNOW = (PhoneTailRequiredError, TrackingError, CarrierUnsupportedError, CarrierUnknownError)


class FirstOf:
    """A `WaybillSource` of several: the first that knows a number answers.

    Parameters
    ----------
    own: our own table, asked first.
    foreign: tracking services, asked in this order about numbers our own table does not know.
    """

    def __init__(self, own: WaybillSource, *foreign: TrackerSource) -> None:
        self._own = own
        self._foreign = foreign

    def with_tail(self, phone: str) -> Self:
        """The same sources for somebody who gave this phone number, or the end of it."""
        return type(self)(self._own, *(source.with_tail(phone) for source in self._foreign))

    async def find(self, waybill_no: str) -> Waybill | None:
        """The waybill.  For one of another carrier it raises as `track`."""
        own = await self._own.find(waybill_no)
        if own is not None:
            return own
        track = await self.track(waybill_no)
        return track.to_waybill() if track is not None else None

    async def with_phone(self, phone: str, *, limit: int) -> list[Waybill]:
        return await self._own.with_phone(phone, limit=limit)

    async def track(self, waybill_no: str, *, carrier: str | None = None) -> ForeignTrack | None:
        """What the tracking services know, without asking our own table; raises as `TrackerSource.track`.

        A service that fails or wants a phone tail does not keep the next one from being asked.
        """
        failures: list[BotError] = []
        for source in self._foreign:
            try:
                track = await source.track(waybill_no, carrier=carrier)
            except _NEXT_MAY_KNOW as error:
                failures.append(error)
                continue
            if track is not None:
                return track
        if failures:
            raise min(failures, key=_usefulness)
        return None


def _usefulness(error: BotError) -> int:
    """What the asker can do something about comes first."""
    return _NEXT_MAY_KNOW.index(next(kind for kind in _NEXT_MAY_KNOW if isinstance(error, kind)))
