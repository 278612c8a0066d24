"""The PostgreSQL adapter of `WaybillSource`."""

from dataclasses import asdict

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.waybills.model import (
    Checkpoint,
    CheckpointKind,
    Condition,
    Party,
    Product,
    Waybill,
    WaybillStatus,
)
from bot.waybills.tables import CheckpointRow, WaybillRow


class PostgresWaybillSource:
    """Waybills of our own tables, filled by import, API or the demo network."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, waybill_no: str) -> Waybill | None:
        async with self._database.transaction() as session:
            row = await session.get(WaybillRow, waybill_no)
            return waybill_from(row, await _track(session, waybill_no)) if row else None

    async def with_phone(self, phone: str, *, limit: int) -> list[Waybill]:
        query = (
            select(WaybillRow)
            .where(or_(WaybillRow.consignor_phone == phone, WaybillRow.consignee_phone == phone))
            .order_by(WaybillRow.shipped_at.desc())
            .limit(limit)
        )
        async with self._database.transaction() as session:
            rows = (await session.scalars(query)).all()
            return [waybill_from(row, await _track(session, row.waybill_no)) for row in rows]


async def _track(session: AsyncSession, waybill_no: str) -> list[CheckpointRow]:
    query = select(CheckpointRow).where(CheckpointRow.waybill_no == waybill_no).order_by(CheckpointRow.at)
    return list((await session.scalars(query)).all())


def waybill_from(row: WaybillRow, track: list[CheckpointRow]) -> Waybill:
    """The core's waybill out of its rows."""
    return Waybill(
        waybill_no=row.waybill_no,
        product=Product(row.product),
        status=WaybillStatus(row.status),
        condition=Condition(row.condition),
        consignor=Party(**row.consignor),
        consignee=Party(**row.consignee),
        goods=row.goods,
        weight_kg=row.weight_kg,
        freight=row.freight,
        collect=row.collect,
        insured_amount=row.insured_amount,
        shipped_at=row.shipped_at,
        promised_at=row.promised_at,
        origin_outlet=row.origin_outlet,
        destination_outlet=row.destination_outlet,
        courier_name=row.courier_name,
        courier_phone=row.courier_phone,
        pickup_place=row.pickup_place,
        pickup_code=row.pickup_code,
        signed_by=row.signed_by,
        delivered_at=row.delivered_at,
        track=tuple(checkpoint_from(scan) for scan in track),
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


def waybill_values(waybill: Waybill) -> dict[str, object]:
    """The column values of a waybill, for inserting many at once."""
    plain = (
        "waybill_no",
        "goods",
        "weight_kg",
        "freight",
        "collect",
        "insured_amount",
        "shipped_at",
        "promised_at",
    )
    late = (
        "origin_outlet",
        "destination_outlet",
        "courier_name",
        "courier_phone",
        "pickup_place",
        "pickup_code",
    )
    return {name: getattr(waybill, name) for name in (*plain, *late, "signed_by", "delivered_at")} | {
        "product": waybill.product.value,
        "status": waybill.status.value,
        "condition": waybill.condition.value,
        "consignor": asdict(waybill.consignor),
        "consignee": asdict(waybill.consignee),
        "consignor_phone": waybill.consignor.phone,
        "consignee_phone": waybill.consignee.phone,
    }
