"""Builders: a sensible whole of which a test names only what matters to it."""

from datetime import datetime, timedelta, timezone
from typing import Any

from bot.waybills.model import (
    Checkpoint,
    CheckpointKind,
    Condition,
    Party,
    Product,
    Waybill,
    WaybillStatus,
)

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)


def make_party(phone: str = "13900001234", name: str = "王芳", city: str = "广州市", **changes: Any) -> Party:
    values = {"province": "广东省", "district": "天河区", "address": "体育西路1号", **changes}
    return Party(name=name, phone=phone, city=city, **values)


def make_checkpoint(
    kind: CheckpointKind = CheckpointKind.arrived, *, hours_ago: float = 2, city: str = "广州市", **changes: Any
) -> Checkpoint:
    values = {"outlet_code": "GZ001", "outlet_name": "广州天河网点", "text": "快件已到达【广州天河网点】", **changes}
    return Checkpoint(at=NOW - timedelta(hours=hours_ago), kind=kind, city=city, **values)


def make_waybill(waybill_no: str = "YD2026000000011", **changes: Any) -> Waybill:
    """A parcel from Hangzhou to Guangzhou, on its way and on time."""
    values: dict[str, Any] = {
        "product": Product.standard,
        "status": WaybillStatus.in_transit,
        "condition": Condition.normal,
        "consignor": make_party("13700005678", "李明", "杭州市", province="浙江省", district="西湖区"),
        "consignee": make_party(),
        "goods": "衣服",
        "weight_kg": 1.2,
        "freight": 12.0,
        "collect": False,
        "insured_amount": 0.0,
        "shipped_at": NOW - timedelta(days=1),
        "promised_at": NOW + timedelta(days=1),
        "origin_outlet": "HZ001",
        "destination_outlet": "GZ001",
        "track": (
            make_checkpoint(
                CheckpointKind.picked_up, hours_ago=24, city="杭州市", outlet_code="HZ001", outlet_name="杭州西湖网点"
            ),
            make_checkpoint(),
        ),
        **changes,
    }
    return Waybill(waybill_no=waybill_no, **values)
