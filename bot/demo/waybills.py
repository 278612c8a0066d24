"""Demo waybills: number ``index`` is always the same parcel of the same people; only its days move with now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from random import Random

from bot.clock import local
from bot.demo.journeys import Delivery, Fate, Pickup, Route, is_overseas, plan, until
from bot.demo.outlets import center_code, demo_outlets
from bot.demo.words import demo_words
from bot.network.coverage import default_coverage
from bot.network.model import Outlet, Place, Tier, Zone
from bot.network.places import default_gazetteer
from bot.network.tariff import default_tariff
from bot.waybills.facts import status_from_track
from bot.waybills.model import (
    Checkpoint,
    CheckpointKind,
    Condition,
    Party,
    Product,
    Waybill,
)

VERSION = "2"
# Mobile prefixes that no operator has been given, so that no demo number rings anybody.
_PREFIXES = ("154", "163", "164", "168", "169")
_PRODUCTS = {Product.standard: 60, Product.express: 22, Product.economy: 13, Product.heavy: 5}
_FATES = {
    Fate.waiting: 6,
    Fate.fresh: 8,
    Fate.smooth: 640,
    Fate.station: 170,
    Fate.locker: 80,
    Fate.failed_once: 28,
    Fate.stalled: 22,
    Fate.late: 20,
    Fate.refused: 12,
    Fate.false_delivery: 10,
    Fate.damaged: 10,
    Fate.failed_twice: 8,
}
# Troubles are only worth showing while they last: these parcels were sent lately, in days before now.
_AGES: dict[Fate, tuple[float, float]] = {
    Fate.stalled: (4, 9),
    Fate.late: (3, 9),
    Fate.damaged: (1, 5),
    Fate.false_delivery: (2, 6),
    Fate.failed_twice: (3, 7),
    Fate.refused: (1, 9),
}
_USUAL_AGES = (0.0, 16.0)


@dataclass(frozen=True)
class Bought:
    """The product, what it weighs and costs, and the days it was promised in."""

    product: Product
    goods: str
    weight_kg: float
    freight: float
    days: tuple[int, int]


def waybill_no(index: int) -> str:
    """``YD77`` and eleven digits; the demo's own range."""
    return f"YD{7_700_000_000_000 + (index * 48_271 + 1_203_457) % 100_000_000:013d}"


def make_waybill(index: int, *, now: datetime) -> Waybill:
    """Parcel number ``index`` as it stands now.  The same index and moment always make the same waybill."""
    rng = Random(f"demo waybill {index}")
    route = _route(rng)
    bought = _bought(route, rng)
    fate = _fate(route, rng)
    shipped_at = _shipped_at(fate, now, rng)
    pickup = Pickup(*_courier(rng), shipped_at)
    delivery = _delivery(fate, rng)
    arrives = shipped_at + timedelta(days=_days(bought, fate, rng))
    track = until(plan(route, pickup, delivery, arrives=arrives, fate=fate, rng=rng), now)
    return assemble(
        waybill_no(index),
        route,
        bought,
        parties=(_party(route.origin, rng), _party(route.destination, rng)),
        shipped_at=shipped_at,
        track=track,
        delivery=delivery,
        collect=rng.random() < 0.04,
        insured_amount=float(rng.choice((500, 1000, 2000, 5000))) if rng.random() < 0.05 else 0.0,
    )


def assemble(
    number: str,
    route: Route,
    bought: Bought,
    *,
    parties: tuple[Party, Party],
    shipped_at: datetime,
    track: tuple[Checkpoint, ...],
    delivery: Delivery,
    collect: bool = False,
    insured_amount: float = 0.0,
    promised_at: datetime | None = None,
) -> Waybill:
    """A waybill whose status and delivery facts agree with its track; its condition is judged where it is loaded."""
    kinds = {each.kind for each in track}
    out = CheckpointKind.out_for_delivery in kinds or CheckpointKind.delivered in kinds
    stored = CheckpointKind.at_station in kinds
    delivered_at = next((each.at for each in track if each.kind is CheckpointKind.delivered), None)
    promised = promised_at or promise(shipped_at, bought.days[1])
    return Waybill(
        waybill_no=number,
        product=bought.product,
        status=status_from_track(track),
        condition=Condition.normal,
        consignor=parties[0],
        consignee=parties[1],
        goods=bought.goods,
        weight_kg=bought.weight_kg,
        freight=bought.freight,
        collect=collect,
        insured_amount=insured_amount,
        shipped_at=shipped_at,
        promised_at=promised,
        origin_outlet=route.origin.code,
        destination_outlet=route.destination.code,
        courier_name=delivery.courier if out else None,
        courier_phone=delivery.courier_phone if out else None,
        pickup_place=delivery.place if stored else None,
        pickup_code=delivery.code if stored else None,
        signed_by=delivery.signer if delivered_at else None,
        delivered_at=delivered_at,
        track=track,
    )


def promise(shipped_at: datetime, days: int) -> datetime:
    """The end of the promise: ``days`` after the day of pickup, which past the cut-off counts as the next one."""
    tariff = default_tariff()
    day = local(shipped_at)
    late = day.hour >= tariff.cutoff_hour
    end = day.replace(hour=tariff.deliver_by_hour, minute=0, second=0, microsecond=0)
    return end + timedelta(days=days + late)


