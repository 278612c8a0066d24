import asyncio
import gc
from datetime import timedelta

import pytest

from bot.errors import (
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingTooOftenError,
    TrackNotFoundError,
)
from bot.waybills.model import CheckpointKind, WaybillStatus
from connectors.tracking.memory import STALE_AFTER, InMemoryTrackCache, RememberingTracker
from connectors.tracking.track import ForeignTrack, TrackKey, checkpoint_of
from tests.builders import NOW

PAUSE = timedelta(minutes=30)
KEY = TrackKey("yuantong", "YT1234567890123")


class FakeTracker:
    """Answers with a track, or raises ``failure``; waits at ``gate`` where there is one."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.asked: list[TrackKey] = []
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def track(self, key: TrackKey) -> ForeignTrack:
        self.asked.append(key)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        scan = checkpoint_of(NOW, CheckpointKind.arrived, "广州市", "快件已到达")
        return ForeignTrack(key.waybill_no, key.carrier, WaybillStatus.in_transit, (scan,), self.clock())


class SlowCache(InMemoryTrackCache):
    """A store over a network: everybody gets a turn while it answers."""

    async def get(self, key):
        answer = await super().get(key)
        await asyncio.sleep(0)
        return answer


@pytest.fixture
def service(clock) -> FakeTracker:
    return FakeTracker(clock)


@pytest.fixture
def tracker(service, clock) -> RememberingTracker:
    return RememberingTracker(service, InMemoryTrackCache(), clock, pause=PAUSE)


async def test_an_answer_is_told_again_with_the_time_it_was_given(tracker, service, clock):
    first = await tracker.track(KEY)
    clock.advance(timedelta(minutes=10))

    assert await tracker.track(KEY) == first
    assert clock() - first.asked_at == timedelta(minutes=10)
    assert len(service.asked) == 1


async def test_what_one_phone_tail_opened_is_not_shown_for_another(tracker, service):
    await tracker.track(TrackKey("shunfeng", "SF1234567890123", "1234"))
    service.failure = PhoneTailRequiredError("SF1234567890123", "shunfeng")

    for tail in ("", "0000"):
        with pytest.raises(PhoneTailRequiredError):
            await tracker.track(TrackKey("shunfeng", "SF1234567890123", tail))


@pytest.mark.parametrize("failure", [TrackNotFoundError, PhoneTailRequiredError, CarrierUnsupportedError])
async def test_a_refusal_is_remembered_as_well(tracker, service, clock, failure):
    service.failure = failure(KEY.waybill_no, KEY.carrier)
    for _ in range(3):
        with pytest.raises(failure):
            await tracker.track(KEY)
    assert len(service.asked) == 1

    service.failure = None
    clock.advance(PAUSE)

    assert (await tracker.track(KEY)).waybill_no == KEY.waybill_no


@pytest.mark.parametrize("failure", [TrackingBusyError("busy"), TrackingConfigError("expired")])
async def test_a_failure_of_the_service_is_not_remembered(tracker, service, failure):
    service.failure = failure
    with pytest.raises(type(failure)):
        await tracker.track(KEY)

    service.failure = None

    assert (await tracker.track(KEY)).waybill_no == KEY.waybill_no


async def test_a_busy_service_is_stood_in_for_by_the_last_track_until_it_is_stale(tracker, service, clock):
    first = await tracker.track(KEY)
    service.failure = TrackingBusyError("busy")

    clock.advance(STALE_AFTER)
    assert await tracker.track(KEY) == first

    clock.advance(timedelta(seconds=1))
    with pytest.raises(TrackingBusyError):
        await tracker.track(KEY)


async def test_a_service_asked_too_often_is_left_alone_for_a_whole_pause(tracker, service, clock):
    service.failure = TrackingTooOftenError("too often")
    for _ in range(2):
        with pytest.raises(TrackingTooOftenError):
            await tracker.track(KEY)
    assert len(service.asked) == 1

    service.failure = None
    clock.advance(PAUSE)

    assert await tracker.track(KEY)


async def test_who_asks_while_the_answer_is_under_way_shares_it(service, clock):
    tracker = RememberingTracker(service, SlowCache(), clock, pause=PAUSE)
    service.gate = asyncio.Event()
    asked = [asyncio.create_task(tracker.track(KEY)) for _ in range(5)]
    await asyncio.sleep(0)
    service.gate.set()

    answers = await asyncio.gather(*asked, tracker.track(KEY))

    assert len(set(answers)) == 1
    assert len(service.asked) == 1


async def test_an_asker_who_gives_up_does_not_take_the_answer_from_the_others(tracker, service):
    service.gate = asyncio.Event()
    impatient, patient = (asyncio.create_task(tracker.track(KEY)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    service.gate.set()

    assert (await patient).waybill_no == KEY.waybill_no
    assert len(service.asked) == 1


async def test_a_failure_nobody_waits_for_any_more_makes_no_noise(tracker, service, caplog):
    service.gate, service.failure = asyncio.Event(), TrackingBusyError("busy")
    asker = asyncio.create_task(tracker.track(KEY))
    await asyncio.sleep(0)
    asker.cancel()
    service.gate.set()
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()

    assert asker.cancelled()
    assert caplog.records == []


async def test_a_failure_is_told_to_everybody_who_waits(tracker, service):
    service.failure = TrackingBusyError("busy")

    outcomes = await asyncio.gather(*(tracker.track(KEY) for _ in range(3)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [TrackingBusyError] * 3


async def test_the_memory_forgets_what_was_used_longest_ago(service, clock):
    tracker = RememberingTracker(service, InMemoryTrackCache(limit=2), clock, pause=PAUSE)
    a, b, c = (TrackKey("yuantong", f"YT000000000000{n}") for n in range(3))
    for key in (a, b, a, c, a, b):
        await tracker.track(key)

    assert service.asked == [a, b, c, b]
