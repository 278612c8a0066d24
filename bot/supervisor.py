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
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    is_ready: Callable[[], Awaitable[bool]]


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
        self._children = children
        self._report = report
        self._stopping = asyncio.Event()
        self._ready = {child.name: asyncio.Event() for child in children}

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Start all, call ``on_ready`` once every child is, and return after SIGINT or SIGTERM with all stopped."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        announcer = asyncio.create_task(self._announce(on_ready))
        await self._stopping.wait()
        announcer.cancel()
        self._report("stopping ...")
        await asyncio.gather(*keepers, announcer, return_exceptions=True)

    async def _announce(self, on_ready: Callable[[], None]) -> None:
        for event in self._ready.values():
            await event.wait()
        on_ready()

    async def _keep(self, child: Child) -> None:
        back_off = 1.0
        while not self._stopping.is_set():
            began = time.monotonic()
            process = await _start(child)
            watcher = asyncio.create_task(self._watch_ready(child))
            code = await self._until_exit_or_stop(process)
            watcher.cancel()
            if self._stopping.is_set():
                return
            back_off = 1.0 if time.monotonic() - began > _STABLE_S else back_off
            self._report(f"{child.name} ended ({_described(code)}), again in {back_off:.0f} s; its log: {child.log}")
            await self._sleep(back_off)
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_S)

    async def _watch_ready(self, child: Child) -> None:
        was_ready = self._ready[child.name].is_set()
        while not await child.is_ready():  # noqa: ASYNC110  (another process: nothing to wait on)
            await asyncio.sleep(0.3)
        self._ready[child.name].set()
        self._report(f"{child.name} is {'back' if was_ready else 'up'}")

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
