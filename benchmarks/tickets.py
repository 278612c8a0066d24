"""Tickets at scale, on an embedded PostgreSQL: how fast they are opened, and how quick the lists of the desk are.

    python -m benchmarks.tickets                  # everything, over a million tickets: some minutes
    python -m benchmarks.tickets --only lists --rows 200000 --explain
    python -m benchmarks.tickets --seconds 2 --cases 500 --waybills 5000 --rows 20000     # does it work?

Prints Markdown.  ``--explain`` adds how PostgreSQL goes about the slowest list.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import ticket_lists, ticket_opening
from bot.clock import system_clock
from bot.db import Database
from bot.embedded_postgres import EmbeddedPostgres
from bot.migrations.run import migrate
from bot.waybills.months import Months


async def run(url: str, asked: argparse.Namespace) -> None:
    database = Database(url)
    try:
        if asked.only != "lists":
            await opening(database, asked)
        if asked.only != "opening":
            await lists(database, asked)
    finally:
        await database.close()


async def opening(database: Database, asked: argparse.Namespace) -> None:
    await Months(database, system_clock).prepare()
    found = await ticket_opening.measure(database, seconds=asked.seconds, cases=asked.cases, waybills=asked.waybills)
    print("\n".join(ticket_opening.table(found)), flush=True)


async def lists(database: Database, asked: argparse.Namespace) -> None:
    began = time.perf_counter()
    await ticket_lists.fill(database, asked.rows, asked.open_share)
    took = time.perf_counter() - began
    print(f"\n{asked.rows:,} tickets, {asked.open_share:.1%} of them open, made in {took:.0f} s\n", flush=True)
    found = await ticket_lists.measure(database)
    print("\n".join(ticket_lists.table(found)))
    print(f"\nFinding what is due for the clock: {await ticket_lists.due_ms(database):.1f} ms")
    if asked.explain:
        slowest = max(found, key=lambda timed: timed.p95)
        print(f"\n{slowest.listing.role}: {slowest.listing.name}, page {slowest.page}\n")
        print(await ticket_lists.explain(database, slowest))


@contextmanager
def server(url: str | None) -> Iterator[str]:
    if url:
        migrate(url)
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="kuaida-bench-", ignore_cleanup_errors=True) as folder:
        embedded = EmbeddedPostgres(Path(folder) / "pg")
        found = embedded.start()
        try:
            migrate(found)
            yield found
        finally:
            embedded.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tickets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=("opening", "lists"))
    parser.add_argument("--rows", type=int, default=1_000_000, help="tickets that the lists are read from")
    parser.add_argument("--open-share", type=float, default=0.03)
    parser.add_argument("--seconds", type=int, default=10, help="how long customers report")
    parser.add_argument("--cases", type=int, default=10_000, help="tickets that a rule opens in bulk")
    parser.add_argument("--waybills", type=int, default=70_000, help="how many are swept over")
    parser.add_argument("--url", help="an empty PostgreSQL database to fill instead of an embedded one")
    parser.add_argument("--explain", action="store_true", help="how PostgreSQL goes about the slowest list")
    asked = parser.parse_args()
    with server(asked.url) as url:
        asyncio.run(run(url, asked))


if __name__ == "__main__":
    main()
