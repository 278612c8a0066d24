"""What every `TrackSink` promises, in memory and in PostgreSQL."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.waybills.model import Checkpoint, CheckpointKind, WaybillStatus
from connectors.tracking.postgres_sink import PostgresTrackSink
from connectors.tracking.sink import InMemoryTrackSink, TrackingEnd, TrackSink
from connectors.tracking.tables import PushedTrack
from connectors.tracking.track import checkpoint_of
from tests.builders import NOW

NUMBER = "4310508235533"


def scan(hours: int, text: str, kind: CheckpointKind = CheckpointKind.departed) -> Checkpoint:
    return checkpoint_of(NOW + timedelta(hours=hours), kind, "深圳市", text)


PICKED_UP = scan(0, "已收件", CheckpointKind.picked_up)
DEPARTED = scan(9, "已发出")
SIGNED = scan(33, "已签收", CheckpointKind.delivered)


@dataclass(frozen=True)
class Kept:
    """A sink, and how a test reads what it keeps."""

    sink: TrackSink
    texts: Callable[[str], Awaitable[list[str]]]
    end: Callable[[str], Awaitable[str | None]]


def _in_memory() -> Kept:
    sink = InMemoryTrackSink()

    async def texts(carrier: str) -> list[str]:
        return [one.text for one in sink.tracks.get((NUMBER, carrier), ())]

    async def end(carrier: str) -> str | None:
        return sink.ended.get((NUMBER, carrier))

    return Kept(sink, texts, end)


def _postgres(database, clock) -> Kept:
    sink = PostgresTrackSink(database, clock)

    async def texts(carrier: str) -> list[str]:
        track = await sink.pushed(NUMBER, carrier)
        return [one.text for one in track.checkpoints] if track else []

    async def end(carrier: str) -> str | None:
        async with database.transaction() as session:
            row = await session.get(PushedTrack, (carrier, NUMBER))
        return row.ended if row else None

    return Kept(sink, texts, end)


@pytest.fixture(params=["in_memory", "postgres"])
def kept(request) -> Kept:
    if request.param == "in_memory":
        return _in_memory()
    return _postgres(request.getfixturevalue("database"), request.getfixturevalue("clock"))


async def test_a_track_is_replaced_and_not_appended(kept):
    await kept.sink.replace_track(NUMBER, "yunda", [PICKED_UP, DEPARTED])
    await kept.sink.replace_track(NUMBER, "yunda", [PICKED_UP, SIGNED])

    assert await kept.texts("yunda") == ["已收件", "已签收"]


async def test_in_whatever_order_and_however_often_pushes_come_the_newest_track_stays(kept):
    tracks = [[PICKED_UP], [PICKED_UP, DEPARTED], [PICKED_UP, DEPARTED, SIGNED]]
    for order in itertools.permutations(tracks):
        for track in (*order, *order):
            await kept.sink.replace_track(NUMBER, "yunda", track)

        assert await kept.texts("yunda") == ["已收件", "已发出", "已签收"]


async def test_only_a_rewritten_track_takes_scans_away(kept):
    await kept.sink.replace_track(NUMBER, "yunda", [PICKED_UP, DEPARTED, SIGNED])
    await kept.sink.replace_track(NUMBER, "yunda", [PICKED_UP, DEPARTED], rewritten=True)

    assert await kept.texts("yunda") == ["已收件", "已发出"]


async def test_scans_that_come_one_by_one_make_the_same_track_in_any_order(kept):
    for order in itertools.permutations([PICKED_UP, DEPARTED, SIGNED]):
        for one in (*order, order[0]):
            await kept.sink.add_scans(NUMBER, "shunfeng", [one])

        assert await kept.texts("shunfeng") == ["已收件", "已发出", "已签收"]


async def test_a_correction_drops_what_was_told_of_the_wrong_carrier_and_may_come_twice(kept):
    await kept.sink.replace_track(NUMBER, "yuantong", [PICKED_UP])
    for _ in range(2):
        await kept.sink.correct_carrier(NUMBER, "yuantong", "yunda")
        await kept.sink.replace_track(NUMBER, "yunda", [DEPARTED])

    assert (await kept.texts("yuantong"), await kept.texts("yunda")) == ([], ["已发出"])
    assert await kept.end("yuantong") is None


async def test_the_first_end_stays_unless_it_is_signed_for_later(kept):
    for why in (TrackingEnd.no_change, TrackingEnd.aborted):
        await kept.sink.end_tracking(NUMBER, "yunda", why)
    first = await kept.end("yunda")
    await kept.sink.end_tracking(NUMBER, "yunda", TrackingEnd.signed)
    await kept.sink.end_tracking(NUMBER, "yunda", TrackingEnd.no_change)

    assert (first, await kept.end("yunda")) == ("no_change", "signed")


async def test_what_is_pushed_says_where_the_parcel_stands_and_when_it_was_told(database, clock):
    sink = PostgresTrackSink(database, clock)
    await sink.replace_track(NUMBER, "yunda", [PICKED_UP, DEPARTED])
    told_at = clock()
    clock.advance(timedelta(hours=1))
    await sink.replace_track(NUMBER, "yunda", [PICKED_UP])

    track = await PostgresTrackSink(database, clock).pushed(NUMBER, "yunda")

    assert track is not None
    assert (track.status, track.asked_at, track.checkpoints) == (
        WaybillStatus.in_transit,
        told_at,
        (PICKED_UP, DEPARTED),
    )


async def test_after_a_correction_the_right_carrier_is_known(database, clock):
    sink = PostgresTrackSink(database, clock)
    await sink.correct_carrier(NUMBER, "yuantong", "yunda")

    assert [await sink.right_carrier(NUMBER, name) for name in ("yuantong", "yunda", "ems")] == [
        "yunda",
        "yunda",
        "ems",
    ]


async def test_what_nobody_heard_of_for_long_is_forgotten(database, clock):
    sink = PostgresTrackSink(database, clock)
    await sink.replace_track(NUMBER, "yunda", [PICKED_UP])

    await sink.forget(before=clock())
    assert await sink.pushed(NUMBER, "yunda")

    await sink.forget(before=clock() + timedelta(seconds=1))
    assert await sink.pushed(NUMBER, "yunda") is None
