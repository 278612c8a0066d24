"""How fast waybills are judged and scans come in, on the embedded PostgreSQL of this machine.

    python -m benchmarks.waybills                        # sweeps over 70k, 350k and 700k, then a minute of scans
    python -m benchmarks.waybills --sizes 10000 --seconds 5   # does it work?

Every waybill has eight scans; about one in twenty is late on its leg and one in fifty past its promise.  The sweep is
timed when all are due at once, which is its worst case, and its memory is that of this process alone.  Scans are timed
on vacuumed tables, as the partitions of scans are kept; processor time is that of this process and of the server.
"""

import argparse
import asyncio
import os
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random

import psutil
from sqlalchemy import text

from bot.clock import system_clock
from bot.db import Database
from bot.embedded_postgres import EmbeddedPostgres
from bot.migrations.run import migrate
from bot.rules.shipped import shipped_rules
from bot.waybills.conditions import Conditions
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.intake import Intake, NoMap
from bot.waybills.months import Months
from bot.waybills.sweep import Sweep

SCANS_EACH = 8
BATCH = 1_000
WRITERS = 2


async def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="kuaida-bench-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "pg")
        url = server.start()
        migrate(url)
        database = Database(url)
        try:
            await Months(database, system_clock).prepare()
            for size in asked.sizes:
                await sweep(database, size)
            pid = int((Path(folder) / "pg" / "postmaster.pid").read_text().split()[0])
            await ingest(database, asked.seconds, pid)
        finally:
            await database.close()
            server.stop()


async def sweep(database: Database, size: int) -> None:
    """Fill the tables with ``size`` waybills and look at all of them."""
    began = time.monotonic()
    await fill(database, size)
    print(f"{size:>8,} waybills with {size * SCANS_EACH:,} scans made in {time.monotonic() - began:.0f} s", flush=True)
    conditions = Conditions(shipped_rules, system_clock)
    intake = Intake(conditions, shipped_rules, NoMap(), system_clock)
    process = psutil.Process()
    began, cpu = time.monotonic(), process.cpu_times().user
    done = await Sweep(database, system_clock, conditions, intake).run()
    took = time.monotonic() - began
    memory = process.memory_info().rss / 1e9
    own = process.cpu_times().user - cpu
    print(
        f"{size:>8,} judged in {took:6.1f} s ({size / took:,.0f} a second; {own:.1f} s of it in this process), "
        f"{done.seen:,} seen, {done.changed:,} changed, {memory:.2f} GB resident",
        flush=True,
    )
    began = time.monotonic()
    again = await Sweep(database, system_clock, conditions, intake).run()
    print(f"{'':>8} the next sweep: {again.seen:,} due, {time.monotonic() - began:.2f} s", flush=True)


async def ingest(database: Database, seconds: int, server: int) -> None:
    """Scans of known waybills in batches, as the API gets them, from two callers at once."""
    conditions = Conditions(shipped_rules, system_clock)
    intake = Intake(conditions, shipped_rules, NoMap(), system_clock)
    importer = WaybillImporter(database, system_clock, intake)
    async with database.transaction() as session:
        numbers = list((await session.scalars(text("SELECT waybill_no FROM waybill_states LIMIT 300000"))).all())
    until = time.monotonic() + seconds
    taken = [0]

    async def write(seed: int) -> None:
        rng = Random(seed)
        while time.monotonic() < until:
            rows = [_scan(number, rng) for number in rng.sample(numbers, BATCH)]
            report = await importer.checkpoints(rows_of_json(rows))
            taken[0] += report.accepted

    began, busy = time.monotonic(), (_busy(os.getpid()), _busy(server))
    await asyncio.gather(*(write(seed) for seed in range(WRITERS)))
    took = time.monotonic() - began
    after = (_busy(os.getpid()), _busy(server))
    own, theirs = ((late - early) * 1e5 / taken[0] for late, early in zip(after, busy, strict=True))
    print(f"{taken[0]:>8,} scans in {took:.0f} s: {taken[0] / took:,.0f} a second, conditions kept", flush=True)
    print(f"{'':>8} processor time for 100,000: {own:.1f} s in this process, {theirs:.1f} s in PostgreSQL", flush=True)


