"""The PostgreSQL adapter of `WaybillSource`."""

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.waybills.facts import in_order
from bot.waybills.intake import BEFORE_PICKUP, TOLD
from bot.waybills.model import (
    Checkpoint,
    CheckpointKind,
    Condition,
    Party,
    Product,
    Waybill,
    WaybillStatus,
)
from bot.waybills.tables import CheckpointRow, StateRow, WaybillRow


class PostgresWaybillSource:
    """Waybills of our own tables, filled by import, API or the demo network."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, waybill_no: str) -> Waybill | None:
        async with self._database.transaction() as session:
            found = (await session.execute(_KNOWN.where(WaybillRow.waybill_no == waybill_no))).first()
            return waybill_from(*found, await _track(session, found[0])) if found else None

    async def with_phone(self, phone: str, *, limit: int) -> list[Waybill]:
        query = (
            _KNOWN.where(or_(WaybillRow.consignor_phone == phone, WaybillRow.consignee_phone == phone))
            .order_by(WaybillRow.shipped_at.desc())
            .limit(limit)
        )
        async with self._database.transaction() as session:
            found = (await session.execute(query)).all()
            return [waybill_from(row, state, await _track(session, row)) for row, state in found]


_KNOWN = select(WaybillRow, StateRow).join(
    StateRow, and_(StateRow.waybill_no == WaybillRow.waybill_no, StateRow.shipped_at == WaybillRow.shipped_at)
)


async def _track(session: AsyncSession, row: WaybillRow) -> list[CheckpointRow]:
    """Scans from a month before pickup on, so that only partitions that can hold them are read."""
    query = select(CheckpointRow).where(
        CheckpointRow.waybill_no == row.waybill_no, CheckpointRow.at >= row.shipped_at - BEFORE_PICKUP
    )
    return list((await session.scalars(query)).all())


def waybill_from(row: WaybillRow, state: StateRow, track: list[CheckpointRow]) -> Waybill:
    """The core's waybill out of its rows; what scans told of courier, pickup and signer counts most."""
    told = {name: state.told.get(name, getattr(row, name)) for name in TOLD}
    return Waybill(
        waybill_no=row.waybill_no,
        product=Product(row.product),
        status=WaybillStatus(state.status),
        condition=Condition(state.condition),
        consignor=Party(**row.consignor),
        consignee=Party(**row.consignee),
        goods=row.goods,
        weight_kg=row.weight_kg,
        freight=row.freight,
        collect=row.collect,
        insured_amount=row.insured_amount,
        shipped_at=row.shipped_at,
        promised_at=row.promised_at,
        agreed_at=state.agreed_at,
        origin_outlet=row.origin_outlet,
        destination_outlet=row.destination_outlet,
        delivered_at=state.delivered_at,
        track=tuple(in_order(checkpoint_from(scan) for scan in track)),
        **told,
    )


def checkpoint_from(row: CheckpointRow) -> Checkpoint:
    return Checkpoint(
        at=row.at,
        kind=CheckpointKind(row.kind),
        outlet_code=row.outlet_code,
        outlet_name=row.outlet_name,
        city=row.city,
        text=row.text,
    )
