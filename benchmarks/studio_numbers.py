"""How quick the studio's numbers and the list of things to do are: two years of counters, 5,000 entries, many misses.

    python -m benchmarks.studio_numbers                    # 100,000 misses
    python -m benchmarks.studio_numbers --rows 5000 --runs 3                              # does it work?

Of each of four channels and each day there are 60 intents and the 150 entries that were used then.  Prints Markdown,
with processor time of this process beside the time that passed.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta, timezone

from sqlalchemy import insert, text

from benchmarks.studio_misses import Bench
from benchmarks.tickets import server
from bot.db import Database
from bot.staff.model import Actor, Role
from bot.studio.drafts.model import IntentLine, TopicLine
from bot.studio.insight.from_studio import MissTables, PublishedEntries
from bot.studio.insight.kinds import Metric
from bot.studio.insight.model import Period
from bot.studio.insight.next import Next
from bot.studio.insight.numbers import Numbers
from bot.studio.insight.tables import DayCount
from bot.studio.sets.service import Sets

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
TODAY = date(2026, 3, 4)
LOOKS = Actor("agent:lead", Role.supervisor)
CHANNELS, INTENTS, ENTRIES, USED, DAYS = ("web", "wechat", "wecom", "sms"), 60, 5_000, 150, 730


class Content:
    """What is in the draft."""

    async def intents(self) -> list[IntentLine]:
        return [IntentLine(f"i{number}", f"意图{number}", 100, 50, False) for number in range(INTENTS)]

    async def topics(self) -> list[TopicLine]:
        return [TopicLine(f"t.n{number}", "说明", f"问题{number}", 10, False) for number in range(ENTRIES)]


def counters(day: date, chance: random.Random) -> list[dict[str, object]]:
    """Of one day."""
    rows: list[dict[str, object]] = []
    for channel in CHANNELS:
        keys = [(Metric.heard, f"i{number}") for number in range(INTENTS)]
        keys += [(Metric.contact, key) for key in ("resolved", "given_up", "asked", "unsure", "dissatisfied")]
        keys += [(Metric.answered, f"t.n{number}") for number in chance.sample(range(ENTRIES), USED)]
        keys += [(Metric.rating, f"bot:{score}") for score in range(1, 6)]
        for metric, key in keys:
            n = chance.randrange(1, 60)
            rows.append({"metric": metric.value, "day": day, "channel": channel, "key": key, "n": n, "total": n * 0.8})
    return rows


async def fill(database: Database) -> None:
    chance = random.Random(1)
    for back in range(0, DAYS, 10):
        rows = [row for step in range(10) for row in counters(TODAY - timedelta(days=back + step), chance)]
        async with database.transaction() as session:
            await session.execute(insert(DayCount), rows)
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE studio_day_counts"))


async def measure(url: str, asked: argparse.Namespace) -> None:
    database = Database(url)
    try:
        misses = Bench(database, asked.rows, asked.runs)
        await misses.fill()
        await group(database)
        await fill(database)
        tables = MissTables(database)
        numbers = Numbers(database, lambda: NOW, tables)
        nothing = PublishedEntries(lambda: ())
        following = Next(lambda: NOW, numbers, tables, Sets(database, lambda: NOW), Content(), nothing)
        print("| page | median ms | worst ms | processor ms |\n|---|---|---|---|")
        for days in (7, 30, 90, 365):
            period = Period(TODAY - timedelta(days=days - 1), TODAY)
            await timed(f"numbers of {days} days", asked.runs, lambda: numbers.report(LOOKS, period))  # noqa: B023
        await timed("what to do first", asked.runs, lambda: following.agenda(LOOKS))
    finally:
        await database.close()


async def group(database: Database) -> None:
    """By intent, which is quick; the real grouping is measured in `benchmarks.studio_misses`."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO miss_groups (name, total, weight, size, open, newest_at, votes, target, agree, asked)"
                " SELECT intent, ''::bytea, count(*), count(*), count(*), max(at), '{}', NULL, 0, 0 FROM misses"
                " GROUP BY intent"
            )
        )
        await session.execute(text("UPDATE misses SET group_id = g.id FROM miss_groups g WHERE g.name = intent"))


async def timed(name: str, runs: int, call: Callable[[], Awaitable[object]]) -> None:
    took, used = [], []
    for _ in range(runs):
        begun, cpu = time.perf_counter(), time.process_time()
        await call()
        took.append((time.perf_counter() - begun) * 1000)
        used.append((time.process_time() - cpu) * 1000)
    print(f"| {name} | {sorted(took)[runs // 2]:.0f} | {max(took):.0f} | {sorted(used)[runs // 2]:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studio_numbers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=100_000, help="misses")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--url", help="an empty PostgreSQL database to fill instead of an embedded one")
    asked = parser.parse_args()
    with server(asked.url) as url:
        asyncio.run(measure(url, asked))


if __name__ == "__main__":
    main()
