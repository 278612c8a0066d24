"""A tracking service as a `WaybillSource`."""

from collections.abc import Collection, Iterator
from copy import copy
from typing import Self

from bot.errors import CarrierUnknownError, CarrierUnsupportedError, PhoneTailRequiredError, TrackNotFoundError
from bot.waybills.model import Waybill
from connectors.tracking.carriers import MEDIUM, candidates_for, needs_phone_tail, normalise, phone_tail
from connectors.tracking.guesses import TailGuesses
from connectors.tracking.track import ForeignTrack, Tracker, TrackKey

_MOST_TRIED = 3


class TrackerSource:
    """Asks a tracker, carrier by carrier, for numbers whose format says whose they are.

    A number that several carriers may have given out (low confidence) is not tried: it might show a stranger's parcel.
    Somebody has to say the carrier, then `track` takes it.

    Parameters
    ----------
    carriers: those the service knows, by Kuaidi100's codes; None when it knows best itself.
    guesses: how often a phone tail may be wrong; shared by all sources of a process.
    """

    def __init__(self, tracker: Tracker, guesses: TailGuesses, *, carriers: Collection[str] | None = None) -> None:
        self._tracker = tracker
        self._guesses = guesses
        self._carriers = carriers
        self._phone_tail = ""

    def with_tail(self, phone: str) -> Self:
        """The same source for somebody who gave this phone number, or the end of it."""
        other = copy(self)
        other._phone_tail = phone_tail(phone)
        return other

    async def find(self, waybill_no: str) -> Waybill | None:
        """The track as a `Waybill`; see `ForeignTrack.to_waybill` for what it cannot know.  Raises as `track`."""
        track = await self.track(waybill_no)
        return track.to_waybill() if track is not None else None

    async def with_phone(self, phone: str, *, limit: int) -> list[Waybill]:  # noqa: ARG002
        """None: no tracking service lists parcels by phone."""
        return []

    async def track(self, waybill_no: str, *, carrier: str | None = None) -> ForeignTrack | None:
        """The track, or None when the service knows none.

        Raises `PhoneTailRequiredError` when nothing was found and a carrier wants another tail, `TooManyGuessesError`,
        the family of `TrackingError`, and for a ``carrier`` that was named `CarrierUnknownError` and
        `CarrierUnsupportedError`.
        """
        wants_tail: PhoneTailRequiredError | None = None
        for key in self._keys(waybill_no, carrier):
            try:
                return await self._ask(key)
            except PhoneTailRequiredError as error:
                wants_tail = error
            except TrackNotFoundError:
                continue
            except (CarrierUnknownError, CarrierUnsupportedError):
                if carrier is not None:
                    raise
        if wants_tail is not None:
            raise wants_tail
        return None

    def _keys(self, waybill_no: str, named: str | None) -> Iterator[TrackKey]:
        likely = [one.carrier for one in candidates_for(waybill_no) if one.confidence >= MEDIUM]
        for carrier in [named.strip().lower()] if named is not None else likely[:_MOST_TRIED]:
            if self._carriers is None or carrier in self._carriers:
                # A carrier that does not ask for the tail is not told it.
                yield TrackKey(carrier, normalise(waybill_no), self._phone_tail if needs_phone_tail(carrier) else "")

    async def _ask(self, key: TrackKey) -> ForeignTrack:
        if not key.phone_tail:
            return await self._tracker.track(key)
        with self._guesses.counting(key):
            return await self._tracker.track(key)
