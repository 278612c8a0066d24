"""The worker process: everything but pages and endpoints, started by the supervisor where ``BOT_WORKER=separate``."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.clock import system_clock
from bot.log import set_up_logging
from bot.settings import Settings, get_settings
from bot.signs import WORKER, show, shown

if TYPE_CHECKING:
    from bot.wiring import Wired

_LOOK_EVERY_S = 0.5
_NICE = 5
"""Platforms are thanked and pages drawn first: what has to be worked off can wait a moment, they cannot."""


def main() -> None:
    """Work until SIGTERM."""
    os.nice(_NICE)
    set_up_logging()
    asyncio.run(work(get_settings()))


async def work(settings: Settings) -> None:
    # Only now: importing all of it takes seconds of a processor, which are to be nice ones.
    from bot.studying import Studio
    from bot.wiring import Work, wire

    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    wired = wire(settings, system_clock)
    Studio.build(wired).register(wired.waybills.jobs)
    async with AsyncExitStack() as stack:
        await wired.start(stack, works=True)
        await Work(wired, alone=True).start(stack)
        stack.enter_context(shown(settings.data_dir, WORKER, wired.changeover.lineup.key))
        telling = asyncio.create_task(_tell_the_lineup(wired), name="tell the lineup")
        await stopping.wait()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell_the_lineup(wired: "Wired") -> None:
    """The supervisor waits for us before it ends what served before."""
    told = wired.changeover.lineup.key
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        if (serving := wired.changeover.lineup.key) != told:
            show(wired.settings.data_dir, WORKER, serving)
            told = serving


if __name__ == "__main__":
    main()
