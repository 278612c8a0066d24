"""Misses at scale, on an embedded PostgreSQL: pages of the studio's lists, a new batch finding its groups, the night.

    python -m benchmarks.studio_misses                    # 100,000 misses: a few minutes
    python -m benchmarks.studio_misses --rows 5000 --runs 5                               # does it work?
    python -m benchmarks.studio_misses --encoder ~/.cache/kuaida/encoders/...             # time to encode as well

Sentences are made up: of some thousand meanings, a few of them frequent, as vectors that lie around the middle of
their meaning as sentences of one meaning do.  Prints Markdown.
"""

import argparse
import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import numpy as np
from sqlalchemy import insert, text

from benchmarks.tickets import server
from bot.db import Database
from bot.studio.misses.grouping import Grouping
from bot.studio.misses.kinds import GroupSort, MissCause, MissState
from bot.studio.misses.known import KnownNow, Saying
from bot.studio.misses.lists import Filters, Lists
from bot.studio.misses.tables import Miss
from knowledge_base.encoder import Encoder
from knowledge_base.vectors import Kind, Vectors

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
DIM = 384
MEANINGS, CONVERSATIONS, DAYS = 3000, 2000, 60
BATCH = 1000
NOISE = 1.1
_MEANING = re.compile(r"第(\d+)种")
_CAUSES = tuple(MissCause)
_CHANNELS = ("web", "wechat", "wecom", "sms")
_REGIONS = ("浙江省", "广东省", "四川省", "江苏省", "北京市", "上海市")

FILL = """
INSERT INTO customers (id, is_vip, created_at) VALUES (CAST(:customer AS uuid), false, :now);
INSERT INTO conversations (id, customer_id, channel, reply_channel, reply_address, state, last_seq, customer_seq,
    handled_seq, priority, created_at, updated_at, route_priority, route_because, offer_seconds, let_pass)
SELECT md5(n::text)::uuid, CAST(:customer AS uuid), 'web', 'web', n::text, 'bot', 0, 0, 0, 0, :now, :now, 0, '[]', 0,
    '[]' FROM generate_series(0, :conversations - 1) AS n;
"""


class MadeUpEncoder:
    """Knows the meaning of a sentence by its number; two sentences of one meaning are alike, not the same."""

    dim = DIM
    hash = "made-up"

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:  # noqa: ARG002
        vectors = np.empty((len(texts), DIM), np.float32)
        for row, sentence in enumerate(texts):
            found = _MEANING.search(sentence)
            middle = np.random.default_rng(int(found.group(1)) if found else 0).standard_normal(DIM)
            own = np.random.default_rng(int(_md5(sentence)[:8], 16)).standard_normal(DIM)
            vectors[row] = middle + NOISE * own
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


@dataclass(frozen=True)
class Timed:
    """How long something took, in milliseconds."""

    name: str
    p50: float
    p95: float


