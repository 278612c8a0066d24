"""Administrative codes and full names of places, by the names people use: 沪, 浦东, 广州天河, 内蒙.

Reads the network's own data (GB/T 2260 codes), without the network's code: this runs in Rasa's process too.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parents[3] / "network" / "data"

_SUFFIX = re.compile(r"(?:特别行政区|地区|林区|新区|矿区|特区|街道|[省市区县盟旗镇])$")
_NATIONS = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|"
    "达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|塔吉克|怒|鄂温克|裕固|独龙|鄂伦春|保安|各"
)
_AUTONOMOUS = re.compile(rf"(?:(?:{_NATIONS})族)*(?:{_NATIONS})?族?自治[区州县旗]$")
_NOISE = re.compile(r"[\s,，.。、;；:：\-—()（）]")
_STREET_BEHIND = re.compile(r"[东南西北中]?[路街巷道]|大道|大街|小区|花园|广场|大厦|[村镇乡]")
_LONGEST_TEXT = 60


@dataclass(frozen=True)
class Region:
    """A province, city or district; ``code`` has six digits, ``name`` is as it is written before an address."""

    code: str
    province: str
    city: str
    district: str

    @property
    def name(self) -> str:
        return self.province + (self.city if self.city != self.province else "") + self.district

    def lies_in(self, other: "Region") -> bool:
        """Whether this is the other one or a part of it."""
        return (
            self.province == other.province and other.city in ("", self.city) and other.district in ("", self.district)
        )


class Regions:
    """All regions by every name they go by.

    Parameters
    ----------
    regions: the wider before the narrower ones.
    spoken: the content of ``places.yml``.
    """

    def __init__(self, regions: Iterable[Region], spoken: dict[str, Any]) -> None:
        self._rank = {city: at for at, city in enumerate(spoken["big_cities"])}
        self._named: dict[str, list[Region]] = {}
        for region in regions:
            for name in _names(region):
                self._add(name, region)
        self._add_spoken(spoken)
        self._longest = max(map(len, self._named))

    @classmethod
    def load(cls, folder: Path = DATA) -> "Regions":
        """``regions.csv`` and ``places.yml`` of a folder."""
        spoken = yaml.safe_load((folder / "places.yml").read_text(encoding="utf-8"))
        with (folder / "regions.csv").open(encoding="utf-8", newline="") as lines:
            return cls(_rows(csv.DictReader(lines)), spoken)

    def find(self, text: str) -> Region | None:
        """The region that most of the names in a text agree on: 长春朝阳 is a district, a bare 朝阳 the best known."""
        mentions = list(self._mentions(_NOISE.sub("", unicodedata.normalize("NFKC", text))[:_LONGEST_TEXT]))
        best: tuple[int, int, int] | None = None
        found = None
        for at, candidates in enumerate(mentions):
            for order, region in enumerate(candidates):
                support = sum(any(region.lies_in(other) for other in others) for others in mentions)
                score = (support, -at, -order)
                if best is None or score > best:
                    best, found = score, region
        return found

    def knows(self, name: str) -> bool:
        """Whether the data has this very name."""
        return name in self._named

    def joins(self, wide: str, narrow: str) -> bool:
        """Whether the second name may be a part of the first: 广州 and 天河."""
        return any(
            inner.lies_in(outer) and inner != outer
            for outer in self._named.get(wide, ())
            for inner in self._named.get(narrow, ())
        )

    def end_of_part(self, wide: str, text: str, start: int) -> int | None:
        """Where the name of a part of a region ends, if one begins at ``start``: 佛山|顺德|到东莞."""
        for end in range(min(len(text), start + self._longest), start + 1, -1):
            if (
                text[start:end] in self._named
                and not _STREET_BEHIND.match(text, end)
                and self.joins(wide, text[start:end])
            ):
                return end
        return None

    def _mentions(self, text: str) -> Iterator[list[Region]]:
        at = 0
        while at < len(text):
            end = self._end_of_name(text, at)
            if end is not None:
                yield self._named[text[at:end]]
            at = end or at + 1

    def _end_of_name(self, text: str, start: int) -> int | None:
        """The longest name that begins here.  One sign names a region only where it is all there is."""
        for end in range(min(len(text), start + self._longest), start, -1):
            name = text[start:end]
            if name not in self._named or (len(name) == 1 and len(text.rstrip("省市")) > 1):
                continue
            if name[-1] in "省市区县州旗盟" or not _STREET_BEHIND.match(text, end):
                return end
        return None

    def _add(self, name: str, region: Region) -> None:
        known = self._named.setdefault(name, [])
        known.append(region)
        known.sort(key=lambda r: (bool(r.city) + bool(r.district), self._rank.get(r.city, len(self._rank))))

    def _add_spoken(self, spoken: dict[str, Any]) -> None:
        for name, province in spoken["provinces"].items():
            self._prefer(name, self._named[province][0])
        for name, city in spoken["cities"].items():
            self._prefer(name, self._named[city][0])
        for name, (city, district) in spoken["landmarks"].items():
            owner = self._named[city][0]
            self._prefer(name, next(r for r in self._named[district] if r.lies_in(owner)))

    def _prefer(self, name: str, region: Region) -> None:
        others = [known for known in self._named.get(name, ()) if known != region]
        self._named[name] = [region, *others]


@lru_cache(maxsize=1)
def default_regions() -> Regions:
    """The network's."""
    return Regions.load()


def read_region(text: str) -> Region | None:
    """The region a text names, or None."""
    return default_regions().find(text)


def _rows(rows: Iterable[dict[str, str]]) -> Iterator[Region]:
    provinces: set[str] = set()
    for row in rows:
        province, city = row["province"], row["city"]
        if city != province and province not in provinces:
            provinces.add(province)
            yield Region(f"{row['code'][:2]}0000", province, "", "")
        yield Region(row["code"], province, city, row["district"])


def _names(region: Region) -> set[str]:
    """The full name, and the short ones of two signs and more: 延边朝鲜族自治州 is also 延边州 and 延边."""
    full = region.district or region.city or region.province
    plain = _AUTONOMOUS.sub("", full)
    short = _SUFFIX.sub("", plain) if len(plain) > 1 else full.removesuffix("自治区")
    names = {full, short} if len(short) > 1 else {full}
    if full.endswith(("自治州", "自治县", "自治旗")):
        names.add(short + full[-1])
    return names
