"""What the network answers: outlets near a place, prices, days, coverage."""

import math

from sqlalchemy import select

from bot.db import Database
from bot.errors import NotFoundError
from bot.network.coverage import CoverageTable, default_coverage
from bot.network.model import Coverage, Outlet, Place, Quote, Tier, TransitTime
from bot.network.places import Gazetteer, Unit, default_gazetteer
from bot.network.tables import OutletRow
from bot.network.tariff import Dimensions, Tariff, default_tariff

_WALK_KM = 50.0
"""Nobody carries a parcel farther."""
_KM_PER_DEGREE = 111.0
_NOWHERE = Place("", "", "")


class NetworkService:
    """The one door to the network.  The tables default to the data files of this package."""

    def __init__(
        self,
        database: Database,
        *,
        gazetteer: Gazetteer | None = None,
        tariff: Tariff | None = None,
        coverage: CoverageTable | None = None,
    ) -> None:
        self._database = database
        self._places = gazetteer or default_gazetteer()
        self._tariff = tariff or default_tariff()
        self._coverage = coverage or default_coverage()

    async def outlets_near(self, region_text: str, *, limit: int = 3) -> list[Outlet]:
        """Outlets customers can walk into, nearest first; empty when the place is not recognised.

        Those of the district named come first, then those whose address shares words with the text, then by distance.
        """
        place = self._places.resolve(region_text)
        if place is None:
            return []
        rows = await self._outlets_of(place.province)
        centre = self._places.unit(self._tariff.measured(place))
        rest = self._places.without_places(region_text)
        rows.sort(key=lambda row: (not _within(row, place), not _shares_words(row, rest), _km(row, centre)))
        return [outlet_from(row) for row in rows[:limit]]

    async def outlets_around(self, latitude: float, longitude: float, *, limit: int = 3) -> list[Outlet]:
        """Outlets customers can walk into, nearest first, none farther than `_WALK_KM`; degrees."""
        rows = await self._outlets_in(latitude, longitude)
        here = Unit(_NOWHERE, "", "", longitude, latitude)
        rows.sort(key=lambda row: _km(row, here))
        return [outlet_from(row) for row in rows[:limit] if _km(row, here) <= _WALK_KM]

    async def outlet(self, code: str) -> Outlet:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            row = await session.get(OutletRow, code)
        if row is None:
            raise NotFoundError(f"outlet {code} is not known")
        return outlet_from(row)

    def quote(
        self, origin: str, destination: str, weight_kg: float, dimensions_cm: Dimensions | None = None
    ) -> list[Quote]:
        """A price for every product that fits, fastest first; empty when the destination is not served.

        Raises `NotFoundError` when a place is not recognised.
        """
        start, end = self.place(origin), self.place(destination)
        coverage = self._coverage.of(end)
        if not coverage.served:
            return []
        zone = self._tariff.zone(start, end, self._places)
        return self._tariff.quotes(zone, weight_kg, dimensions_cm, surcharge=coverage.remote_surcharge)

    def transit(self, origin: str, destination: str) -> list[TransitTime]:
        """The days each product takes; empty when the destination is not served.

        Raises `NotFoundError` when a place is not recognised.
        """
        start, end = self.place(origin), self.place(destination)
        if not self._coverage.of(end).served:
            return []
        return self._tariff.transit(self._tariff.zone(start, end, self._places))

    def coverage(self, place: str) -> Coverage:
        """Whether and how a place is served.  Raises `NotFoundError` when it is not recognised."""
        return self._coverage.of(self.place(place), self._places.without_places(place))

    def place(self, text: str) -> Place:
        """The place a text names.  Raises `NotFoundError`."""
        place = self._places.resolve(text)
        if place is None:
            raise NotFoundError(f"no place is recognised in {text!r}")
        return place

    async def _outlets_in(self, latitude: float, longitude: float) -> list[OutletRow]:
        """Those in a square around a point."""
        up = _WALK_KM / _KM_PER_DEGREE
        aside = up / max(0.1, math.cos(math.radians(latitude)))
        query = select(OutletRow).where(
            OutletRow.tier == Tier.outlet.value,
            OutletRow.latitude.between(latitude - up, latitude + up),
            OutletRow.longitude.between(longitude - aside, longitude + aside),
        )
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def _outlets_of(self, province: str) -> list[OutletRow]:
        query = select(OutletRow).where(OutletRow.province == province, OutletRow.tier == Tier.outlet.value)
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())


def _within(row: OutletRow, place: Place) -> bool:
    return place.holds(Place(row.province, row.city, row.district))


def _shares_words(row: OutletRow, rest: str) -> bool:
    """Whether name or address has two characters in a row of what was typed."""
    where = row.name + row.address
    return any(rest[at : at + 2] in where for at in range(len(rest) - 1))


def _km(row: OutletRow, centre: Unit) -> float:
    if row.latitude is None or row.longitude is None:
        return float("inf")
    return centre.km_to(Unit(centre.place, "", "", row.longitude, row.latitude))


def outlet_from(row: OutletRow) -> Outlet:
    return Outlet(
        code=row.code,
        name=row.name,
        tier=Tier(row.tier),
        province=row.province,
        city=row.city,
        district=row.district,
        address=row.address,
        phone=row.phone,
        opening_hours=row.opening_hours,
        parent_code=row.parent_code,
        latitude=row.latitude,
        longitude=row.longitude,
    )
