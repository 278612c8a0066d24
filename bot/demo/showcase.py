"""The waybills to try: a fixed table of parcels, one for each thing a customer may ask about."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.clock import local
from bot.demo.journeys import Delivery, Route, scan, stretched
from bot.demo.outlets import demo_outlets
from bot.demo.waybills import assemble, bought, route_between
from bot.demo.words import DATA
from bot.network.model import Outlet, Tier
from bot.network.tariff import default_tariff
from bot.waybills.model import Checkpoint, CheckpointKind, Party, Product, Waybill

_AGO = re.compile(r"-(\d+)([hm])")
_DAY = re.compile(r"-(\d+)d (\d{1,2}):(\d{2})")
_AT_DESTINATION = {
    CheckpointKind.out_for_delivery,
    CheckpointKind.delivery_failed,
    CheckpointKind.at_station,
    CheckpointKind.delivered,
    CheckpointKind.refused,
    CheckpointKind.returning,
}
_LEAST_PROMISE = timedelta(hours=5)

Stop = Literal["origin", "origin_center", "destination_center", "destination"]


@dataclass(frozen=True)
class Showcase:
    """One waybill to try, as the README and the demo page list it."""

    waybill_no: str
    phone_tail_consignee: str
    phone_tail_consignor: str
    story_zh: str


class _Scan(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    kind: CheckpointKind
    where: Stop | None = None
    next: Stop | None = None
    reason: str = ""
    template: str = ""


class _Script(BaseModel):
    """One entry of ``showcase.yml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    story: str
    product: Product
    goods: str
    weight_kg: float
    insured: float = 0
    sender: tuple[str, str, str, str, str, str] = Field(alias="from")
    receiver: tuple[str, str, str, str, str, str] = Field(alias="to")
    promised_in: int
    courier: tuple[str, str] = ("李师傅", "16810010000")
    place: str = ""
    code: str = ""
    signer: str = ""
    track: list[_Scan]


@lru_cache(maxsize=1)
def _scripts() -> tuple[_Script, ...]:
    content: list[dict[str, Any]] = yaml.safe_load((DATA / "showcase.yml").read_text(encoding="utf-8"))
    return tuple(_Script.model_validate(entry) for entry in content)


SHOWCASE: tuple[Showcase, ...] = tuple(
    Showcase(script.number, script.receiver[1][-4:], script.sender[1][-4:], script.story) for script in _scripts()
)


def showcase_waybills(*, now: datetime) -> list[Waybill]:
    """All of them as they stand now."""
    return [_waybill(script, now) for script in _scripts()]


def _waybill(script: _Script, now: datetime) -> Waybill:
    route = route_between(_outlet(script.sender), _outlet(script.receiver))
    delivery = Delivery(*script.courier, script.place, script.code, script.signer)
    track = stretched([_checkpoint(each, route, delivery, now) for each in script.track], now)
    picked_up = [each.at for each in track if each.kind is not CheckpointKind.ordered]
    return assemble(
        script.number,
        route,
        bought(route, script.product, script.goods, script.weight_kg),
        parties=(Party(*script.sender), Party(*script.receiver)),
        shipped_at=picked_up[0] if picked_up else track[0].at,
        track=tuple(track),
        delivery=delivery,
        insured_amount=script.insured,
        promised_at=_promised(script.promised_in, now),
    )


def _checkpoint(script: _Scan, route: Route, delivery: Delivery, now: datetime) -> Checkpoint:
    where = script.where or ("destination" if script.kind in _AT_DESTINATION else "origin")
    onward = _stop(route, script.next) if script.next else _after(route, _stop(route, where))
    return scan(
        _moment(script.at, now),
        script.kind,
        _stop(route, where),
        script.template,
        next=onward.name,
        reason=script.reason,
        courier=delivery.courier,
        phone=delivery.courier_phone,
        place=delivery.place,
        code=delivery.code,
        signer=delivery.signer,
    )


def _stop(route: Route, stop: Stop) -> Outlet:
    outlet: Outlet = getattr(route, stop)
    return outlet


def _after(route: Route, here: Outlet) -> Outlet:
    legs = route.legs
    return legs[min(legs.index(here) + 1, len(legs) - 1)]


def _outlet(party: tuple[str, str, str, str, str, str]) -> Outlet:
    """The outlet of the party's district, or one of its city."""
    _, _, _, city, district, _ = party
    own = [each for each in demo_outlets() if each.tier is Tier.outlet and each.city == city]
    return next((each for each in own if each.district == district), own[0])


def _moment(text: str, now: datetime) -> datetime:
    ago = _AGO.fullmatch(text)
    if ago:
        amount = int(ago[1])
        return now - (timedelta(hours=amount) if ago[2] == "h" else timedelta(minutes=amount))
    day = _DAY.fullmatch(text)
    if day is None:
        raise ValueError(f"showcase.yml: {text!r} is no moment")
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=-int(day[1]), hours=int(day[2]), minutes=int(day[3]))


def _promised(days: int, now: datetime) -> datetime:
    """The end of that day; a promise for today still has some hours to go, however late it is."""
    hour = default_tariff().deliver_by_hour
    end = local(now).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=days)
    return end + timedelta(days=1) if days == 0 and end - now < _LEAST_PROMISE else end
