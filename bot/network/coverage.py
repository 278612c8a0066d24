"""Where the network delivers and how, as ``data/coverage.yml`` has it."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.network.model import Coverage, Place
from bot.network.places import DATA


class _Served(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    served: bool
    to_door: bool
    surcharge: float
    note: str

    def at(self, place: Place) -> Coverage:
        return Coverage(place, self.served, self.to_door, self.surcharge, self.note)


class PlaceRule(_Served):
    """Holds for a province, a city or a district."""

    province: str
    city: str | None = None
    district: str | None = None

    @property
    def place(self) -> Place:
        return Place(self.province, self.city, self.district)


class WordRule(_Served):
    """Holds where the address has one of these words."""

    words: tuple[str, ...]


_PLAIN = _Served(served=True, to_door=True, surcharge=0, note="door")


class CoverageTable(BaseModel):
    """The whole of ``coverage.yml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    places: tuple[PlaceRule, ...]
    words: tuple[WordRule, ...]

    @classmethod
    def load(cls, path: Path = DATA / "coverage.yml") -> "CoverageTable":
        return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

    def of(self, place: Place, rest: str = "") -> Coverage:
        """How a place is served.

        Parameters
        ----------
        rest: what the address says beyond the place, e.g. 李家村三组.
        """
        fitting = [rule for rule in self.places if rule.place.holds(place)]
        if fitting:
            return max(fitting, key=lambda rule: (rule.district is not None, rule.city is not None)).at(place)
        for rule in self.words:
            if any(word in rest for word in rule.words):
                return rule.at(place)
        return _PLAIN.at(place)


@lru_cache(maxsize=1)
def default_coverage() -> CoverageTable:
    return CoverageTable.load()
