"""Recognising places in what people type: full names, short names, nicknames, landmarks."""

import csv
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel

from bot.network.model import Place

DATA = Path(__file__).parent / "data"

_NATIONS = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|"
    "独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
_AUTONOMOUS = re.compile(rf"(?:(?:{_NATIONS})族)*(?:{_NATIONS})?族?自治[区州县旗]$")
_SUFFIX = re.compile(r"(?:特别行政区|地区|林区|新区|矿区|特区|街道|[省市区县盟旗镇])$")
_IS_A_STREET = re.compile(r"[东南西北中]?[路街巷道]|大道|大街|小区|花园|广场|大厦|[村镇乡]")
# Nobody needs more to say where; reading takes time in the square of the length.
_LONGEST_TEXT = 200
_NOISE = re.compile(r"[\s,，.。、;；:：!！?？\-—~()（）\"'“”]")


@dataclass(frozen=True)
class Unit:
    """A place with its code (its city's, where it has none of its own), area code and coordinates in degrees.

    ``former``: merged into another by now, but people still name it.
    """

    place: Place
    code: str
    area_code: str
    longitude: float
    latitude: float
    former: bool = False

    def km_to(self, other: "Unit") -> float:
        """Great-circle distance (haversine, Earth radius 6371 km)."""
        lat1, lat2 = math.radians(self.latitude), math.radians(other.latitude)
        dlon = math.radians(other.longitude - self.longitude)
        h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
        return 2 * 6371 * math.asin(math.sqrt(h))


class _Nicknames(BaseModel):
    """``places.yml``."""

    provinces: dict[str, str]
    cities: dict[str, str]
    landmarks: dict[str, tuple[str, str]]
    big_cities: list[str]


@dataclass(frozen=True)
class _Mention:
    """A stretch of text and the places it may mean, likeliest first."""

    start: int
    end: int
    units: tuple[Unit, ...]


class Gazetteer:
    """All places the network knows, by every name they go by.

    Parameters
    ----------
    units: provinces, cities and districts.
    nicknames: the content of ``places.yml``.
    """

    def __init__(self, units: Iterable[Unit], nicknames: _Nicknames) -> None:
        self.units = tuple(units)
        self._by_place = {unit.place: unit for unit in self.units}
        self._rank = {city: rank for rank, city in enumerate(nicknames.big_cities)}
        self._full: dict[str, list[Unit]] = {}
        self._short: dict[str, list[Unit]] = {}
        self._letters: dict[str, Unit] = {}
        for unit in self.units:
            self._add_names(unit)
        self._add_nicknames(nicknames)
        self._longest = max(map(len, (*self._full, *self._short)))

    @classmethod
    def load(cls, folder: Path = DATA) -> "Gazetteer":
        """``regions.csv`` and ``places.yml`` of a folder."""
        content = yaml.safe_load((folder / "places.yml").read_text(encoding="utf-8"))
        return cls(_read_units(folder / "regions.csv"), _Nicknames.model_validate(content))

    @property
    def cities(self) -> list[Unit]:
        """Every city, the big ones first."""
        cities = [unit for unit in self.units if unit.place.city and not unit.place.district]
        return sorted(cities, key=lambda unit: self.rank(unit.place))

    def districts(self, city: Place) -> list[Unit]:
        return [unit for unit in self.units if unit.place.district and city.holds(unit.place)]

    def unit(self, place: Place) -> Unit:
        return self._by_place[place]

    def rank(self, place: Place) -> int:
        """0 for the biggest city; everything that is not a big city shares the last rank."""
        return self._rank.get(place.city or "", len(self._rank))

    def resolve(self, text: str) -> Place | None:
        """The place a text names, or None.

        The unit that most of the text agrees on wins, so 长春朝阳 is the district of Changchun, while a bare 朝阳 is
        the one most people mean.
        """
        clean = normalise_place(text)
        letter = self._letters.get(clean.rstrip("省市"))
        if letter is not None:
            return letter.place
        mentions = self._mentions(clean)
        choices = [
            (_support(unit, mentions), -mention.start, -order, unit.place)
            for mention in mentions
            for order, unit in enumerate(mention.units)
        ]
        return max(choices, key=lambda choice: choice[:3])[3] if choices else None

    def without_places(self, text: str) -> str:
        """What is left of a text once the places it names are cut out: street, village, house."""
        clean = normalise_place(text)
        for mention in reversed(self._mentions(clean)):
            clean = clean[: mention.start] + clean[mention.end :]
        return clean

    def _mentions(self, clean: str) -> list[_Mention]:
        found, start = [], 0
        while start < len(clean):
            mention = self._mention_at(clean, start)
            if mention is None:
                start += 1
                continue
            found.append(mention)
            start = mention.end
        return found

    def _mention_at(self, clean: str, start: int) -> _Mention | None:
        """The longest name that begins here.  A bare name before 路 or 村 is the name of a street, not of a place."""
        for end in range(min(len(clean), start + self._longest), start + 1, -1):
            name = clean[start:end]
            units = self._full.get(name)
            if units is None and not _IS_A_STREET.match(clean, end):
                units = self._short.get(name)
            if units:
                return _Mention(start, end, tuple(units))
        return None

    def _add_names(self, unit: Unit) -> None:
        place = unit.place
        name = place.district or place.city or place.province
        self._put(self._full, name, unit)
        short = short_name(name)
        if len(short) < 2:
            return
        self._put(self._short, short, unit)
        if name.endswith("自治州"):
            self._put(self._short, f"{short}州", unit)
        if name.endswith(("自治县", "自治旗")):
            self._put(self._short, short + name[-1], unit)

    def _put(self, names: dict[str, list[Unit]], name: str, unit: Unit) -> None:
        """Provinces before cities before districts, big cities first."""
        known = names.setdefault(name, [])
        known.append(unit)
        known.sort(key=lambda each: (_depth(each.place), self.rank(each.place)))

    def _add_nicknames(self, nicknames: _Nicknames) -> None:
        named = {unit.place.province: unit for unit in reversed(self.units) if _depth(unit.place) <= 1}
        cities = {unit.place.city: unit for unit in self.units if _depth(unit.place) == 1}
        pairs = [(nick, named[name]) for nick, name in nicknames.provinces.items()]
        pairs += [(nick, cities[name]) for nick, name in nicknames.cities.items()]
        for nick, unit in pairs:
            if len(nick) == 1:
                self._letters[nick] = unit
            else:
                self._full.setdefault(nick, [unit])
        for nick, (city, district) in nicknames.landmarks.items():
            owner = cities[city].place
            unit = self._by_place[Place(owner.province, city, district)]
            others = self._short.get(nick, [])
            self._full[nick] = [unit, *(other for other in others if other is not unit)]


