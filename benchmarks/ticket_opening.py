"""How many tickets are opened a second: one by one as customers report, in bulk as rules want, and within a sweep."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert, text

from benchmarks.waybills import fill as fill_waybills
from bot.assembly import Service, assemble
from bot.clock import system_clock
from bot.db import Database
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.rules.model import RuleBook
from bot.rules.shipped import shipped_rules
from bot.settings import Settings
from bot.tickets.kinds import TicketKind
from bot.tickets.opening import Contact
from bot.waybills.conditions import Conditions
from bot.waybills.intake import Intake, NoMap
from bot.waybills.sweep import PLANS_FOR_MANY, Sweep

CALLERS = 4
CATEGORIES = ("expedite", "trace", "not_to_door", "damage_packaging")
OUTLETS, PROVINCES = 900, 31
_LEFT_OVER = ("ticket_events", "tickets", "outgoing_events", "procrastinate_jobs", "chains", "evidence_items")


@dataclass(frozen=True)
class Measured:
    """One line of the result."""

    what: str
    figure: str
    seconds: float


def table(found: list[Measured]) -> Iterator[str]:
    """As Markdown."""
    yield "| what | result | seconds |"
    yield "|---|---|---|"
    for each in found:
        yield f"| {each.what} | {each.figure} | {each.seconds:.1f} |"


async def measure(database: Database, *, seconds: int, cases: int, waybills: int) -> list[Measured]:
    """Everything about opening, on tables that are emptied first."""
    with tempfile.TemporaryDirectory(prefix="kuaida-bench-files-") as folder:
        service = assemble(Settings(data_dir=Path(folder)), database, system_clock)
        await _empty(database)
        await _make_network(database)
        await fill_waybills(database, max(cases, waybills))
        found = [await reports(service, database, seconds), await in_bulk(service, database, cases)]
        found += await sweeps(service, database, waybills)
        await service.stop()
    return found


async def reports(service: Service, database: Database, seconds: int) -> Measured:
    """Customers who report about different waybills, some at once: ticket, events, condition, messages to others."""
    async with database.transaction() as session:
        query = text("SELECT waybill_no FROM waybill_states ORDER BY md5(waybill_no) LIMIT 20000")
        numbers = iter((await session.scalars(query)).all())
    until, opened = time.monotonic() + seconds, itertools.count()
    slowest = 0.0

    async def call(category: str) -> None:
        nonlocal slowest
        while (began := time.monotonic()) < until:
            contact = Contact(uuid4(), uuid4(), turn=str(uuid4()), channel="web")
            number = next(numbers)
            await service.tickets.tickets.report(
                TicketKind.service, category, "一直没有送到", waybill_no=number, contact=contact
            )
            slowest = max(slowest, time.monotonic() - began)
            next(opened)

    began = time.monotonic()
    await asyncio.gather(*(call(CATEGORIES[n % len(CATEGORIES)]) for n in range(CALLERS)))
    took, count = time.monotonic() - began, next(opened)
    figure = f"{count / took:,.0f} a second ({count:,}; the slowest took {slowest * 1000:.0f} ms)"
    return Measured(f"reported by {CALLERS} callers at once", figure, took)


async def in_bulk(service: Service, database: Database, count: int) -> Measured:
    """What a rule wants, in one transaction like that of a sweep."""
    async with database.transaction() as session:
        query = text("SELECT waybill_no FROM waybill_states ORDER BY waybill_no LIMIT :count")
        numbers = (await session.scalars(query, {"count": count})).all()
    began = time.monotonic()
    async with database.transaction() as session:
        await session.execute(PLANS_FOR_MANY)
        cases = ((number, ("condition.past_promise@v0",), {"past_promise": True}) for number in numbers)
        opened = await service.tickets.by_rule.open_for_rule(session, "overdue", cases, system_clock())
    took = time.monotonic() - began
    return Measured(
        "opened by a rule in one transaction", f"{len(opened) / took:,.0f} a second ({len(opened):,})", took
    )


async def sweeps(service: Service, database: Database, size: int) -> list[Measured]:
    """The same waybills swept over twice, of which one in fifty is past its promise: without what follows, and with.

    In between other rules are in force: once everything is judged anew, once more it is found that nothing is left.
    """
    plain = await _swept("the sweep alone", _alone(database, shipped_rules()), database, size)
    published = _alone(database, _published())
    anew = await _timed("after a publication", published, database)
    nothing = await _timed("the one after that", published, database)
    full = await _swept("the sweep with tickets and events", service.sweep, database, size)
    ratio = Measured("this to the sweep alone", f"{full.seconds / plain.seconds:.1f} times as long", 0)
    return [plain, anew, nothing, full, ratio]


def _published() -> RuleBook:
    """Version 1: the last warning but one is gone, so that the tables that judge are others."""
    warnings = shipped_rules().table("leg_warning")
    rows = (*warnings.rows[:-2], warnings.rows[-1])
    return RuleBook(1, {**shipped_rules().tables, "leg_warning": warnings.with_rows(rows)})


def _alone(database: Database, book: RuleBook) -> Sweep:
    """A sweep that nothing follows from."""
    conditions = Conditions(lambda: book, system_clock)
    return Sweep(database, system_clock, conditions, Intake(conditions, lambda: book, NoMap(), system_clock))


async def _swept(what: str, sweep: Sweep, database: Database, size: int) -> Measured:
    await _empty(database)
    await fill_waybills(database, size)
    return await _timed(what, sweep, database)


async def _timed(what: str, sweep: Sweep, database: Database) -> Measured:
    began = time.monotonic()
    done = await sweep.run()
    took = time.monotonic() - began
    async with database.transaction() as session:
        tickets = await session.scalar(text("SELECT count(*) FROM tickets"))
        events = await session.scalar(text("SELECT count(*) FROM outgoing_events"))
    figure = f"{done.seen:,} waybills, {done.changed:,} conditions changed, {tickets:,} tickets, {events:,} events"
    return Measured(what, figure, took)


async def _empty(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text(f"TRUNCATE {', '.join(_LEFT_OVER)} CASCADE"))


async def _make_network(database: Database) -> None:
    """Headquarters, a centre in each province, and the outlets that the generated parcels go through."""
    rows = [_unit("HQ", Tier.headquarters, "上海市", None)]
    rows += [_unit(f"P{n}", Tier.provincial_center, f"省{n}", "HQ") for n in range(PROVINCES)]
    for n in range(OUTLETS):
        rows.append(_unit(f"W{n:03d}", Tier.outlet, f"省{n % PROVINCES}", f"P{n % PROVINCES}"))
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE outlets CASCADE"))
        await session.execute(insert(OutletRow), rows)


def _unit(code: str, tier: Tier, province: str, parent: str | None) -> dict[str, str | None]:
    names = {"name": code, "city": "某市", "district": "某区", "address": "某路1号", "phone": "0571-90000000"}
    return {"code": code, "tier": tier.value, "province": province, "opening_hours": "8:00-20:00",
            "parent_code": parent, **names}  # fmt: skip
