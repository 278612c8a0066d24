"""From nothing trained to the best model, as customers see it who never stop writing.

Starts the whole service with an empty cache, on ports and in folders of its own: a quick model answers first, and the
tuned one takes over when it is trained.  Visitors write all the time; every message must be answered once, in order
and by the engine.  Reports how long the first answer and the change took, and what became of the messages.

    python -m benchmarks.changeover --rate 2
"""

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.turns import PROJECT, QUESTIONS, Visitor, open_visitor
from bot.understanding import Lineup, announced

_ANSWERED = re.compile(r"turn ([0-9a-f-]{36}):(\d+): answered")
_STAND_IN = "answered by the stand-in"


@dataclass
class Course:
    """What happened, in seconds since the start."""

    first_answer_s: float = 0.0
    changed_s: float = 0.0
    sent: int = 0
    took_s: list[float] = field(default_factory=list)
    around_change_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Verdict:
    """What the platform's log tells of all turns."""

    answered: int
    twice: int
    out_of_order: int
    by_stand_in: int

    @classmethod
    def of(cls, log: str) -> "Verdict":
        turns = [(found.group(1), int(found.group(2))) for found in _ANSWERED.finditer(log)]
        latest: dict[str, int] = {}
        out_of_order = 0
        for conversation, seq in turns:
            out_of_order += seq < latest.get(conversation, 0)
            latest[conversation] = seq
        twice = sum(count - 1 for count in Counter(turns).values())
        return cls(len(turns), twice, out_of_order, log.count(_STAND_IN))


@contextmanager
def _service(folder: Path, cache: Path, port: int) -> Iterator[None]:
    own = {
        "BOT_DATA_DIR": str(folder),
        "BOT_CACHE_DIR": str(cache),
        "BOT_PORT": str(port),
        "BOT_RASA_PORT": str(port + 100),
        "BOT_TUNE_IN_BACKGROUND": "true",
        "BOT_MESSAGES_PER_MINUTE": "100000",
    }
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "up"], env=os.environ | own, cwd=PROJECT)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


async def follow(folder: Path, base: str, *, rate: float, visitors: int, within_s: float) -> Course:
    """Write from the first moment on until a while after the change."""
    course, began = Course(), time.monotonic()
    async with httpx.AsyncClient(timeout=30) as client:
        crowd = await _first_crowd(client, base, visitors, began + within_s)
        course.first_answer_s = time.monotonic() - began
        first = announced(folder)
        print(f"first answer after {course.first_answer_s:.0f} s", flush=True)
        writing = asyncio.create_task(_write(crowd, course, rate))
        await _changed(client, base, first, began + within_s)
        course.changed_s = time.monotonic() - began
        course.around_change_s = course.took_s[-round(rate * 30) :]
        print(f"changed after {course.changed_s:.0f} s", flush=True)
        await asyncio.sleep(15)
        course.around_change_s += course.took_s[-round(rate * 15) :]
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    return course


async def _first_crowd(client: httpx.AsyncClient, base: str, visitors: int, until: float) -> list[Visitor]:
    """Visitors, each of whom was answered once."""
    while True:
        with suppress(httpx.HTTPError, OSError):
            if (await client.get(f"{base}/health")).json()["engine"] == "up":
                break
        if time.monotonic() > until:
            raise SystemExit("the service was not ready in time")
        await asyncio.sleep(0.2)
    crowd = [await open_visitor(client, base) for _ in range(visitors)]
    await asyncio.gather(*(visitor.ask("first", QUESTIONS[0]) for visitor in crowd))
    return crowd


async def _write(crowd: list[Visitor], course: Course, rate: float) -> None:
    """Open loop: a message every ``1 / rate`` seconds whether or not the last one was answered."""
    running: set[asyncio.Task[None]] = set()
    while True:
        visitor, question = crowd[course.sent % len(crowd)], QUESTIONS[course.sent % len(QUESTIONS)]
        task = asyncio.create_task(_ask(visitor, question, course))
        running.add(task)
        task.add_done_callback(running.discard)
        course.sent += 1
        try:
            await asyncio.sleep(1 / rate)
        except asyncio.CancelledError:
            await asyncio.gather(*running)
            raise


async def _ask(visitor: Visitor, question: str, course: Course) -> None:
    course.took_s.append((await visitor.ask("faq", question)).took_s)


async def _changed(client: httpx.AsyncClient, base: str, first: Lineup | None, until: float) -> None:
    while first is not None and (await client.get(f"{base}/health")).json()["model"] == first.serving.model_key:
        if time.monotonic() > until:
            raise SystemExit("nothing took over in time")
        await asyncio.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=2, help="messages a second")
    parser.add_argument("--visitors", type=int, default=12)
    parser.add_argument("--port", type=int, default=18380)
    parser.add_argument("--minutes", type=float, default=60, help="give up after")
    parser.add_argument("--cache", type=Path, help="a cache to start with instead of an empty one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kuaida-change-", ignore_cleanup_errors=True) as scratch:
        folder, cache = Path(scratch) / "data", asked.cache or Path(scratch) / "cache"
        with _service(folder, cache, asked.port):
            base = f"http://127.0.0.1:{asked.port}"
            within_s = asked.minutes * 60
            course = asyncio.run(follow(folder, base, rate=asked.rate, visitors=asked.visitors, within_s=within_s))
        print(_report(course, Verdict.of((folder / "log" / "platform.log").read_text("utf-8"))))


def _report(course: Course, verdict: Verdict) -> str:
    took, around = sorted(course.took_s), sorted(course.around_change_s)
    return "\n".join(
        [
            f"first answer {course.first_answer_s:.0f} s, changed {course.changed_s:.0f} s after the start",
            f"{course.sent} messages, {len(took)} answered; the log has {verdict}",
            f"median {took[len(took) // 2] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms",
            f"around the change: median {around[len(around) // 2] * 1000:.0f} ms, slowest {around[-1] * 1000:.0f} ms",
        ]
    )


if __name__ == "__main__":
    main()
