"""The lists of the desk over a million generated tickets: what each role opens all day, first page and a later one."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from statistics import quantiles

from sqlalchemy import text

from bot.db import Database
from bot.staff.model import Actor, Role
from bot.tickets.kinds import Priority, TicketKind, TicketStatus
from bot.tickets.queries import Filters, Sort, TicketQueries, statement

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
RUNS = 100
LATER_PAGE = 5
UNITS, PROVINCES = 900, 31
WHAT = (
    *("没打电话就放驿站了", "一直没有送到", "三天没有更新了", "外包装破损，里面的杯子碎了", "显示签收但是没有收到"),
    *("快递员态度不好", "送错地址了", "少了一件", "等了两天还在同一个网点", "收费和说好的不一样", "联系不上快递员"),
    "打开发现被水浸湿",
)
WISH = (
    *("要求送上门", "请尽快处理", "要求赔偿", "请回电话", "今天必须送到", "要投诉", "请核实在哪里", "不要再放快递柜"),
)
BUSY = 383
"""An outlet that has as much as three others."""

FILL = """
INSERT INTO tickets (ticket_no, kind, category, flow, cause, service_class, waybill_no, case_key, customer_id, channel,
    party, text, status, outcome, priority, contacts, urges, escalations, sent_backs, reopened, version, tier,
    owner_unit, outlet, province, across_provinces, assignee, opened_at, updated_at, closed_at, vip, calendar, due_at,
    escalate_at, next_tick_at)
SELECT 'GD' || lpad(n::text, 10, '0'),
    CASE WHEN n % 40 = 0 THEN 'complaint' ELSE 'service' END,
    (ARRAY['expedite', 'trace', 'stalled', 'not_to_door', 'lost', 'overdue'])[1 + n % 6],
    'standard', 'late_delivery', 'normal', 'YD' || lpad((n / 2)::text, 13, '0'), 'YD' || lpad(n::text, 13, '0'),
    md5((n % 300000)::text)::uuid, 'web', '',
    (CAST(:what AS text[]))[1 + n % 12] || '，' || (CAST(:wish AS text[]))[1 + n / 12 % 8] || ' ' || n,
    CASE WHEN is_open THEN (ARRAY['open', 'dispatched', 'dispatched', 'handled'])[1 + n % 4] ELSE 'closed' END,
    CASE WHEN is_open THEN NULL ELSE 'resolved' END,
    (ARRAY['normal', 'normal', 'normal', 'high', 'urgent'])[1 + n % 5],
    1, 0, 0, 0, 0, 2, CASE WHEN n % 25 = 0 THEN 'provincial_center' ELSE 'outlet' END,
    'U' || place, 'U' || place, 'P' || (place % :provinces), n % 3 = 0,
    CASE WHEN n % 2 = 0 THEN 'agent:' || place END,
    opened, opened, CASE WHEN is_open THEN NULL ELSE opened + interval '5 hours' END, false, 'outlet', due,
    CASE WHEN is_open THEN due END, CASE WHEN is_open THEN due END
