"""Prices and days by zone, as ``data/tariff.yml`` has them."""

import math
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.network.model import Place, Quote, TransitTime, Zone
from bot.network.places import DATA, Gazetteer, default_gazetteer
from bot.waybills.model import Product

Dimensions = tuple[float, float, float]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ZoneRule(_Strict):
    """When a route falls into a zone; a rule with neither provinces nor distance takes what is left."""

    zone: Zone
    zh: str
    provinces: tuple[str, ...] = ()
    max_km: float | None = None

    def fits(self, origin: Place, destination: Place, km: float) -> bool:
        if self.zone is Zone.same_city:
            return origin.city is not None and origin.city == destination.city
        if self.zone is Zone.same_province:
            return origin.province == destination.province
        if self.provinces:
            return origin.province in self.provinces or destination.province in self.provinces
        return self.max_km is None or km <= self.max_km


class Rate(_Strict):
    """One product in one zone."""

    first: float
    more: float
    days: tuple[int, int]


class ProductTariff(_Strict):
    """One product: how its weight is counted and its rate in each zone it goes to."""

    zh: str
    first_kg: float
    step_kg: float
    max_kg: float
    volumetric_divisor: float
    zones: dict[Zone, Rate]
    min_kg: float = 0

    def chargeable_kg(self, weight_kg: float, dimensions_cm: Dimensions | None) -> tuple[float, bool]:
        """The weight that is paid for, and whether the volume decided."""
        volumetric = math.prod(dimensions_cm) / self.volumetric_divisor if dimensions_cm else 0.0
        heavier = max(weight_kg, volumetric, self.first_kg)
        steps = math.ceil(round((heavier - self.first_kg) / self.step_kg, 6))
        return self.first_kg + steps * self.step_kg, volumetric > max(weight_kg, self.first_kg)


class Tariff(_Strict):
    """The whole of ``tariff.yml``."""

    version: str
    cutoff_hour: int
    deliver_by_hour: int
    zones: tuple[ZoneRule, ...]
    products: dict[Product, ProductTariff]
    capitals: dict[str, str]

    @classmethod
    def load(cls, path: Path = DATA / "tariff.yml") -> "Tariff":
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

    def zone(self, origin: Place, destination: Place, gazetteer: Gazetteer | None = None) -> Zone:
        """The zone of a route; a province without a city is measured from its capital."""
        places = gazetteer or default_gazetteer()
        start, end = (places.unit(self.measured(place)) for place in (origin, destination))
        return next(rule.zone for rule in self.zones if rule.fits(origin, destination, start.km_to(end)))

    def quotes(
        self, zone: Zone, weight_kg: float, dimensions_cm: Dimensions | None, *, surcharge: float = 0
    ) -> list[Quote]:
        """A quote for every product that takes this weight into this zone, fastest first."""
        found = []
        for product, tariff in self.products.items():
            kg, volumetric = tariff.chargeable_kg(weight_kg, dimensions_cm)
            rate = tariff.zones.get(zone)
            if rate is None or not tariff.min_kg <= max(weight_kg, kg if volumetric else 0) or kg > tariff.max_kg:
                continue
            freight = round(rate.first + (kg - tariff.first_kg) * rate.more + surcharge, 2)
            found.append(Quote(product, tariff.zh, freight, surcharge, kg, volumetric, *rate.days))
        return found

    def transit(self, zone: Zone) -> list[TransitTime]:
        return [
            TransitTime(product, tariff.zh, *tariff.zones[zone].days)
            for product, tariff in self.products.items()
            if zone in tariff.zones
        ]

    def measured(self, place: Place) -> Place:
        """The place that distances are counted from: the capital, for a province without a city."""
        capital = self.capitals.get(place.province)
        return Place(place.province, capital) if place.city is None and capital else place


@lru_cache(maxsize=1)
def default_tariff() -> Tariff:
    return Tariff.load()
