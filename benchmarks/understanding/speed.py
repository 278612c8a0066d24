"""Parse latency and throughput of two Rasa servers side by side, over HTTP, as Rasa itself offers it.

Both run at the same time and are asked in turns, so that whatever else the machine does hits both.  No sentence is
asked twice of one server, so that no cache of sentences helps.
"""

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import BaseModel

from benchmarks.understanding.rasa_models import RasaModel
from benchmarks.understanding.servers import Server, all_running, start_time
from benchmarks.understanding.store import Say
from bot.errors import SetupError

ENDINGS = ("", "谢谢", "麻烦了", "急", "在线等", "好吗", "辛苦了", "我等着", "帮帮忙", "先这样")
WARM_UP = 20


@dataclass(frozen=True)
class Load:
    """How much is asked in one round: sentences at each number of requests at once."""

    rounds: int = 6
    requests: dict[int, int] = field(default_factory=lambda: {1: 60, 8: 160, 32: 192})
    starts: int = 3

    @property
    def sentences(self) -> int:
        return WARM_UP + self.rounds * sum(self.requests.values())


class LatencyRow(BaseModel):
    """With so many requests at once: milliseconds of one parse, parses a second (median of the rounds), and processor
    time of a parse, which other work on the machine hardly changes."""

    server: str
    at_once: int
    n: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    per_s: float
    cpu_ms: float


class ProcessRow(BaseModel):
    """``start_s``: from the start of the process to the first answer, median.  Memory: proportional set size, MB."""

    server: str
    start_s: float
    memory_at_rest_mb: float
    memory_after_load_mb: float


class SpeedReport(BaseModel):
    latency: list[LatencyRow]
    processes: list[ProcessRow]
    cores: int
    load_before: float
    load_after: float


@dataclass
class Measured:
    """What one server showed at one number of requests at once: seconds of each parse, parses a second by round, and
    processor time of all."""

    took_s: list[float] = field(default_factory=list)
    per_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0


def measure(python: Path, models: dict[str, RasaModel], texts: Sequence[str], load: Load, say: Say) -> SpeedReport:
    """``models`` by the name of the server.  ``texts``: sentences to ask, more are made of them."""
    sentences = distinct(texts, load.sentences)
    before = os.getloadavg()[0]
    starts = {
        name: [start_time(python, name, model, say) for _ in range(load.starts - 1)] for name, model in models.items()
    }
    with all_running(python, models) as servers:
        measured, at_rest = asyncio.run(_rounds(servers, sentences, load, say))
        processes = [
            _process_row(server, [*starts[server.name], server.start_s], at_rest[server.name]) for server in servers
        ]
    latency = [latency_row(name, at_once, found) for (name, at_once), found in measured.items()]
    return SpeedReport(
        latency=sorted(latency, key=lambda row: row.at_once),
        processes=processes,
        cores=os.cpu_count() or 1,
        load_before=round(before, 2),
        load_after=round(os.getloadavg()[0], 2),
    )


def distinct(texts: Sequence[str], count: int) -> list[str]:
    """``count`` different sentences: the given ones, then the same with something polite at the end.

    >>> distinct(["到哪了", "转人工"], 3)
    ['到哪了', '转人工', '到哪了谢谢']
    """
    endings = itertools.chain(ENDINGS, (f"，第{number}次问了" for number in itertools.count(2)))
    found: dict[str, None] = {}
    for ending in endings:
        for text in texts:
            found.setdefault(text + ending)
            if len(found) == count:
                return list(found)
    raise AssertionError("endings never end")


def latency_row(server: str, at_once: int, found: Measured) -> LatencyRow:
    cuts = statistics.quantiles([1000 * took for took in found.took_s], n=100, method="inclusive")
    return LatencyRow(
        server=server,
        at_once=at_once,
        n=len(found.took_s),
        p50_ms=round(cuts[49], 1),
        p95_ms=round(cuts[94], 1),
        p99_ms=round(cuts[98], 1),
        per_s=round(statistics.median(found.per_s), 1),
        cpu_ms=round(1000 * found.cpu_s / len(found.took_s), 1),
    )


def _process_row(server: Server, starts_s: Sequence[float], at_rest_mb: float) -> ProcessRow:
    return ProcessRow(
        server=server.name,
        start_s=round(statistics.median(starts_s), 1),
        memory_at_rest_mb=round(at_rest_mb),
        memory_after_load_mb=round(server.memory_mb()),
    )


async def _rounds(
    servers: Sequence[Server], sentences: Sequence[str], load: Load, say: Say
) -> tuple[dict[tuple[str, int], Measured], dict[str, float]]:
    """Every server is asked the same sentences; who begins changes from round to round."""
    measured: dict[tuple[str, int], Measured] = {
        (server.name, at_once): Measured() for at_once in load.requests for server in servers
    }
    fresh = iter(sentences)
    warming = list(itertools.islice(fresh, WARM_UP))
    for server in servers:
        await _ask_all(server, warming, 1)
    at_rest = {server.name: server.memory_mb() for server in servers}
    for number in range(load.rounds):
        for at_once, requests in load.requests.items():
            asked = list(itertools.islice(fresh, requests))
            for server in servers if number % 2 == 0 else servers[::-1]:
                await _ask_round(server, asked, at_once, measured[server.name, at_once])
        say(f"speed: round {number + 1} of {load.rounds}")
    return measured, at_rest


async def _ask_round(server: Server, asked: Sequence[str], at_once: int, found: Measured) -> None:
    began, cpu_began = time.perf_counter(), server.cpu_s()
    found.took_s += await _ask_all(server, asked, at_once)
    found.per_s.append(len(asked) / (time.perf_counter() - began))
    found.cpu_s += server.cpu_s() - cpu_began


async def _ask_all(server: Server, texts: Sequence[str], at_once: int) -> list[float]:
    """Seconds of each parse, with ``at_once`` requests open all the time."""
    waiting = iter(texts)
    took_s: list[float] = []

    async def ask_on(client: httpx.AsyncClient) -> None:
        for text in waiting:
            began = time.perf_counter()
            answer = await client.post("/model/parse", json={"text": text})
            took_s.append(time.perf_counter() - began)
            if answer.json()["intent"]["name"] is None:
                raise SetupError(f"{server.name} has no model")

    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    async with httpx.AsyncClient(base_url=server.base, timeout=60, limits=limits) as client:
        await asyncio.gather(*(ask_on(client) for _ in range(at_once)))
    return took_s
