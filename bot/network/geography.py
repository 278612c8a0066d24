"""What waybills need to know of places: the zone of a route, and how far outlets lie apart."""

import math
from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import select

from bot.db import Database
from bot.network.model import Place
from bot.network.places import Gazetteer, default_gazetteer
from bot.network.tables import OutletRow
from bot.network.tariff import Tariff, default_tariff

EARTH_KM = 6371.0
_ROUTES_KEPT = 100_000


class NetworkGeography:
    """Zones by the tariff; outlets by their positions, read once and again when `refresh` is called."""

    def __init__(self, database: Database, tariff: Tariff | None = None, places: Gazetteer | None = None) -> None:
        self._database = database
        self._tariff = tariff or default_tariff()
        self._places = places or default_gazetteer()
        self._positions: dict[str, tuple[float, float]] = {}
        self.distance = lru_cache(maxsize=_ROUTES_KEPT)(self._distance)
        self._zone_of = lru_cache(maxsize=_ROUTES_KEPT)(self._measured_zone)

    async def refresh(self) -> None:
        """Read where the outlets are."""
        query = select(OutletRow.code, OutletRow.latitude, OutletRow.longitude).where(OutletRow.latitude.is_not(None))
        async with self._database.transaction() as session:
            rows = (await session.execute(query)).all()
        self.use({code: (latitude, longitude) for code, latitude, longitude in rows})

    def use(self, positions: Mapping[str, tuple[float | None, float | None]]) -> None:
        """Where the outlets are, by code: latitude and longitude in degrees, None where nobody knows."""
        self._positions = {code: (lat, lon) for code, (lat, lon) in positions.items() if lat and lon}
        self.distance.cache_clear()

    async def units_of(self, province: str) -> list[str]:
        """The codes of every outlet and centre of a province."""
        async with self._database.transaction() as session:
            return list(await session.scalars(select(OutletRow.code).where(OutletRow.province == province)))

    def zone(self, consignor: tuple[str, str, str], consignee: tuple[str, str, str]) -> str:
        """See `bot.waybills.intake.Geography`."""
        return self._zone_of(consignor[:2], consignee[:2])

    def _measured_zone(self, origin: tuple[str, str], destination: tuple[str, str]) -> str:
        start, end = self._place(origin), self._place(destination)
        return self._tariff.zone(start, end, self._places).value if start and end else ""

    def _place(self, names: tuple[str, str]) -> Place | None:
        return self._places.resolve("".join(dict.fromkeys(names))) if any(names) else None

    def _distance(self, outlet: str, other: str) -> float | None:
        here, there = self._positions.get(outlet), self._positions.get(other)
        if here is None or there is None:
            return None
        return _great_circle(here, there)


def _great_circle(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Haversine, in kilometres; positions are latitude and longitude in degrees."""
    (lat, lon), (lat2, lon2) = (tuple(map(math.radians, position)) for position in (here, there))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