def short_name(name: str) -> str:
    """A name without the kind of unit: 西湖区 -> 西湖, 延边朝鲜族自治州 -> 延边, 内蒙古自治区 -> 内蒙古."""
    short = _AUTONOMOUS.sub("", name)
    return _SUFFIX.sub("", short) if len(short) > 1 else name.removesuffix("自治区")


def normalise_place(text: str) -> str:
    """NFKC, without blanks and punctuation, and no longer than an address is."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]))[:_LONGEST_TEXT]


def _support(unit: Unit, mentions: list[_Mention]) -> int:
    """How many mentions may mean this unit or something it lies in."""
    return sum(any(other.place.holds(unit.place) for other in mention.units) for mention in mentions)


def _depth(place: Place) -> int:
    return 2 if place.district else 1 if place.city else 0


def _read_units(path: Path) -> list[Unit]:
    with path.open(encoding="utf-8", newline="") as lines:
        units = [_unit(row) for row in csv.DictReader(lines)]
    provinces: dict[str, Unit] = {}
    for unit in units:
        province = unit.place.province
        if unit.place.city != province and province not in provinces:
            provinces[province] = Unit(Place(province), f"{unit.code[:2]}0000", "", unit.longitude, unit.latitude)
    return [*provinces.values(), *units]


def _unit(row: dict[str, str]) -> Unit:
    place = Place(row["province"], row["city"], row["district"] or None)
    longitude, latitude = float(row["longitude"]), float(row["latitude"])
    return Unit(place, row["code"], row["area_code"], longitude, latitude, row["former"] == "1")


@lru_cache(maxsize=1)
def default_gazetteer() -> Gazetteer:
    return Gazetteer.load()


def resolve_place(text: str) -> Place | None:
    """The place a text names (沪, 浦东, 广州天河, 浙江省杭州市…), or None when none is recognised."""
    return default_gazetteer().resolve(text)
