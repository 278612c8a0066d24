"""Never asking a service twice for what it told just now: a memory of answers, one request for many askers."""

import asyncio
from collections import OrderedDict
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingBusyError,
    TrackingTooOftenError,
    TrackNotFoundError,
)
from connectors.tracking.track import ForeignTrack, Tracker, TrackKey

STALE_AFTER = timedelta(hours=12)
"""An older track is not shown even when there is no newer one; its 更新于 HH:MM would be taken for today's."""

_REFUSALS = {
    "not_found": TrackNotFoundError,
    "phone_tail": PhoneTailRequiredError,
    "carrier_unknown": CarrierUnknownError,
    "carrier_unsupported": CarrierUnsupportedError,
}
_TOO_OFTEN = "too_often"


@dataclass(frozen=True)
class Remembered:
    """The outcome of asking at ``tried_at``: a track, or else the name of a refusal."""

    tried_at: datetime
    track: ForeignTrack | None = None
    refusal: str = ""


class TrackCache(Protocol):
    """Where answers are remembered.

    A shared store keeps several processes from asking for the same number.  It may forget whatever is older than
    `STALE_AFTER`, and must keep phone tails (they are part of the key) from people's eyes.
    """

    async def get(self, key: TrackKey) -> Remembered | None: ...

    async def put(self, key: TrackKey, answer: Remembered) -> None: ...

    def alone(self, key: TrackKey) -> AbstractAsyncContextManager[None]:
        """Nobody else who shares this store asks the service for this key inside.  Raises `TrackingBusyError`."""
        ...


class InMemoryTrackCache:
    """The answers used last, at most ``limit`` of them."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._answers: OrderedDict[TrackKey, Remembered] = OrderedDict()

    async def get(self, key: TrackKey) -> Remembered | None:
        if key in self._answers:
            self._answers.move_to_end(key)
        return self._answers.get(key)

    async def put(self, key: TrackKey, answer: Remembered) -> None:
        self._answers[key] = answer
        self._answers.move_to_end(key)
        while len(self._answers) > self._limit:
            self._answers.popitem(last=False)

    def alone(self, key: TrackKey) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        """Nothing to do: whoever asks in this process shares the answer that is under way."""
        return nullcontext()


class RememberingTracker:
    """Asks another tracker for one key at most once in ``pause``, refusals included.

    Where the service is too busy to answer, the last track is shown as long as it is not stale; its ``asked_at`` says
    how old it is.
    """

    def __init__(self, tracker: Tracker, cache: TrackCache, clock: Clock, *, pause: timedelta) -> None:
        self._tracker = tracker
        self._cache = cache
        self._clock = clock
        self._pause = pause
        self._flights: dict[TrackKey, asyncio.Task[ForeignTrack]] = {}

    async def track(self, key: TrackKey) -> ForeignTrack:
        """As `Tracker.track`.  Who asks while the answer is under way gets the same one."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._answer(key))
            flight.add_done_callback(lambda _: self._flights.pop(key))
        # One asker who gives up must not take the answer from the others.
        return await asyncio.shield(flight)

    async def _answer(self, key: TrackKey) -> ForeignTrack:
        last = await self._cache.get(key)
        if last is not None and self._is_fresh(last):
            return _told(last, key)
        async with self._cache.alone(key):
            last = await self._cache.get(key)
            if last is not None and self._is_fresh(last):
                return _told(last, key)
            return await self._ask(key, last)

    def _is_fresh(self, answer: Remembered) -> bool:
        return self._clock() - answer.tried_at < self._pause

    async def _ask(self, key: TrackKey, last: Remembered | None) -> ForeignTrack:
        try:
            track = await self._tracker.track(key)
        except TrackingBusyError as busy:
            return await self._make_do(key, last, busy)
        except tuple(_REFUSALS.values()) as refusal:
            name = next(name for name, kind in _REFUSALS.items() if isinstance(refusal, kind))
            await self._cache.put(key, Remembered(self._clock(), refusal=name))
            raise
        await self._cache.put(key, Remembered(self._clock(), track=track))
        return track

    async def _make_do(self, key: TrackKey, last: Remembered | None, busy: TrackingBusyError) -> ForeignTrack:
        """The last track, if it is fit to be shown.  A service asked too often is left alone for a whole pause."""
        now = self._clock()
        track = last.track if last is not None else None
        if track is not None and now - track.asked_at > STALE_AFTER:
            track = None
        if isinstance(busy, TrackingTooOftenError):
            await self._cache.put(key, Remembered(now, track=track, refusal="" if track else _TOO_OFTEN))
        if track is None:
            raise busy
        return track


def _told(answer: Remembered, key: TrackKey) -> ForeignTrack:
    """The same answer again."""
    if answer.track is not None:
        return answer.track
    if answer.refusal == _TOO_OFTEN:
        raise TrackingTooOftenError(f"waybill {key.waybill_no} was asked for too often")
    raise _REFUSALS[answer.refusal](key.waybill_no, key.carrier)
