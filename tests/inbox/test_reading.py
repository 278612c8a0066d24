import asyncio
from datetime import timedelta

import pytest

from bot.errors import IllegalMoveError, NotFoundError, UnreadableError
from bot.inbox.model import LetterState
from bot.inbox.ports import Letter
from bot.inbox.reading import Reading, ReadingLimits
from bot.inbox.shelf import Shelf


class Reader:
    """Remembers what it read; raises what it is told to, letter by letter."""

    def __init__(self) -> None:
        self.read_keys: list[str] = []
        self.errors: dict[str, list[Exception]] = {}
        self.bodies: list[dict] = []

    async def read(self, letter: Letter) -> None:
        await asyncio.sleep(0)
        if self.errors.get(letter.key):
            raise self.errors[letter.key].pop(0)
        self.read_keys.append(letter.key)
        self.bodies.append(dict(letter.body))


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
async def reading(database, clock, reader):
    reading = Reading(database, clock)
    reading.add("wechat", reader)
    yield reading
    await reading.stop()


async def test_a_letter_is_stored_once_and_read_once(put, reading, reader):
    assert [await put("1"), await put("1")] == [True, False]
    await reading.run_due()
    assert await put("1") is False, "its key is kept after it was read"
    await reading.run_due()

    assert reader.read_keys == ["1"]


async def test_letters_of_a_lane_are_read_in_order_and_lanes_beside_each_other(put, reading, reader):
    for n in range(60):
        await put(f"{n % 3}-{n:02}", lane=str(n % 3))
    await reading.run_due()

    assert len(reader.read_keys) == 60
    for lane in "012":
        keys = [key for key in reader.read_keys if key.startswith(lane)]
        assert keys == sorted(keys)
    assert reader.read_keys != sorted(reader.read_keys)


async def test_more_lanes_than_are_held_ready_are_all_read(put, reader, database, clock):
    reading = Reading(database, clock, ReadingLimits(at_once=2, sweep_s=60))
    reading.add("wechat", reader)
    for n in range(30):
        await put(f"{n:02}", lane=str(n))
    await reading.start()
    async with asyncio.timeout(30):
        while len(reader.read_keys) < 30:
            await asyncio.sleep(0.01)
    await reading.stop()

    assert sorted(reader.read_keys) == [f"{n:02}" for n in range(30)]


async def test_what_comes_while_its_lane_is_read_is_read_next(put, reader, database, clock):
    reading = Reading(database, clock, ReadingLimits(sweep_s=60))
    read = reader.read

    async def read_and_hear_more(letter):
        if letter.key == "1":
            await put("2")
        await read(letter)

    reader.read = read_and_hear_more
    reading.add("wechat", reader)
    await put("1")
    await reading.start()
    async with asyncio.timeout(30):
        while len(reader.read_keys) < 2:
            await asyncio.sleep(0.01)
    await reading.stop()

    assert reader.read_keys == ["1", "2"]


async def test_what_cannot_be_kept_as_it_is_loses_only_that(put, reading, reader):
    await put("1", words="a\0b\ud800c", deep=[{"k\0": "\\u0000 stays"}])
    await reading.run_due()

    assert reader.bodies == [{"words": "ab?c", "deep": [{"k": "\\u0000 stays"}]}]


async def test_a_letter_that_fails_is_read_again_and_holds_up_its_lane_meanwhile(put, reading, reader, clock):
    reader.errors["1"] = [RuntimeError("down"), RuntimeError("down")]
    await put("1")
    await put("2")
    await put("3", lane="other")
    await reading.run_due()
    assert reader.read_keys == ["3"]

    for seconds in (1, 3):
        clock.advance(timedelta(seconds=seconds))
        await reading.run_due()

    assert reader.read_keys == ["3", "1", "2"]


async def test_a_letter_that_fails_for_too_long_is_put_aside_and_its_lane_goes_on(
    put, reading, reader, clock, database
):
    reader.errors["1"] = [RuntimeError("for ever")] * 100
    await put("1")
    await put("2")
    for _ in range(12):
        await reading.run_due()
        clock.advance(timedelta(seconds=60))

    (aside,) = await Shelf(database).found(state=LetterState.aside)
    assert reader.read_keys == ["2"]
    assert (aside.key, aside.error) == ("1", "RuntimeError")


async def test_what_nobody_will_ever_read_is_put_aside_at_once(put, reading, reader, database):
    reader.errors["1"] = [UnreadableError("no such kind")]
    await put("1")
    await put("2")
    await reading.run_due()

    (aside,) = await Shelf(database).found(state=LetterState.aside)
    assert (aside.error, reader.read_keys) == ("no such kind", ["2"])


async def test_what_was_put_aside_can_be_read_again_or_dropped(put, reading, reader, database, clock):
    shelf = Shelf(database)
    for key in "12":
        reader.errors[key] = [UnreadableError("not yet")]
        await put(key)
    await reading.run_due()
    two, one = await shelf.found(state=LetterState.aside)
    await shelf.retry(one.id)
    await shelf.drop(two.id, at=clock())
    await reading.run_due()

    assert reader.read_keys == ["1"]
    assert await shelf.found(state=LetterState.aside) == []
    with pytest.raises(IllegalMoveError):
        await shelf.retry(two.id)
    with pytest.raises(NotFoundError):
        await shelf.retry(10**9)


async def test_what_is_for_a_channel_without_a_reader_waits(put, reading, reader):
    await put("1", channel="fax")
    await put("2", channel="wechat:second")
    await reading.run_due()

    assert reader.read_keys == ["2"]


async def test_letters_are_forgotten_after_a_while_but_not_those_put_aside(put, reading, reader, database, clock):
    reader.errors["2"] = [UnreadableError("no")]
    for key in "12":
        await put(key)
    await reading.run_due()
    await put("3")
    gone = await Shelf(database).forget(before=clock() + timedelta(seconds=1))

    assert gone == 1
    assert [row.key for row in await Shelf(database).found()] == ["3", "2"]


async def test_workers_beside_each_other_read_every_letter_once_in_order(put, reading, reader, database, clock):
    for n in range(80):
        await put(f"{n % 4}-{n:02}", lane=str(n % 4))
    others = [Reading(database, clock) for _ in range(3)]
    for other in others:
        other.add("wechat", reader)
    await asyncio.gather(*(each.run_due() for each in (reading, *others)))
    await reading.run_due()
    for other in others:
        await other.stop()

    assert len(reader.read_keys) == 80
    for lane in "0123":
        keys = [key for key in reader.read_keys if key.startswith(lane)]
        assert keys == sorted(keys)


async def test_a_running_loop_hears_of_a_letter_at_once(put, reader, database, clock):
    reading = Reading(database, clock, ReadingLimits(sweep_s=60))
    reading.add("wechat", reader)
    await reading.start()
    await asyncio.sleep(0.05)
    await put("1")
    async with asyncio.timeout(30):
        while not reader.read_keys:
            await asyncio.sleep(0.01)
    await reading.stop()


async def test_a_reading_that_takes_for_ever_is_broken_off(put, reader, database, clock):
    async def read(letter):
        await asyncio.Event().wait()

    reader.read = read
    reading = Reading(database, clock, ReadingLimits(within_s=0.05))
    reading.add("wechat", reader)
    await put("1")
    await reading.run_due()
    await reading.stop()

    assert (await Shelf(database).found())[0].error == "TimeoutError"
