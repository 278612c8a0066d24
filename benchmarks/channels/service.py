"""The whole service in a folder of its own, its processes by name, what they cost, and how they are killed."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks.channels.platform import AES_KEY, APP_ID, SECRET, TOKEN

PROJECT = Path(__file__).resolve().parent.parent.parent
_MARKS = {"bot.serve": "platform", "bot.worker": "worker", "bot.receiving": "callbacks", "rasa": "rasa"}
_UP_WITHIN_S = 600


@dataclass(frozen=True)
class Ports:
    """Where everybody listens."""

    platform: int = 18280
    rasa: int = 15255
    callbacks: int = 18281
    wechat: int = 18282


@dataclass
class Running:
    """A service that is up."""

    ports: Ports
    folder: Path
    supervisor: "subprocess.Popen[bytes]"
    wechat: "subprocess.Popen[bytes]"
    killed: list[tuple[float, str]] = field(default_factory=list)

    def processes(self) -> Iterator[tuple[str, psutil.Process]]:
        """Every process of the service, with what it is; those of PostgreSQL stand in no family with ours."""
        for child in psutil.Process(self.supervisor.pid).children():
            with suppress(psutil.Error):
                line = " ".join(child.cmdline())
                yield next((name for mark, name in _MARKS.items() if mark in line), "other"), child
        yield "supervisor", psutil.Process(self.supervisor.pid)
        yield "simulated WeChat", psutil.Process(self.wechat.pid)
        with suppress(psutil.Error):
            server = psutil.Process(int((self.folder / "postgres" / "postmaster.pid").read_text().split()[0]))
            yield "postgres", server
            for backend in server.children():
                yield "postgres", backend

    def database_url(self) -> str:
        worker = next(process for name, process in self.processes() if name == "worker")
        return worker.environ()["DATABASE_URL"]

    def kill(self, name: str, *, at_s: float) -> None:
        """Outright, the first of that name."""
        victim = next(process for each, process in self.processes() if each == name)
        victim.kill()
        self.killed.append((at_s, name))

    @contextmanager
    def standing_still(self, name: str) -> Iterator[None]:
        """Stopped within the block, and going on after it."""
        held = next(process for each, process in self.processes() if each == name)
        held.suspend()
        try:
            yield
        finally:
            held.resume()

    def log(self, name: str) -> str:
        path = self.folder / "log" / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


class Costs:
    """Processor seconds by kind of process, ended ones included, because each is looked at every moment."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._first: dict[tuple[str, int], float] = {}
        self._latest: dict[tuple[str, int], float] = {}

    def look(self) -> None:
        for name, process in self._running.processes():
            with suppress(psutil.Error):
                times = process.cpu_times()
                key, spent = (name, process.pid), times.user + times.system
                # A process that began after we did counts from its birth.
                self._first.setdefault(key, spent if not self._latest or spent > 1.5 else 0.0)
                self._latest[key] = spent

    def spent(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for (name, pid), latest in self._latest.items():
            found[name] = found.get(name, 0.0) + latest - self._first[name, pid]
        return found


@contextmanager
def service(ports: Ports, *, keep: Path | None = None) -> Iterator[Running]:
    """Everything started, and stopped in the end."""
    with tempfile.TemporaryDirectory(prefix="kuaida-channels-", ignore_cleanup_errors=True) as scratch:
        folder = keep or Path(scratch)
        wechat = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.channels.platform", str(ports.wechat)], cwd=PROJECT
        )
        with (folder / "up.log").open("ab") as log:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "up"],
                env=os.environ | _settings(ports, folder),
                cwd=PROJECT,
                stdout=log,
                stderr=log,
            )
        try:
            running = Running(ports, folder, supervisor, wechat)
            _wait_until_ready(running)
            yield running
        finally:
            supervisor.send_signal(signal.SIGINT)
            wechat.terminate()
            supervisor.wait(60)
            wechat.wait(10)


def _settings(ports: Ports, folder: Path) -> dict[str, str]:
    return {
        "BOT_DATA_DIR": str(folder),
        "BOT_PORT": str(ports.platform),
        "BOT_RASA_PORT": str(ports.rasa),
        "BOT_CALLBACK_PORT": str(ports.callbacks),
        "BOT_CALLBACK_PROCESSES": "2",
        "BOT_WORKER": "separate",
        "BOT_TUNE_IN_BACKGROUND": "false",
        "BOT_WECHAT_APP_ID": APP_ID,
        "BOT_WECHAT_SECRET": SECRET,
        "BOT_WECHAT_TOKEN": TOKEN,
        "BOT_WECHAT_AES_KEY": AES_KEY,
        "BOT_WECHAT_MODE": "safe",
        "BOT_WECHAT_RECORDS": "true",
        "BOT_WECHAT_API_URL": f"http://127.0.0.1:{ports.wechat}",
    }


def _wait_until_ready(running: Running) -> None:
    until = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < until:
        if running.supervisor.poll() is not None:
            raise SystemExit("the service did not start; run 'bot up' to see why")
        told = (running.folder / "up.log").read_text(encoding="utf-8", errors="replace")
        if "ready after" in told:
            return
        if "exit status" in told:
            raise SystemExit(f"the service did not start:\n{told}")
        time.sleep(0.5)
    raise SystemExit("the service was not ready in time")


async def kill_on_time(running: Running, begin: float, plan: list[tuple[float, str]]) -> None:
    """``plan``: seconds after the beginning, and what is killed."""
    for at_s, name in plan:
        await asyncio.sleep(max(0.0, begin + at_s - time.time()))
        running.kill(name, at_s=at_s)


def screens(ports: Ports) -> dict[str, list[str]]:
    found: dict[str, list[str]] = httpx.get(f"http://127.0.0.1:{ports.wechat}/bench/screens", timeout=60).json()
    return found