@dataclass
class Bench:
    """The parts over one database."""

    database: Database
    rows: int
    runs: int
    encoder: MadeUpEncoder = field(default_factory=MadeUpEncoder)

    def __post_init__(self) -> None:
        sayings = [Saying(f"第{number}种说法", f"intent:i{number % 60}") for number in range(0, MEANINGS, 2)]
        self.known = KnownNow(lambda: self.encoder, lambda: sayings)
        self.grouping = Grouping(self.database, lambda: NOW, self.known)
        self.lists = Lists(self.database, lambda: NOW)

    async def fill(self) -> None:
        async with self.database.transaction() as session:
            for statement in FILL.split(";\n"):
                if statement.strip():
                    values = {"customer": str(UUID(int=1)), "now": NOW, "conversations": CONVERSATIONS}
                    used = {name: value for name, value in values.items() if f":{name}" in statement}
                    await session.execute(text(statement), used)
        chance = np.random.default_rng(7)
        meanings = np.minimum(chance.zipf(1.25, self.rows), MEANINGS) - 1
        for start in range(0, self.rows, 5000):
            rows = [self._row(n, int(meanings[n])) for n in range(start, min(start + 5000, self.rows))]
            async with self.database.transaction() as session:
                await session.execute(insert(Miss), rows)
        async with self.database.engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("VACUUM ANALYZE misses"))

    async def assign(self) -> float:
        """Seconds for a batch of new misses to be kept and find their groups."""
        known = await self.grouping.ready()
        async with self.database.transaction() as session:
            misses = [Miss(**self._row(self.rows + n, n % MEANINGS)) for n in range(BATCH)]
            session.add_all(misses)
            await session.flush()
            vectors = await self.grouping.encode([miss.text for miss in misses])
            began = time.perf_counter()
            await self.grouping.assign(session, misses, vectors, known)
        return time.perf_counter() - began

    async def lists_timed(self) -> list[Timed]:
        groups = (await self.lists.groups(Filters())).groups
        week = NOW - timedelta(days=7)
        first, last = groups[0].id, groups[-1].id
        page = await self.lists.members(Filters())
        many = Filters(cause=MissCause.unsure, channel="wechat", region="浙江省", since=week)
        asked: dict[str, Callable[[], Awaitable[object]]] = {
            "groups, all that is open": lambda: self.lists.groups(Filters()),
            "groups, the second page": lambda: self.lists.groups(Filters(), cursor="WzUwXQ=="),
            "groups, one cause": lambda: self.lists.groups(Filters(cause=MissCause.unsure)),
            "groups, four filters": lambda: self.lists.groups(many),
            "groups, the fastest growing": lambda: self.lists.groups(Filters(), sort=GroupSort.growth),
            "groups, the newest": lambda: self.lists.groups(Filters(), sort=GroupSort.newest),
            "groups, some text": lambda: self.lists.groups(Filters(text="第12种")),
            "groups, whatever became of them": lambda: self.lists.groups(Filters(state=None)),
            "sentences, all": lambda: self.lists.members(Filters()),
            "sentences, the second page": lambda: self.lists.members(Filters(), cursor=page.next),
            "sentences of the biggest group": lambda: self.lists.members(Filters(), group_id=first),
            "sentences of a small group": lambda: self.lists.members(Filters(), group_id=last),
            "sentences, four filters": lambda: self.lists.members(many),
            "sentences, text that nobody wrote": lambda: self.lists.members(Filters(text="冰箱")),
            "how many fit": lambda: self.lists.count(Filters()),
            "how many of each state": self.lists.counts,
            "what one can filter by": self.lists.choices,
        }
        return [await self._timed(name, ask) for name, ask in asked.items()]

    async def _timed(self, name: str, ask: Callable[[], Awaitable[object]]) -> Timed:
        taken = []
        for _ in range(self.runs):
            began = time.perf_counter()
            await ask()
            taken.append((time.perf_counter() - began) * 1000)
        cuts = quantiles(taken, n=20)
        return Timed(name, cuts[9], cuts[18])

    def _row(self, number: int, meaning: int) -> dict[str, object]:
        at = NOW - timedelta(days=DAYS) * (1 - number / (self.rows + BATCH))
        state = MissState.open if number % 10 else MissState.mended
        return {
            "conversation_id": UUID(_md5(number % CONVERSATIONS)),
            "seq": number // CONVERSATIONS + 1,
            "text": f"第{meaning}种意思的第{number}句话，快递怎么还没有送到",
            "marks": [],
            "causes": [_CAUSES[number % len(_CAUSES)].value],
            "channel": _CHANNELS[number % len(_CHANNELS)],
            "outlet": f"U{number % 300}",
            "region": _REGIONS[number % len(_REGIONS)],
            "condition": ("normal", "at_risk", "problem")[number % 3],
            "intent": f"i{meaning % 60}",
            "confidence": 0.4,
            "ranking": [],
            "offered": [],
            "at": at,
            "found_at": at,
            "state": state.value,
        }


def _md5(number: object) -> str:
    return hashlib.md5(str(number).encode()).hexdigest()


def table(found: Sequence[Timed]) -> Iterator[str]:
    """As Markdown."""
    yield "| list | p50 ms | p95 ms |"
    yield "|---|---|---|"
    for each in found:
        yield f"| {each.name} | {each.p50:.1f} | {each.p95:.1f} |"


async def run(url: str, asked: argparse.Namespace) -> None:
    database = Database(url)
    bench = Bench(database, asked.rows, asked.runs)
    try:
        began = time.perf_counter()
        await bench.fill()
        print(
            f"{asked.rows:,} misses of {MEANINGS:,} meanings, made in {time.perf_counter() - began:.0f} s", flush=True
        )
        for name in ("the first grouping of all of them", "the same again, as every night"):
            began = time.perf_counter()
            count = await bench.grouping.regroup()
            print(f"- {name}: {time.perf_counter() - began:.1f} s, {count:,} groups", flush=True)
        for name in ("with the groups read from the database", "with the groups in memory"):
            print(f"- {BATCH:,} new misses find their groups, {name}: {await bench.assign():.2f} s", flush=True)
            bench.rows += BATCH
        if asked.encoder:
            _encode(Encoder(asked.encoder))
        print()
        print("\n".join(table(await bench.lists_timed())))
    finally:
        await database.close()


def _encode(encoder: Encoder) -> None:
    texts = [f"我的快递已经{number}天没有动了怎么回事" for number in range(BATCH)]
    began = time.perf_counter()
    encoder.encode(texts)
    print(f"- {BATCH:,} sentences encoded: {time.perf_counter() - began:.1f} s on one core")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studio_misses",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=30, help="how often each list is read")
    parser.add_argument("--encoder", type=Path, help="folder of a built encoder")
    parser.add_argument("--url", help="an empty PostgreSQL database to fill instead of an embedded one")
    asked = parser.parse_args()
    with server(asked.url) as url:
        asyncio.run(run(url, asked))


if __name__ == "__main__":
    main()
