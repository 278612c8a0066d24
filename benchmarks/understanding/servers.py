"""Rasa servers as a benchmark needs them: started, timed, weighed and stopped."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.understanding.rasa_models import RasaModel
from benchmarks.understanding.store import Say
from bot.errors import SetupError
from bot.settings import PROJECT

START_WITHIN_S = 300.0


@dataclass
class Server:
    """A running ``rasa run --enable-api``."""

    name: str
    base: str
    process: "subprocess.Popen[bytes]"
    start_s: float

    def memory_mb(self) -> float:
        """Proportional set size: what is shared with other processes counts by its part."""
        return sum(float(process.memory_full_info().pss) for process in self._processes()) / 1e6

    def cpu_s(self) -> float:
        """Processor time since its start."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(float(time.user + time.system) for time in times)

    def _processes(self) -> list[psutil.Process]:
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]


def start_time(python: Path, name: str, model: RasaModel, say: Say) -> float:
    with _running(python, name, model) as server:
        say(f"speed: {name} answered {server.start_s:.1f} s after its start")
        return server.start_s


@contextmanager
def all_running(python: Path, models: dict[str, RasaModel]) -> Iterator[list[Server]]:
    """One after the other, so that each start has the machine to itself."""
    if not models:
        yield []
        return
    (name, model), *others = models.items()
    with _running(python, name, model) as first, all_running(python, dict(others)) as rest:
        yield [first, *rest]


@contextmanager
def _running(python: Path, name: str, model: RasaModel) -> Iterator[Server]:
    port = _free_port()
    command = [
        *(str(python), "-m", "rasa", "run", "--enable-api", "--model", str(model.path)),
        *("--interface", "127.0.0.1", "--port", str(port)),
    ]
    base = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=dict(model.environment), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_answer(name, base, process)
        yield Server(name, base, process, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for_answer(name: str, base: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SetupError(f"{name} ended while starting")
        with suppress(httpx.HTTPError):
            answer = httpx.post(f"{base}/model/parse", json={"text": "你好"}, timeout=30)
            if answer.status_code == httpx.codes.OK and answer.json()["intent"]["name"]:
                return
        time.sleep(0.1)
    raise SetupError(f"{name} did not answer within {START_WITHIN_S:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
