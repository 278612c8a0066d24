"""Many who ask at once share one reading, and none gets an older one."""

import asyncio

from bot.desk.coalesce import Coalesced


class SlowCounter:
    """Counts its runs; each waits for the gate."""

    def __init__(self) -> None:
        self.runs = 0
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.runs += 1
        run = self.runs
        self.begun.set()
        await self.gate.wait()
        return run


async def test_all_who_ask_before_a_reading_begins_share_it() -> None:
    counter = SlowCounter()
    counter.gate.set()
    read = Coalesced(counter)
    assert await asyncio.gather(*(read() for _ in range(50))) == [1] * 50


async def test_who_asks_during_a_reading_gets_the_next_one() -> None:
    counter = SlowCounter()
    read = Coalesced(counter)
    first = asyncio.create_task(read())
    await counter.begun.wait()
    later = [asyncio.create_task(read()) for _ in range(10)]
    await asyncio.sleep(0)
    counter.gate.set()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 10


async def test_a_caller_who_gives_up_does_not_stop_the_others() -> None:
    counter = SlowCounter()
    read = Coalesced(counter)
    tasks = [asyncio.create_task(read()) for _ in range(2)]
    await counter.begun.wait()
    tasks[0].cancel()
    counter.gate.set()
    assert await tasks[1] == 1
