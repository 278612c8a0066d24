"""The live wall: one reading per process, however many watch it."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.events import EventHub
from bot.desk.leading.board import Board, Facts, board_of
from bot.desk.leading.reading import BoardReading, Slow
from bot.desk.leading.settings import WallSettings
from bot.desk.leading.who import Scope, refuse_unless_leads
from bot.staff.model import Actor

logger = logging.getLogger(__name__)
Watcher = Callable[[Board], None]
_MATTERS = {"state", "agents", "delivery", "task"}


class Wall:
    """Reads when something happens, at most once in ``rest_s``, and at least once in ``tick_s``.

    Parameters
    ----------
    hubs: what happens to conversations, and between desks.
    slow_s: how often the sums of the day are read, in seconds; less often where that takes long.
    """

    def __init__(
        self,
        reading: BoardReading,
        settings: WallSettings,
        hubs: Sequence[EventHub] = (),
        *,
        rest_s: float = 1.0,
        tick_s: float = 10.0,
        slow_s: float = 15.0,
    ) -> None:
        self.settings = settings
        self._reading = reading
        self._hubs = hubs
        self._rest_s, self._tick_s, self._slow_s = rest_s, tick_s, slow_s
        self._watchers: dict[object, tuple[Scope, Watcher]] = {}
        self._changed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._facts: Facts | None = None
        self._facts_at = self._slow_at = float("-inf")
        self._summing: asyncio.Task[None] | None = None
        self._slow = Slow()
        self._task: asyncio.Task[None] | None = None

    async def board(self, actor: Actor) -> Board:
        """The wall as it is, up to ``rest_s`` ago.  Raises `AccessRefusedError` for who does not lead."""
        refuse_unless_leads(actor)
        return board_of(await self._read(), Scope.of(actor), self.settings)

    @contextmanager
    def watch(self, actor: Actor, watcher: Watcher) -> Iterator[None]:
        """Be told of every new board until the block ends.  Raises `AccessRefusedError`."""
        refuse_unless_leads(actor)
        key = object()
        self._watchers[key] = (Scope.of(actor), watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="wall")
        try:
            yield
        finally:
            del self._watchers[key]
            if not self._watchers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def stop(self) -> None:
        running = [task for task in (self._task, self._summing) if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._task = None

    # -- within ----------------------------------------------------------------------------------

    async def _read(self) -> Facts:
        async with self._lock:
            if self._facts is None or monotonic() - self._facts_at >= self._rest_s:
                await self._look_slowly()
                self._facts, self._facts_at = await self._reading.facts(self._slow), monotonic()
            return self._facts

    async def _look_slowly(self) -> None:
        """Have the sums of the day read beside everything else; only the first wall waits for them."""
        is_first = self._slow_at == float("-inf")
        if self._summing is None and monotonic() >= self._slow_at:
            self._summing = asyncio.create_task(self._sum_up(), name="wall-sums")
        if is_first and self._summing is not None:
            await self._summing

    async def _sum_up(self) -> None:
        """What takes long is read less often: a tenth of the time at most."""
        began = monotonic()
        try:
            self._slow = await self._reading.slow()
        except (SQLAlchemyError, OSError) as error:
            logger.warning("the sums of the wall could not be read: %s", type(error).__name__)
        finally:
            self._slow_at = monotonic() + max(self._slow_s, 10 * (monotonic() - began))
            self._summing = None

    async def _follow(self) -> None:
        async with asyncio.TaskGroup() as group:
            for hub in self._hubs:
                group.create_task(self._listen(hub))
            group.create_task(self._tell_all())

    async def _listen(self, hub: EventHub) -> None:
        with hub.subscribe() as events:
            while True:
                if (await events.get()).kind in _MATTERS:
                    self._changed.set()

    async def _tell_all(self) -> None:
        while True:
            self._changed.clear()
            try:
                facts = await self._read()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("the wall could not be read: %s", type(error).__name__)
            else:
                self._tell(facts)
            await asyncio.sleep(self._rest_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._tick_s):
                    await self._changed.wait()

    def _tell(self, facts: Facts) -> None:
        """Everybody whose scope is the same gets the same board."""
        boards: dict[Scope, Board] = {}
        for scope, watcher in list(self._watchers.values()):
            if scope not in boards:
                boards[scope] = board_of(facts, scope, self.settings)
            watcher(boards[scope])
