"""The demo's outlets: headquarters, one centre a province, and outlets in every city of the country.

Codes begin with ``D``, so that they never meet those of a real network.  Landlines begin with 9,
which no subscriber has.
"""

from functools import lru_cache
from random import Random

from bot.demo.words import demo_words
from bot.network.coverage import default_coverage
from bot.network.model import Outlet, Place, Tier
from bot.network.places import Gazetteer, Unit, default_gazetteer, short_name
from bot.network.tariff import default_tariff

HEADQUARTERS = "D000000"
_OVERSEAS = {"香港特别行政区": "D440000", "澳门特别行政区": "D440000", "台湾省": "D350000"}
_BIGGEST, _BIG = 16, 56
_DISTRICTS = {"biggest": 16, "big": 11}
# Districts get an outlet before county-level cities, and these before counties.
_KINDS = "区市县旗"


def center_code(outlet: Outlet) -> str:
    """The provincial centre an outlet works with."""
    return outlet.parent_code or HEADQUARTERS


@lru_cache(maxsize=1)
def demo_outlets() -> tuple[Outlet, ...]:
    """All of them, parents before children; always the same."""
    places = default_gazetteer()
    centers = [_center(places, unit) for unit in _capitals(places)]
    outlets = [outlet for city in places.cities for outlet in _city_outlets(places, city)]
    return (_headquarters(places), *centers, *outlets)


def _capitals(places: Gazetteer) -> list[Unit]:
    """The city of each of the 31 provincial centres."""
    capitals = default_tariff().capitals
    pairs = dict.fromkeys(unit.place.province for unit in places.units if unit.place.province not in _OVERSEAS)
    return [places.unit(Place(province, capitals.get(province, province))) for province in pairs]


def _headquarters(places: Gazetteer) -> Outlet:
    seat = places.unit(Place("上海市", "上海市", "青浦区"))
    return _outlet(HEADQUARTERS, "总部", Tier.headquarters, seat, "华新镇华徐公路888号", "021", "0:00-24:00", None)


def _center(places: Gazetteer, capital: Unit) -> Outlet:
    place = capital.place
    name = "".join(dict.fromkeys((short_name(place.province), short_name(place.city or ""))))
    seat = places.districts(place)[0]
    address = "物流园区转运一路1号"
    code = f"D{capital.code[:2]}0000"
    tier = Tier.provincial_center
    return _outlet(code, f"{name}转运中心", tier, seat, address, capital.area_code, "0:00-24:00", HEADQUARTERS)


def _city_outlets(places: Gazetteer, city: Unit) -> list[Outlet]:
    served = default_coverage()
    if not served.of(city.place).served:
        return []
    seats = [unit for unit in places.districts(city.place) if not unit.former and served.of(unit.place).served]
    seats.sort(key=lambda unit: (_KINDS.find((unit.place.district or "")[-1]) % len(_KINDS), unit.code))
    rank = places.rank(city.place)
    many = _DISTRICTS["biggest"] if rank < _BIGGEST else _DISTRICTS["big"] if rank < _BIG else 1
    parent = _OVERSEAS.get(city.place.province, f"D{city.code[:2]}0000")
    return [_street_outlet(city, seat, serial, parent) for serial, seat in enumerate(seats[:many] or [city], 1)]


def _street_outlet(city: Unit, seat: Unit, serial: int, parent: str) -> Outlet:
    words = demo_words()
    code = f"D{city.code}{serial:02d}"
    rng = Random(code)
    district = seat.place.district or ""
    street = words.streets.get(f"{city.place.city}{district}") or rng.choice(words.common_streets)
    name = "".join(dict.fromkeys((short_name(city.place.city or ""), short_name(district))))
    address = f"{street}{rng.randint(3, 480)}号"
    return _outlet(
        code, f"{name}{street}网点", Tier.outlet, seat, address, city.area_code, rng.choice(words.hours), parent
    )


def _outlet(
    code: str, name: str, tier: Tier, seat: Unit, street: str, area_code: str, hours: str, parent: str | None
) -> Outlet:
    place = seat.place
    rng = Random(f"{code} phone")
    digits = 8 if len(area_code) == 3 else 7
    local = f"9{rng.randrange(10 ** (digits - 1)):0{digits - 1}d}"
    return Outlet(
        code=code,
        name=name,
        tier=tier,
        province=place.province,
        city=place.city or place.province,
        district=place.district or "",
        address=f"{place.name}{street}",
        phone=f"{area_code}-{local}",
        opening_hours=hours,
        parent_code=parent,
        latitude=round(seat.latitude + rng.uniform(-0.02, 0.02), 4),
        longitude=round(seat.longitude + rng.uniform(-0.02, 0.02), 4),
    )
