"""Loading the demo network into the database, quickly and as often as one likes."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import psycopg
from psycopg import sql
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.demo.outlets import demo_outlets
from bot.demo.showcase import showcase_waybills
from bot.demo.tables import DemoLoad, DemoWaybill
from bot.demo.waybills import VERSION, make_waybill
from bot.errors import SetupError
from bot.network.geography import NetworkGeography
from bot.network.tables import OutletRow
from bot.rules.shipped import shipped_rules
from bot.waybills.conditions import Conditions
from bot.waybills.intake import TOLD, Geography, Intake, state_values
from bot.waybills.model import Party, Waybill, WaybillStatus
from bot.waybills.tables import CheckpointRow, ConditionChange, StateRow, WaybillRow

STALE_AFTER = timedelta(days=1)
_BATCH = 2_000
_LOCK = 2_077_001
_SCAN_COLUMNS = ("waybill_no", "at", "kind", "outlet_code", "outlet_name", "city", "text")
_PLAIN = (
    *("waybill_no", "goods", "weight_kg", "freight", "collect", "insured_amount", "shipped_at", "promised_at"),
    *("origin_outlet", "destination_outlet", *TOLD),
)


@dataclass(frozen=True)
class DemoCounts:
    """What the demo has in the database.  ``fresh`` is False when nothing had to be done."""

    outlets: int
    waybills: int
    checkpoints: int
    fresh: bool


async def load_demo(
    database: Database, *, now: datetime, waybills: int = 20_000, report: Callable[[str], None]
) -> DemoCounts:
    """Put the demo network in, all of it or nothing.

    A load of the same version and size that is less than a day old is left as it is.  Otherwise the demo's own waybills
    are made again, the same people and parcels with days relative to ``now``.  A waybill that is not the demo's is
    never touched, even if it has a number of the demo's range.

    Parameters
    ----------
    waybills: how many besides the showcase.
    report: told in English what is being done.
    """
    async with database.transaction() as session:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        known = await session.get(DemoLoad, 1)
        if known is not None and _is_current(known, now, waybills):
            report(f"demo network is loaded: {known.outlets} outlets, {known.waybills} waybills")
            return DemoCounts(known.outlets, known.waybills, known.checkpoints, fresh=False)
        counts = await _load(session, _intake(database, now), now.replace(microsecond=0), waybills, report)
        await _remember(session, counts, now, waybills)
    report(f"demo network loaded: {counts.waybills} waybills, {counts.checkpoints} checkpoints")
    return counts


def _intake(database: Database, now: datetime) -> Intake:
    """Judged by the shipped rules; tickets that follow are opened by the first sweep of the platform."""
    geography = NetworkGeography(database)
    geography.use({outlet.code: (outlet.latitude, outlet.longitude) for outlet in demo_outlets()})
    clock = partial(_same, now)
    return Intake(Conditions(shipped_rules, clock), shipped_rules, geography, clock)


def _same(moment: datetime) -> datetime:
    return moment


def _version(waybills: int) -> str:
    return f"{VERSION}/{waybills}"


def _is_current(known: DemoLoad, now: datetime, waybills: int) -> bool:
    return known.version == _version(waybills) and timedelta(0) <= now - known.loaded_at < STALE_AFTER


async def _load(
    session: AsyncSession, intake: Intake, now: datetime, waybills: int, report: Callable[[str], None]
) -> DemoCounts:
    outlets = await _put_outlets(session)
    report(f"demo network: {outlets} outlets")
    await _take_out(session)
    driver = await _driver(session)
    put = scans = 0
    for start in range(0, waybills, _BATCH):
        indexes = range(start, min(start + _BATCH, waybills))
        batch = [make_waybill(index, now=now) for index in indexes]
        one_put, one_scans = await _put(session, driver, intake, await _without_strangers(session, batch))
        put, scans = put + one_put, scans + one_scans
        report(f"demo network: {put} of {waybills} waybills")
    shown = await _without_strangers(session, showcase_waybills(now=now))
    one_put, one_scans = await _put(session, driver, intake, shown)
    await session.execute(_LOOK_AT_TROUBLE, {"now": now})
    return DemoCounts(outlets, put + one_put, scans + one_scans, fresh=True)


async def _put_outlets(session: AsyncSession) -> int:
    """Parents come before children, so that the foreign key holds row by row."""
    rows = [asdict(outlet) | {"tier": outlet.tier.value} for outlet in demo_outlets()]
    statement = insert(OutletRow)
    updates = {column.name: column for column in statement.excluded if column.name != "code"}
    await session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=updates), rows)
    return len(rows)


async def _take_out(session: AsyncSession) -> None:
    own = select(DemoWaybill.waybill_no)
    for table in (ConditionChange, CheckpointRow, StateRow, WaybillRow):
        await session.execute(delete(table).where(table.waybill_no.in_(own)))
    await session.execute(delete(DemoWaybill))


async def _without_strangers(session: AsyncSession, batch: list[Waybill]) -> list[Waybill]:
    """The demo's own numbers are out by now; one that is still there is somebody else's."""
    numbers = [waybill.waybill_no for waybill in batch]
    query = select(WaybillRow.waybill_no).where(WaybillRow.waybill_no.in_(numbers))
    taken = set((await session.scalars(query)).all())
    return [waybill for waybill in batch if waybill.waybill_no not in taken]


async def _driver(session: AsyncSession) -> psycopg.AsyncConnection:
    """The psycopg connection under the session, in its transaction: COPY is ten times faster than INSERT."""
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise SetupError("the demo network needs the asynchronous psycopg driver")
    return driver


async def _put(
    session: AsyncSession, driver: psycopg.AsyncConnection, intake: Intake, batch: list[Waybill]
) -> tuple[int, int]:
    rows = [_values(waybill, intake.geography) for waybill in batch]
    if not rows:
        return 0, 0
    states = [state_values(row) for row in rows]
    await _copy(driver, WaybillRow.__tablename__, tuple(rows[0]), (_documents_as_text(row) for row in rows))
    await _copy(driver, StateRow.__tablename__, tuple(states[0]), (_documents_as_text(state) for state in states))
    await _copy(driver, DemoWaybill.__tablename__, ("waybill_no",), ((each.waybill_no,) for each in batch))
    scans = [
        (each.waybill_no, scan.at, scan.kind.value, scan.outlet_code, scan.outlet_name, scan.city, scan.text)
        for each in batch
        for scan in each.track
    ]
    await _copy(driver, CheckpointRow.__tablename__, _SCAN_COLUMNS, scans)
    await intake.read_tracks(session, [each.waybill_no for each in batch], trigger="demo")
    return len(rows), len(scans)


def _values(waybill: Waybill, places: Geography) -> dict[str, object]:
    """The columns of the waybill's row."""
    return {name: getattr(waybill, name) for name in _PLAIN} | {
        "product": waybill.product.value,
        "declared_status": WaybillStatus.created.value,
        "zone": places.zone(*(_place(party) for party in (waybill.consignor, waybill.consignee))),
        "consignor": asdict(waybill.consignor),
        "consignee": asdict(waybill.consignee),
        "consignor_phone": waybill.consignor.phone,
        "consignee_phone": waybill.consignee.phone,
    }


def _place(party: Party) -> tuple[str, str, str]:
    return party.province, party.city, party.district


def _documents_as_text(values: dict[str, object]) -> tuple[object, ...]:
    return tuple(
        json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value for value in values.values()
    )


async def _copy(
    driver: psycopg.AsyncConnection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)


async def _remember(session: AsyncSession, counts: DemoCounts, now: datetime, waybills: int) -> None:
    load = DemoLoad(
        id=1,
        version=_version(waybills),
        waybills=counts.waybills,
        checkpoints=counts.checkpoints,
        outlets=counts.outlets,
        loaded_at=now,
    )
    await session.merge(load)


_LOOK_AT_TROUBLE = text(
    "UPDATE waybill_states SET next_check_at = :now "
    "WHERE condition <> 'normal' AND waybill_no IN (SELECT waybill_no FROM demo_waybills)"
)
