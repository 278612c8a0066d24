"""Agents at their desks while customers write: how long until a message is on the agent's screen.

    python -m benchmarks.desk                  # 300 agents, 2,000 conversations, 20 messages a second
    python -m benchmarks.desk --replicas 2     # agents at one platform, customers at the other
    python -m benchmarks.desk --agents 10 --conversations 50 --seconds 10     # does it work?

Starts the platform (without Rasa, which nobody asks: every conversation is with a person) on a PostgreSQL of its own,
sits the agents down in a second process, and writes as customers through the web channel and as agents through the API
of the desk, on schedule.  Waiting is counted from the moment when a message was due to be sent.  Prints Markdown.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from benchmarks.desk.screens import Place
from benchmarks.desk.world import Seat, seat
from bot.clock import system_clock
from bot.db import Database
from bot.desk.cookie import CSRF_HEADER, csrf_token
from bot.embedded_postgres import EmbeddedPostgres
from bot.migrations.run import migrate
from bot.secrets import as_environment, load_secrets
from bot.settings import PROJECT, Settings
from connectors.web.visitors import VisitorTokens

_PORT = 18380
_GRACE_S = 5.0
_UP_WITHIN_S = 120


@dataclass(frozen=True)
class Sent:
    """A message that was due at a moment of the monotonic clock; ``seat`` is whose screen it belongs on.

    ``taken``: when the platform had it, and said so; ``refused``: what it said instead.
    """

    seat: int
    marker: str
    author: str
    due: float
    taken: float | None = None
    refused: str = ""


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="kuaida-desk-", ignore_cleanup_errors=True) as scratch:
        asyncio.run(measure(Path(scratch), asked))


async def measure(folder: Path, asked: argparse.Namespace) -> None:
    settings = Settings(data_dir=folder)
    secrets = load_secrets(settings)
    server = EmbeddedPostgres(folder / "postgres")
    url = server.start()
    try:
        migrate(url)
        database = Database(url)
        tokens = VisitorTokens(secrets.secret_key)
        seats = await seat(database, tokens, agents=asked.agents, conversations=asked.conversations, at=system_clock())
        await database.close()
        environment = os.environ | as_environment(secrets) | {"DATABASE_URL": url, "BOT_DATA_DIR": str(folder)}
        with ExitStack() as stack:
            ports = [_PORT + number for number in range(asked.replicas)]
            platforms = [stack.enter_context(platform(port, environment, folder)) for port in ports]
            for port in ports:
                await up(port)
            await storm(folder, seats, ports, platforms, asked)
    finally:
        server.stop()


async def storm(
    folder: Path,
    seats: list[Seat],
    ports: list[int],
    platforms: "list[subprocess.Popen[bytes]]",
    asked: argparse.Namespace,
) -> None:
    """Sit down, write, look at the screens, tell."""
    desks, chats = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[-1]}"
    before = [_memory(process) for process in platforms]
    alone = _spent(platforms)
    opened = [chosen.conversations[0][0] for chosen in seats]
    places = [Place(desks, each.cookie, conversation) for each, conversation in zip(seats, opened, strict=True)]
    asking, seen = folder / "places", folder / "seen"
    asking.write_text("".join(json.dumps(asdict(place)) + "\n" for place in places), encoding="utf-8")
    with screens(asking, seen) as process:
        ready = await asyncio.to_thread(_line, process)
        after = [_memory(each) for each in platforms]
        arrived = _spent(platforms) - alone
        spent = _spent(platforms)
        load = os.getloadavg()[0]
        sent = await write(seats, desks, chats, rate=asked.rate, seconds=asked.seconds)
        await asyncio.sleep(_GRACE_S)
        spent = _spent(platforms) - spent
        print("\n", end="", flush=True)
        assert process.stdin is not None
        process.stdin.write("enough\n")
        process.stdin.flush()
        lost = await asyncio.to_thread(_line, process)
    came = _came(seen)
    print(report(sent, came, asked, load=load))
    pages = ready["page_s"]
    print(
        f"\n- The page of the desk, {asked.agents} one after another, 6 side by side: median {_ms(pages, 50)} ms, "
        f"95 % {_ms(pages, 95)} ms; all of them sat after {ready['all_s']:.0f} s, which took the platform "
        f"{arrived:.0f} s of a processor."
    )
    grown = sum(after) - sum(before)
    print(
        f"- Memory: {sum(before):.0f} MB before, {sum(after):.0f} MB with {asked.agents} agents: "
        f"{grown / asked.agents * 1024:.0f} KB an agent; {sum(map(_memory, platforms)):.0f} MB at the end."
    )
    each_ms = spent / max(1, len(sent)) * 1000
    print(f"- Processor time of the platform: {spent / asked.seconds:.2f} of a core, {each_ms:.0f} ms a message.")
    print(f"- Connections lost: {lost['lost']}.")


async def write(seats: Sequence[Seat], desks: str, chats: str, *, rate: float, seconds: float) -> list[Sent]:
    """Open-loop: a message is sent every ``1 / rate`` seconds whatever becomes of the others; two in five by agents.

    Customers take turns, so that no line of a list shows the second message of a customer instead of the first.
    """
    chosen = random.Random(11)
    customers = [(place, token) for place, each in enumerate(seats) for _, token in each.conversations]
    chosen.shuffle(customers)
    turns = cycle(customers)
    running: list[asyncio.Task[Sent]] = []
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        began = time.monotonic() + 0.5
        for number in range(int(rate * seconds)):
            due, marker = began + number / rate, f"b{number}m"
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if number % 5 in (1, 3):
                place = chosen.randrange(len(seats))
                move, sent = _reply(client, desks, seats[place], marker), Sent(place, marker, "agent", due)
            else:
                place, token = next(turns)
                move, sent = _ask(client, chats, token, marker), Sent(place, marker, "customer", due)
            running.append(asyncio.create_task(_sent(move, sent)))
        return list(await asyncio.gather(*running))


async def _sent(move: Any, sent: Sent) -> Sent:
    """A platform that cannot follow is measured, too."""
    try:
        await move
    except httpx.HTTPStatusError as error:
        return replace(sent, refused=str(error.response.status_code))
    except httpx.HTTPError as error:
        return replace(sent, refused=type(error).__name__)
    return replace(sent, taken=time.monotonic())


async def _ask(client: httpx.AsyncClient, base: str, token: str, marker: str) -> None:
    frame = {"v": 1, "type": "message", "id": uuid4().hex, "data": {"kind": "text", "text": f"到哪里了 {marker}"}}
    answer = await client.post(f"{base}/web/messages", json=frame, headers={"Authorization": f"Bearer {token}"})
    answer.raise_for_status()
    if any(each["type"] == "error" for each in answer.json()["frames"]):
        raise RuntimeError(f"a message was refused: {answer.text}")


async def _reply(client: httpx.AsyncClient, base: str, seat_: Seat, marker: str) -> None:
    """Into the conversation that the agent has open."""
    path = f"{base}/api/v1/desk/conversations/{seat_.conversations[0][0]}/messages"
    body = {"text": f"马上为您查 {marker}", "external_id": f"desk:{uuid4()}"}
    headers = {"Cookie": f"desk_session={seat_.cookie}", CSRF_HEADER: csrf_token(seat_.cookie)}
    (await client.post(path, json=body, headers=headers)).raise_for_status()


def report(sent: Sequence[Sent], came: dict[tuple[int, str], float], asked: argparse.Namespace, *, load: float) -> str:
    lines = [
        f"{asked.agents} agents connected, {asked.conversations} open conversations, {asked.rate:g} messages a second "
        f"for {asked.seconds:g} s, {asked.replicas} platform{'s' if asked.replicas > 1 else ''}; "
        f"load average {load:.1f} before.",
        "",
        "| written by | n | taken: median, 95 % ms | on the screen | median ms | 95 % ms | 99 % ms | slowest ms "
        "| within 500 ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for who in ("customer", "agent"):
        mine = [each for each in sent if each.author == who]
        waits = sorted(came[each.seat, each.marker] - each.due for each in mine if (each.seat, each.marker) in came)
        if waits:
            quick = sum(wait <= 0.5 for wait in waits) / len(mine)
            cells = [_ms(waits, 50), _ms(waits, 95), _ms(waits, 99), round(waits[-1] * 1000)]
            taken = sorted(each.taken - each.due for each in mine if each.taken is not None)
            kept = f"{_ms(taken, 50)}, {_ms(taken, 95)}" if taken else "–"
            shown = " | ".join(map(str, cells))
            lines.append(f"| {who} | {len(mine)} | {kept} | {len(waits)} | {shown} | {quick:.2%} |")
    refused = Counter(each.refused for each in sent if each.refused)
    if refused:
        lines += ["", "- Not taken: " + ", ".join(f"{number} {why}" for why, number in refused.items()) + "."]
    return "\n".join(lines)


def _came(seen: Path) -> dict[tuple[int, str], float]:
    found = {}
    for line in seen.read_text(encoding="utf-8").splitlines():
        number, marker, at = json.loads(line)
        found[number, marker] = at
    return found


def _ms(values: Sequence[float], percent: int) -> int:
    return round(sorted(values)[min(len(values) - 1, len(values) * percent // 100)] * 1000)


def _memory(process: "subprocess.Popen[bytes]") -> float:
    """Resident MB."""
    resident: int = psutil.Process(process.pid).memory_info().rss
    return resident / 2**20


def _spent(processes: "Sequence[subprocess.Popen[bytes]]") -> float:
    times = [psutil.Process(process.pid).cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


@contextmanager
def platform(port: int, environment: dict[str, str], folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    with (folder / f"platform-{port}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.serve"],
            env=environment | {"BOT_PORT": str(port), "OMP_NUM_THREADS": "1"},
            cwd=PROJECT,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    except (RuntimeError, TimeoutError):
        print(_end_of(folder / f"platform-{port}.log"), file=sys.stderr)
        raise
    finally:
        process.terminate()
        process.wait(timeout=20)


def _end_of(log: Path) -> str:
    """Why something went wrong is told by the platform only."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-60:])


@contextmanager
def screens(asking: Path, seen: Path) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.desk.screens", str(asking), str(seen)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the screens went away")
    told: dict[str, Any] = json.loads(line)
    return told


async def up(port: int) -> None:
    async with asyncio.timeout(_UP_WITHIN_S), httpx.AsyncClient(timeout=5) as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/health")).status_code == 200:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.3)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=20.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--replicas", type=int, choices=(1, 2), default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
