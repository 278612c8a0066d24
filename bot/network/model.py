"""What the network says about places: outlets, prices, days, coverage.  Frozen; money in yuan, weight in kg."""

from dataclasses import dataclass
from enum import StrEnum

from bot.waybills.model import Product, Zone

__all__ = ["Coverage", "Outlet", "Place", "Quote", "Tier", "TransitTime", "Zone"]


class Tier(StrEnum):
    """总部, 省中心, 网点."""

    headquarters = "headquarters"
    provincial_center = "provincial_center"
    outlet = "outlet"


@dataclass(frozen=True)
class Place:
    """A province, city or district by its full name; the narrower parts are None when nobody named them.

    The four municipalities, Hong Kong, Macao and Taiwan are their own city.
    """

    province: str
    city: str | None = None
    district: str | None = None

    @property
    def name(self) -> str:
        """As it is written before an address, e.g. 浙江省杭州市西湖区 or 上海市浦东新区."""
        city = "" if self.city in (None, self.province) else self.city
        return f"{self.province}{city}{self.district or ''}"

    def holds(self, other: "Place") -> bool:
        """Whether the other place is this one or lies in it."""
        if self.province != other.province or self.city not in (None, other.city):
            return False
        return self.district in (None, other.district)


@dataclass(frozen=True)
class Outlet:
    """A place of the network with people in it.  ``parent_code`` is the tier above, None for headquarters."""

    code: str
    name: str
    tier: Tier
    province: str
    city: str
    district: str
    address: str
    phone: str
    opening_hours: str
    parent_code: str | None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Quote:
    """The price of one product on one route.

    Parameters
    ----------
    freight: what is paid, with the surcharge in it.
    surcharge: the part of it that is due to a remote destination.
    chargeable_kg: the greater of weight and volumetric weight, rounded up to the product's step.
    volumetric: whether the volume decided.
    days_min, days_max: days after the day of pickup.
    """

    product: Product
    product_zh: str
    freight: float
    surcharge: float
    chargeable_kg: float
    volumetric: bool
    days_min: int
    days_max: int


@dataclass(frozen=True)
class TransitTime:
    """Days after the day of pickup, earliest and latest."""

    product: Product
    product_zh: str
    days_min: int
    days_max: int


@dataclass(frozen=True)
class Coverage:
    """Whether and how a place is served.

    ``note`` names the words for the customer: door, remote, remote_to_door, village, township, island, restricted,
    customs or not_served.
    """

    place: Place
    served: bool
    to_door: bool
    remote_surcharge: float
    note: str
