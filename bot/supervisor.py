"""One supervisor for all processes: starts them, restarts what crashes, stops what it started and nothing else."""

import asyncio
import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import AlreadyRunningError

Report = Callable[[str], None]
_PR_SET_PDEATHSIG = 1
_STABLE_S = 60.0
_LIVED_S = 5.0
"""One that lived so long and was killed is started again at once."""
_LONGEST_BACK_OFF_S = 30.0


@dataclass(frozen=True)
class Child:
    """A process to keep running.

    Parameters
    ----------
    command: the program and its arguments.
    environment: added to our own.
    log: file its output is appended to.
    is_ready: asked until it says yes.
    sockets: numbers of the files it inherits.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    is_ready: Callable[[], Awaitable[bool]]
    sockets: tuple[int, ...] = ()


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder; a second start is refused.  The lock goes with the process, however it ends."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "bot.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise AlreadyRunningError(
                f"already running in {data_dir} (process {owner}); stop it first with 'make stop' or Ctrl-C there"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def running_supervisor(data_dir: Path) -> int | None:
    """The process id of the supervisor that holds a data folder, None when nobody does."""
    path = data_dir / "bot.lock"
    if not path.exists():
        return None
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            return int(file.read().strip() or 0) or None
    return None


class Supervisor:
    """Keeps children running until told to stop."""

    def __init__(self, children: list[Child], report: Report) -> None:
        self._keepers = [_Keeper(child, report) for child in children]
        self._report = report
        self._stopping = asyncio.Event()

    async def run(
        self, on_ready: Callable[[], None], *, afterwards: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Start all, call ``on_ready`` once every child is, and return after SIGINT or SIGTERM with all stopped.

        ``afterwards`` goes on beside the children from then on, and is cancelled before they are stopped.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        for keeper in self._keepers:
            keeper.start()
        beside = asyncio.create_task(self._beside(on_ready, afterwards))
        await self._stopping.wait()
        self._report("stopping ...")
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers), return_exceptions=True)

    async def add(self, child: Child, *, within_s: float = 300) -> None:
        """Keep another child from now on; returns when it is ready.

        Raises TimeoutError when it is not in time; it is stopped then.
        """
        keeper = _Keeper(child, self._report)
        self._keepers.append(keeper)
        keeper.start()
        try:
            async with asyncio.timeout(within_s):
                await keeper.is_ready.wait()
        except BaseException:
            await asyncio.shield(self._drop(keeper))
            raise

    async def remove(self, name: str) -> None:
        """Stop a child, if there is one of that name."""
        for keeper in [keeper for keeper in self._keepers if keeper.child.name == name]:
            await self._drop(keeper)

    async def exchange(
        self, name: str, successor: Child, hand_over: Callable[[], Awaitable[None]], *, within_s: float = 300
    ) -> None:
        """Let another child take the place of the one called ``name``, which goes on until it is no longer needed.

        ``hand_over`` is called once the successor is ready, and returns when nobody needs the old child any more.
        When it raises, or the successor isn't ready in time (TimeoutError), the successor ends and the old one stays.
        """
        old = next(keeper for keeper in self._keepers if keeper.child.name == name)
        new = _Keeper(successor, self._report)
        self._keepers.append(new)
        new.start()
        leaving = new
        try:
            async with asyncio.timeout(within_s):
                await new.is_ready.wait()
            await hand_over()
            leaving = old
        finally:
            await asyncio.shield(self._drop(leaving))

    async def _drop(self, keeper: "_Keeper") -> None:
        self._keepers.remove(keeper)
        await keeper.stop()

    async def _beside(self, on_ready: Callable[[], None], afterwards: Callable[[], Awaitable[None]] | None) -> None:
        for keeper in list(self._keepers):
            await keeper.is_ready.wait()
        on_ready()
        if afterwards is not None:
            await afterwards()


class _Keeper:
    """Keeps one child running until told to stop."""

    def __init__(self, child: Child, report: Report) -> None:
        self.child = child
        self.is_ready = asyncio.Event()
        self._report = report
        self._stopping = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.child.name}")

    async def stop(self) -> None:
        """End the child and return when it has ended."""
        self._stopping.set()
        if self._keeping is not None:
            await self._keeping

    async def _keep(self) -> None:
        back_off = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            process = await _start(self.child)
            watcher = asyncio.create_task(self._watch_ready())
            code = await self._until_exit_or_stop(process)
            watcher.cancel()
            if self._stopping.is_set():
                return
            lived_s = time.monotonic() - began
            back_off = 1.0 if lived_s > _STABLE_S else back_off
            pause = 0.0 if code < 0 and lived_s > _LIVED_S else back_off
            what = f"{self.child.name} ended ({_described(code)})"
            self._report(f"{what}, again in {pause:.0f} s; its log: {self.child.log}")
            await self._sleep(pause)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_S) if pause else back_off

    async def _watch_ready(self) -> None:
        was_ready = self.is_ready.is_set()
        while not await self.child.is_ready():  # noqa: ASYNC110  (another process: nothing to wait on)
            await asyncio.sleep(0.3)
        self.is_ready.set()
        self._report(f"{self.child.name} is {'back' if was_ready else 'up'}")

    async def _until_exit_or_stop(self, process: asyncio.subprocess.Process) -> int:
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            await _stop(process)
        return await ended

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


async def _start(child: Child) -> asyncio.subprocess.Process:
    child.log.parent.mkdir(parents=True, exist_ok=True)
    with child.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *child.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | child.environment,
            # Its own session: Ctrl-C reaches only us, and we stop the children in order.
            start_new_session=True,
            pass_fds=child.sockets,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def _die_with_parent() -> None:
    """A child of a supervisor that was killed outright must not go on alone (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _stop(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    try:
        async with asyncio.timeout(10):
            await process.wait()
    except TimeoutError:
        process.kill()


def _described(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
