"""How long a customer waits for an answer on the web channel, with everything on this machine.

Starts the whole service in a folder of its own (or uses a running one with ``--url``), lets visitors write at a steady
rate over real WebSockets, and reports the time from a sent message to the first bubble of its answer, and the resident
memory of all processes.

    python -m benchmarks.turns --rate 5 --seconds 60
"""

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect

from bot.demo.showcase import SHOWCASE

PROJECT = Path(__file__).resolve().parent.parent
QUESTIONS = (
    "寄充电宝可以吗",
    "保价费怎么收的",
    "你们春节还送不送货",
    "发票抬头开错了能改吗",
    "东西太占地方是不是要按体积算钱",
    "快递柜里的件超时了要付钱吗",
    "没人在家你们会送几次",
    "理赔需要准备哪些材料",
)


@dataclass(frozen=True)
class Turn:
    """One measured turn: what kind, and how long until the first bubble (seconds)."""

    kind: str
    took_s: float


class Visitor:
    """A customer with an open connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.busy = asyncio.Lock()

    async def ask(self, kind: str, text: str) -> Turn:
        """Write, and wait for the bot's first bubble after it."""
        async with self.busy:
            began = time.perf_counter()
            frame = {"v": 1, "type": "message", "id": uuid4().hex, "data": {"kind": "text", "text": text}}
            await self._socket.send(json.dumps(frame, ensure_ascii=False))
            acked = 0
            async with asyncio.timeout(15):
                while True:
                    heard = json.loads(await self._socket.recv())
                    if heard["type"] == "ack":
                        acked = heard["seq"]
                    if heard["type"] == "error":
                        raise RuntimeError(heard["data"]["code"])
                    if heard["type"] == "message" and acked and heard["seq"] > acked:
                        return Turn(kind, time.perf_counter() - began)


async def open_visitor(client: httpx.AsyncClient, base: str) -> Visitor:
    session = (await client.post(f"{base}/web/session", json={})).raise_for_status().json()
    socket = await connect(base.replace("http", "ws", 1) + "/web/ws")
    hello = {"v": 1, "type": "hello", "id": "h", "data": {"token": session["token"], "last_seq": 0}}
    await socket.send(json.dumps(hello))
    while json.loads(await socket.recv())["type"] != "message":
        continue
    return Visitor(socket)


async def measure(base: str, *, rate: float, seconds: float, visitors: int) -> list[Turn]:
    """Open-loop load: a turn starts every ``1 / rate`` seconds whether or not the last one was answered."""
    async with httpx.AsyncClient(timeout=30) as client:
        crowd = [await open_visitor(client, base) for _ in range(visitors)]
    for visitor in crowd:
        await _introduce(visitor)
    chosen = random.Random(7)
    running: list[asyncio.Task[Turn]] = []
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        visitor = crowd[number % visitors]
        if number % 2:
            running.append(asyncio.create_task(visitor.ask("waybill", "我的快递现在到哪里了")))
        else:
            running.append(asyncio.create_task(visitor.ask("faq", chosen.choice(QUESTIONS))))
    return list(await asyncio.gather(*running))


async def _introduce(visitor: Visitor) -> None:
    """Ask about a demo waybill and prove to be a party, so that later turns are one question, one answer."""
    shown = SHOWCASE[0]
    await visitor.ask("introduction", f"查一下{shown.waybill_no}")
    await visitor.ask("introduction", shown.phone_tail_consignee)


def report(turns: list[Turn], memory: dict[str, float]) -> str:
    """The Markdown table of one run."""
    lines = ["| turns | n | median ms | 95 % ms | 99 % ms | max ms |", "|---|---|---|---|---|---|"]
    for kind in ("faq", "waybill", "all"):
        times = sorted(turn.took_s * 1000 for turn in turns if kind in (turn.kind, "all"))
        cuts = statistics.quantiles(times, n=100)
        lines.append(f"| {kind} | {len(times)} | {cuts[49]:.0f} | {cuts[94]:.0f} | {cuts[98]:.0f} | {times[-1]:.0f} |")
    lines += ["", "| process | resident MB |", "|---|---|"]
    lines += [f"| {name} | {size:.0f} |" for name, size in memory.items()]
    lines.append(f"| all | {sum(memory.values()):.0f} |")
    return "\n".join(lines)


def resident(supervisor: int) -> dict[str, float]:
    """Memory in MB of the supervisor and its children; of PostgreSQL what is its own, shared buffers counted once."""
    sizes: dict[str, float] = {"supervisor": _own_mb(psutil.Process(supervisor))}
    for child in psutil.Process(supervisor).children(recursive=True):
        name = "rasa" if "rasa" in " ".join(child.cmdline()) else "platform"
        sizes[name] = sizes.get(name, 0) + _own_mb(child)
    folder = psutil.Process(supervisor).environ()["BOT_DATA_DIR"]
    masters = [p for p in psutil.process_iter() if p.name() == "postgres" and folder in " ".join(p.cmdline())]
    backends = [backend for master in masters for backend in [master, *master.children()]]
    sizes["postgres"] = sum(_own_mb(process) for process in backends)
    return sizes


def _own_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


@dataclass(frozen=True)
class Service:
    """A running service: its address, and the process of its supervisor."""

    base: str
    supervisor: "subprocess.Popen[bytes]"

    def child(self, name: str) -> psutil.Process:
        """The ``platform`` or ``rasa`` that runs at present."""
        mark = {"platform": "bot.serve", "rasa": "rasa"}[name]
        children = psutil.Process(self.supervisor.pid).children()
        return next(child for child in children if mark in " ".join(child.cmdline()))


@contextmanager
def service(*, port: int = 18080, rasa_port: int = 15055) -> Iterator[Service]:
    """The whole service on ports and in a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="kuaida-own-", ignore_cleanup_errors=True) as folder:
        own = {"BOT_DATA_DIR": folder, "BOT_PORT": str(port), "BOT_RASA_PORT": str(rasa_port)}
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "up"], env=os.environ | own, cwd=PROJECT, stdout=subprocess.DEVNULL
        )
        try:
            base = f"http://127.0.0.1:{port}"
            _wait_until_ready(base, process)
            yield Service(base, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait_until_ready(base: str, process: "subprocess.Popen[bytes]", within_s: float = 900) -> None:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("the service did not start; run 'bot up' to see why")
        with suppress(httpx.HTTPError):
            if httpx.get(f"{base}/health", timeout=2).json().get("engine") == "up":
                return
        time.sleep(1)
    raise SystemExit("the service was not ready in time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=5, help="turns a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=25)
    parser.add_argument("--url", help="use a running service instead of starting one")
    asked = parser.parse_args()
    if asked.url:
        turns = asyncio.run(measure(asked.url, rate=asked.rate, seconds=asked.seconds, visitors=asked.visitors))
        print(report(turns, {}))
        return
    with service() as running:
        turns = asyncio.run(measure(running.base, rate=asked.rate, seconds=asked.seconds, visitors=asked.visitors))
        print(report(turns, resident(running.supervisor.pid)))


if __name__ == "__main__":
    main()
