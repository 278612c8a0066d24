"""The platform's part in a change of what understands customers: it watches the announcement and takes over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from bot.understanding import Lineup, Understanding, announced

logger = logging.getLogger(__name__)

TakeOver = Callable[[Lineup], Awaitable[None]]
_RETRY_S = 5.0


class Changeover:
    """Takes over what is announced; what served before goes on until all of the new is in place.

    Parameters
    ----------
    first: what serves from the start.
    take_over: puts what is announced in place; raising leaves the old, and it is tried again.
    """

    def __init__(self, data_dir: Path, first: Lineup, take_over: TakeOver) -> None:
        self._data_dir = data_dir
        self._take_over = take_over
        self._watching: asyncio.Task[None] | None = None
        self.lineup = first

    @property
    def serving(self) -> Understanding:
        """The stable one."""
        return self.lineup.serving

    async def start(self, *, every_s: float = 0.5) -> None:
        self._watching = asyncio.create_task(self._watch(every_s), name="watch the understanding")

    async def stop(self) -> None:
        if self._watching is None:
            return
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching
        self._watching = None

    async def look(self) -> bool:
        """Take over what is announced, unless it serves already; says whether anything changed."""
        new = announced(self._data_dir)
        if new is None or new == self.lineup:
            return False
        logger.info("taking over %s", new.key)
        await self._take_over(new)
        self.lineup = new
        logger.info("release %s with model %s serves", new.stable, new.serving.model_key)
        return True

    async def _watch(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.look()
            except Exception:
                logger.exception("what was announced could not be taken over; what served before goes on")
                await asyncio.sleep(_RETRY_S)
