"""A process that begins a piece of real work on the test's database and dies by its own hand at a given point.

SIGKILL leaves it no time for anything: what stands in the database afterwards is what any process leaves behind that is
killed there.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import make_url

from bot.assembly import Service, assemble
from bot.clock import Clock
from bot.db import Database
from bot.network.places import default_gazetteer
from bot.network.tariff import default_tariff
from bot.rules.shipped import shipped_rules
from bot.rules.working_time import shipped_working_time
from bot.settings import Settings
from bot.waybills.importing import rows_of_json
from tests.killed.world import PORTION, batches, scan_rows, waybill_rows

WARM = (shipped_rules(), shipped_working_time(), default_gazetteer(), default_tariff())
"""Read once, by the server that children are forked from, and not by each of them."""
NAME = "to be killed"
"""What its connections are called on the server."""


@dataclass(frozen=True)
class Point:
    """Where to die: before the n-th ``statement`` or ``commit``, or right after the n-th was ``committed``."""

    what: str
    n: int


@dataclass(frozen=True)
class Order:
    """What to do, on which database, at which moment, and where to die; None to live."""

    task: str
    url: str
    now: datetime
    folder: Path
    point: Point | None = None


class Hand:
    """Counts what a process does to a database, and kills it at the point it was told."""

    def __init__(self, database: Database, point: Point | None) -> None:
        self._point = point
        self.counts = {"statement": 0, "commit": 0}
        engine = database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda *_: self._count("statement"))
        event.listen(engine, "commit", lambda _: self._count("commit"))
        event.listen(engine.pool, "checkin", lambda *_: self._strike("committed", self.counts["commit"]))

    def _count(self, what: str) -> None:
        self.counts[what] += 1
        self._strike(what, self.counts[what])

    def _strike(self, what: str, n: int) -> None:
        if self._point == Point(what, n):
            os.kill(os.getpid(), signal.SIGKILL)


def live(order: Order, parent: Connection) -> None:
    """Its whole life: it says when it begins, and what it counted if it sees the end."""
    asyncio.run(_live(order, parent))


async def _live(order: Order, parent: Connection) -> None:
    url = make_url(order.url).update_query_dict({"application_name": NAME})
    database = Database(url.render_as_string(hide_password=False))
    service = make_service(database, lambda: order.now, order.folder)
    hand = Hand(database, order.point)
    parent.send("begun")
    await TASKS[order.task](service, order.now)
    parent.send(hand.counts)


def make_service(database: Database, clock: Clock, folder: Path) -> Service:
    """The real services, put together as the platform does, with nothing running by itself."""
    return assemble(Settings(_env_file=None, data_dir=folder), database, clock)


async def sweep(service: Service, _: datetime) -> None:
    await service.rules.refresh()
    await service.sweep.run(portion=PORTION)


async def ingest(service: Service, _: datetime) -> None:
    for batch in batches(waybill_rows()):
        await service.importer.waybills(rows_of_json(batch))
    for batch in batches(scan_rows()):
        await service.importer.checkpoints(rows_of_json(batch))


async def chains(service: Service, now: datetime) -> None:
    await service.evidence.chains.tick(now)
    await service.tickets.clockwork.tick(now)


TASKS: dict[str, Callable[[Service, datetime], Awaitable[None]]] = {"sweep": sweep, "ingest": ingest, "chains": chains}
