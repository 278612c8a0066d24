import asyncio
from datetime import timedelta

import pytest

from bot.errors import PhoneTailRequiredError, TrackingBusyError
from connectors.tracking.memory import Remembered, RememberingTracker
from connectors.tracking.postgres_cache import PostgresTrackCache
from connectors.tracking.track import ForeignTrack, TrackKey
from tests.connectors.tracking.test_memory import FakeTracker

PAUSE = timedelta(minutes=30)
KEY = TrackKey("shunfeng", "SF1234567890123", "1234")


@pytest.fixture
def service(clock) -> FakeTracker:
    return FakeTracker(clock)


@pytest.fixture
def replica(database, service, clock, pauses):
    """A process of its own, as far as memory goes."""

    def start() -> RememberingTracker:
        return RememberingTracker(service, PostgresTrackCache(database, "kuaidi100"), clock, pause=PAUSE)

    return start


async def test_an_answer_outlives_the_process_that_got_it(replica, service):
    first = await replica().track(KEY)

    assert await replica().track(KEY) == first
    assert len(service.asked) == 1


async def test_a_refusal_outlives_it_too_and_holds_for_that_tail_only(replica, service, clock):
    service.failure = PhoneTailRequiredError(KEY.waybill_no, KEY.carrier)
    for _ in range(2):
        with pytest.raises(PhoneTailRequiredError):
            await replica().track(KEY)
    service.failure = None
    assert await replica().track(TrackKey(KEY.carrier, KEY.waybill_no, "5678"))
    assert len(service.asked) == 2

    clock.advance(PAUSE)
    assert await replica().track(KEY)


async def test_two_processes_that_want_the_same_at_once_ask_once(replica, service):
    service.gate = asyncio.Event()
    asked = [asyncio.create_task(replica().track(KEY)) for _ in range(3)]
    while not service.asked:
        await asyncio.sleep(0)
    service.gate.set()

    answers = await asyncio.gather(*asked)

    assert len(service.asked) == 1
    assert answers[0] == answers[1] == answers[2]


async def test_answers_of_two_services_are_kept_apart(database, clock):
    sf, kuaidi100 = PostgresTrackCache(database, "sf"), PostgresTrackCache(database, "kuaidi100")
    await sf.put(KEY, Remembered(clock(), refusal="phone_tail"))

    assert await kuaidi100.get(KEY) is None
    assert await sf.get(KEY) == Remembered(clock(), refusal="phone_tail")


async def test_who_waits_too_long_for_another_process_is_told_that_it_is_busy(database, pauses):
    ours = PostgresTrackCache(database, "sf", sleep=pauses)
    async with PostgresTrackCache(database, "sf").alone(KEY):
        with pytest.raises(TrackingBusyError):
            async with ours.alone(KEY):
                pass
        async with ours.alone(TrackKey("ems", "1")):
            pass
    async with ours.alone(KEY):
        pass

    assert 5 < sum(pauses.taken) < 15


async def test_a_track_comes_back_as_it_was_and_is_forgotten_in_the_end(database, service, clock):
    cache = PostgresTrackCache(database, "sf")
    track: ForeignTrack = await service.track(KEY)
    await cache.put(KEY, Remembered(clock(), track=track))
    answer = await cache.get(KEY)

    assert answer is not None
    assert answer.track is not None
    assert [scan.at for scan in answer.track.checkpoints] == [scan.at for scan in track.checkpoints]
    assert (answer.track.status, answer.track.asked_at) == (track.status, track.asked_at)

    await cache.forget(before=clock() + timedelta(seconds=1))
    assert await cache.get(KEY) is None