FROM (
    SELECT numbered.*, opened + make_interval(hours => CAST(4 + n % 3 * 20 AS int)) AS due FROM (
        SELECT n, CASE WHEN n % 450 = 0 THEN :busy ELSE n % :units * 7919 % :units END AS place,
            n > :rows * (1 - CAST(:share AS float)) AS is_open,
            CAST(:now AS timestamptz) - make_interval(secs => (:rows - n) * 14.4) AS opened
        FROM generate_series(1, :rows) AS n
    ) AS numbered
) AS timed
"""


@dataclass(frozen=True)
class Listing:
    """A list that somebody opens all day."""

    role: str
    name: str
    actor: Actor
    filters: Filters = field(default_factory=Filters)
    sort: Sort = Sort.due_at


@dataclass(frozen=True)
class Timed:
    """How long a page of a list took, in milliseconds."""

    listing: Listing
    page: int
    cursor: str | None
    p50: float
    p95: float


OUTLET = Actor(f"agent:{BUSY}", Role.outlet_agent, f"U{BUSY}")
PROVINCE = Actor("agent:chen", Role.provincial_agent, "P3", "P3")
TOP = Actor("agent:sun", Role.headquarters_agent, "HQ")
LEAD = Actor("agent:zhou", Role.supervisor)
JUDGE = Actor("agent:wu", Role.provincial_arbitrator, "P3", "P3")
_RARE = Filters(category="lost", priority=Priority.urgent, status=TicketStatus.handled)
LISTINGS = (
    Listing("outlet agent", "my open tickets", OUTLET, Filters(assignee=OUTLET.name)),
    Listing("outlet agent", "all of the outlet", OUTLET),
    Listing("outlet agent", "overdue", OUTLET, Filters(overdue=True)),
    Listing("outlet agent", "one category", OUTLET, Filters(category="expedite")),
    Listing("provincial agent", "all of the province", PROVINCE),
    Listing("provincial agent", "waiting for review", PROVINCE, Filters(status=TicketStatus.handled)),
    Listing(
        "provincial agent", "urgent ones of a category", PROVINCE, Filters(None, None, "lost", priority=Priority.urgent)
    ),
    Listing("provincial agent", "by priority", PROVINCE, sort=Sort.priority),
    Listing("provincial arbitrator", "complaints", JUDGE),
    Listing("headquarters", "all of the network", TOP),
    Listing("headquarters", "complaints", TOP, Filters(kind=TicketKind.complaint)),
    Listing("headquarters", "three filters that few fit", TOP, _RARE),
    Listing("headquarters", "nobody fits", TOP, Filters(category="insurance")),
    Listing("supervisor", "overdue, by priority", LEAD, Filters(overdue=True), Sort.priority),
    Listing("supervisor", "not yet overdue", LEAD, Filters(overdue=False)),
    Listing("supervisor", "one agent's", LEAD, Filters(assignee=OUTLET.name)),
    Listing("supervisor", "a piece of text that few open ones have", LEAD, Filters(text="杯子碎了，要求赔偿 9999")),
    Listing("supervisor", "a word that one in twelve has", LEAD, Filters(text="破损")),
    Listing("supervisor", "a word that nobody wrote", LEAD, Filters(text="冰箱")),
    Listing("supervisor", "one letter that nobody wrote", LEAD, Filters(text="猫")),
    Listing(
        "supervisor",
        "an outlet's closed ones, newest first",
        LEAD,
        Filters(status=TicketStatus.closed, owner_unit=OUTLET.unit),
        Sort.newest,
    ),
    Listing("supervisor", "all of a waybill", LEAD, Filters(waybill_no="YD0000000000777")),
)


async def fill(database: Database, rows: int, share: float) -> None:
    """``share``: of tickets that are not closed; these are the youngest."""
    values = {"rows": rows, "share": share, "now": NOW, "units": UNITS, "provinces": PROVINCES, "busy": BUSY}
    values |= {"what": list(WHAT), "wish": list(WISH)}
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE tickets CASCADE"))
        await session.execute(text(FILL), values)
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE tickets"))


async def measure(database: Database) -> list[Timed]:
    """The first page of every list, and a later one of those that have it."""
    found = []
    for listing in LISTINGS:
        first = await _timed(database, listing, 1, None)
        later = await _later_cursor(database, listing)
        found += [first] if later is None else [first, await _timed(database, listing, LATER_PAGE, later)]
    return found


def table(found: list[Timed]) -> Iterator[str]:
    """As Markdown."""
    yield "| who | list | page | p50 ms | p95 ms |"
    yield "|---|---|---|---|---|"
    for each in found:
        yield f"| {each.listing.role} | {each.listing.name} | {each.page} | {each.p50:.1f} | {each.p95:.1f} |"


async def explain(database: Database, timed: Timed) -> str:
    """How PostgreSQL goes about a page."""
    listing = timed.listing
    query = statement(listing.actor, listing.filters, listing.sort, timed.cursor, now=NOW).limit(51)
    sql = str(query.compile(database.engine.sync_engine, compile_kwargs={"literal_binds": True}))
    async with database.transaction() as session:
        explained = text("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace(":", "\\:").replace("%%", "%"))
        return "\n".join(await session.scalars(explained))


async def due_ms(database: Database) -> float:
    """Milliseconds to find the first hundred tickets whose time has come."""
    due = text(
        "EXPLAIN (ANALYZE, FORMAT JSON) SELECT ticket_no FROM tickets WHERE next_tick_at <= :now "
        "AND next_tick_at IS NOT NULL ORDER BY next_tick_at LIMIT 100 FOR UPDATE SKIP LOCKED"
    )
    async with database.transaction() as session:
        found = await session.scalar(due, {"now": NOW})
    return float(found[0]["Execution Time"])


async def _timed(database: Database, listing: Listing, page: int, cursor: str | None) -> Timed:
    """Connection and mapping included."""
    queries, taken = TicketQueries(database, lambda: NOW), []
    for _ in range(RUNS):
        began = time.perf_counter()
        await queries.page(listing.actor, listing.filters, sort=listing.sort, cursor=cursor)
        taken.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(taken, n=20)
    return Timed(listing, page, cursor, cuts[9], cuts[18])


async def _later_cursor(database: Database, listing: Listing) -> str | None:
    queries, cursor = TicketQueries(database, lambda: NOW), None
    for _ in range(LATER_PAGE - 1):
        cursor = (await queries.page(listing.actor, listing.filters, sort=listing.sort, cursor=cursor)).next
        if cursor is None:
            return None
    return cursor