def _busy(process_id: int) -> float:
    """Seconds of processor time of a process and of those below it, ended ones included."""
    process = psutil.Process(process_id)
    below = process.children(recursive=True) if process_id != os.getpid() else []
    times = [each.cpu_times() for each in (process, *below)]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)


def _scan(number: str, rng: Random) -> dict[str, str]:
    at = datetime.now(timezone.utc) - timedelta(seconds=rng.randrange(3600))
    kind = rng.choice(("departed", "arrived", "out_for_delivery", "delivered"))
    outlet = f"W{rng.randrange(900):03d}"
    return {
        "waybill_no": number,
        "at": at.isoformat(),
        "kind": kind,
        "outlet_code": outlet,
        "outlet_name": f"网点{outlet}",
        "city": "杭州市",
        "text": "快件已到达",
    }


async def fill(database: Database, size: int) -> None:
    """The tables of waybills, with nothing but this many waybills in them; all are due."""
    values = {"size": size, "now": system_clock()}
    async with database.transaction() as session:
        for table in ("condition_changes", "checkpoints", "waybill_states", "waybills"):
            await session.execute(text(f"TRUNCATE {table}"))
        for statement in (_WAYBILLS, _STATES, _SCANS):
            await session.execute(text(statement), values)
    async with database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


_NUMBERED = "SELECT i, 'YD' || lpad((8800000000000 + i)::text, 13, '0') AS no FROM generate_series(1, :size) AS i"
_WAYBILLS = f"""
    INSERT INTO waybills SELECT no, :now - (i % 60) * interval '1 hour',
        (ARRAY['express', 'standard', 'economy', 'heavy'])[1 + i % 4], 'created',
        '{{"name": "李明", "phone": "13700005678", "province": "浙江省", "city": "杭州市",
          "district": "西湖区", "address": "文三路1号"}}',
        '{{"name": "王芳", "phone": "13900001234", "province": "广东省", "city": "广州市",
          "district": "天河区", "address": "体育西路1号"}}',
        '137' || lpad((i % 10000000)::text, 8, '0'), '139' || lpad((i % 10000000)::text, 8, '0'), '衣服',
        1.5, 12, false, 0, :now + (i % 50) * interval '1 hour', 'W' || lpad((i % 900)::text, 3, '0'),
        'W' || lpad((i % 800)::text, 3, '0'), (ARRAY['near', 'middle', 'far'])[1 + i % 3]
    FROM ({_NUMBERED}) AS numbered"""
_STATES = f"""
    INSERT INTO waybill_states SELECT no, :now - (i % 60) * interval '1 hour',
        (ARRAY['express', 'standard', 'economy', 'heavy'])[1 + i % 4], (ARRAY['near', 'middle', 'far'])[1 + i % 3],
        'W' || lpad((i % 900)::text, 3, '0'), 'W' || lpad((i % 800)::text, 3, '0'), NULL, 'created',
        :now + (i % 50) * interval '1 hour' - interval '30 minutes', NULL, NULL, NULL, 0,
        (ARRAY['in_transit', 'in_transit', 'out_for_delivery'])[1 + i % 3],
        (ARRAY['line_haul', 'sorting', 'delivery'])[1 + i % 3],
        :now - (CASE WHEN i % 20 = 0 THEN 60 ELSE i % 5 END) * interval '1 hour',
        :now - (CASE WHEN i % 20 = 0 THEN 60 ELSE i % 5 END) * interval '1 hour',
        'W' || lpad((i % 900)::text, 3, '0'), 0, 0, false, false, false, false, NULL, '{{}}', 'normal', '[]', NULL,
        :now, 1
    FROM ({_NUMBERED}) AS numbered"""
_SCANS = f"""
    INSERT INTO checkpoints SELECT no, :now - ((i % 60) - scan * 0.1) * interval '1 hour' - interval '1 hour',
        (ARRAY['picked_up', 'departed', 'arrived', 'departed', 'arrived', 'departed', 'arrived', 'departed'])[scan],
        'W' || lpad(((i + scan) % 900)::text, 3, '0'), '网点', '杭州市', '快件已到达'
    FROM ({_NUMBERED}) AS numbered, generate_series(1, {SCANS_EACH}) AS scan"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.waybills", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[70_000, 350_000, 700_000])
    parser.add_argument("--seconds", type=int, default=60, help="how long scans come in")
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    asyncio.run(main())