@lru_cache(maxsize=1)
def _by_code() -> dict[str, Outlet]:
    return {outlet.code: outlet for outlet in demo_outlets()}


@lru_cache(maxsize=1)
def _ends() -> tuple[tuple[Outlet, ...], tuple[float, ...]]:
    """Outlets with cumulative weights: a big city's outlet sees more parcels than a county's."""
    places = default_gazetteer()
    outlets = tuple(outlet for outlet in demo_outlets() if outlet.tier is Tier.outlet)
    ranks = [places.rank(Place(outlet.province, outlet.city)) for outlet in outlets]
    weights = [0.3 if is_overseas(outlet) else 60 / (rank + 12) for outlet, rank in zip(outlets, ranks, strict=True)]
    return outlets, tuple(accumulate(weights))


def _route(rng: Random) -> Route:
    outlets, weights = _ends()
    origin, destination = rng.choices(outlets, cum_weights=weights, k=2)
    while destination is origin or is_overseas(origin):
        origin, destination = rng.choices(outlets, cum_weights=weights, k=2)
    return route_between(origin, destination)


def route_between(origin: Outlet, destination: Outlet) -> Route:
    known = _by_code()
    return Route(origin, known[center_code(origin)], known[center_code(destination)], destination)


def _bought(route: Route, rng: Random) -> Bought:
    product = rng.choices(tuple(_PRODUCTS), weights=tuple(_PRODUCTS.values()))[0]
    zone = _zone(route.origin.code, route.destination.code)
    if zone not in default_tariff().products[product].zones:
        product = Product.standard
    heavy = product is Product.heavy
    weight = round(rng.uniform(15, 80) if heavy else min(0.2 + rng.expovariate(0.6), 25), 1)
    goods = rng.choice(demo_words().heavy_goods if heavy else demo_words().goods)
    return bought(route, product, goods, weight)


def bought(route: Route, product: Product, goods: str, weight_kg: float) -> Bought:
    """Priced as the network quotes it; the product must go into the zone of the route."""
    table = default_tariff().products[product]
    rate = table.zones[_zone(route.origin.code, route.destination.code)]
    kg, _ = table.chargeable_kg(weight_kg, None)
    surcharge = default_coverage().of(_place(route.destination)).remote_surcharge
    freight = round(rate.first + (kg - table.first_kg) * rate.more + surcharge, 2)
    return Bought(product, goods, weight_kg, freight, rate.days)


def _place(outlet: Outlet) -> Place:
    return Place(outlet.province, outlet.city, outlet.district or None)


@lru_cache(maxsize=50_000)
def _zone(origin: str, destination: str) -> Zone:
    known = _by_code()
    return default_tariff().zone(_place(known[origin]), _place(known[destination]))


def _fate(route: Route, rng: Random) -> Fate:
    fate = rng.choices(tuple(_FATES), weights=tuple(_FATES.values()))[0]
    return Fate.smooth if is_overseas(route.destination) else fate


def _shipped_at(fate: Fate, now: datetime, rng: Random) -> datetime:
    """A working hour of the day that the fate asks for; only parcels that wait for pickup have it ahead."""
    if fate is Fate.waiting:
        return now + timedelta(minutes=rng.randint(5, 35))
    if fate is Fate.fresh:
        return now - timedelta(minutes=rng.randint(5, 24))
    age = rng.uniform(*_AGES.get(fate, _USUAL_AGES))
    hours = 8 + rng.triangular(0, 11.5, 7)
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight - timedelta(days=int(age)) + timedelta(seconds=int(hours * 3600))
    return moment if moment <= now else moment - timedelta(days=1)


def _days(bought: Bought, fate: Fate, rng: Random) -> int:
    """Days from pickup to the destination outlet: within the promise, but for the late ones."""
    usual = rng.randint(*bought.days)
    return bought.days[1] + rng.randint(2, 5) if fate is Fate.late else usual


def _courier(rng: Random) -> tuple[str, str]:
    return f"{rng.choice(demo_words().surnames)}师傅", phone_number(rng)


def _delivery(fate: Fate, rng: Random) -> Delivery:
    words = demo_words()
    place = rng.choice(words.lockers if fate is Fate.locker else words.stations)
    code = f"{rng.randint(1, 9)}-{rng.randint(1, 9)}-{rng.randint(1000, 9999)}"
    if fate is Fate.locker:
        code = f"{rng.randrange(10**8):08d}"
    return Delivery(*_courier(rng), place, code, rng.choice(words.signers))


def _party(outlet: Outlet, rng: Random) -> Party:
    words = demo_words()
    name = rng.choice(words.surnames) + rng.choice(words.given)
    address = (
        f"{rng.choice(words.common_streets)}{rng.randint(1, 399)}号{rng.choice(words.estates)}"
        f"{rng.randint(1, 30)}幢{rng.randint(1, 28)}{rng.randint(1, 4):02d}室"
    )
    return Party(name, phone_number(rng), outlet.province, outlet.city, outlet.district, address)


def phone_number(rng: Random) -> str:
    """A mobile number that looks real and belongs to nobody."""
    return f"{rng.choice(_PREFIXES)}{rng.randrange(10**8):08d}"
