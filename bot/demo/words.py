"""The demo's words, as ``data/words.yml`` has them."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

DATA = Path(__file__).parent / "data"


class DemoWords(BaseModel):
    """Templates of scans, and the names of people, goods and streets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scans: dict[str, str]
    reasons: dict[str, list[str]]
    signers: list[str]
    lockers: list[str]
    stations: list[str]
    estates: list[str]
    surnames: str
    given: list[str]
    goods: list[str]
    heavy_goods: list[str]
    streets: dict[str, str]
    common_streets: list[str]
    hours: list[str]


@lru_cache(maxsize=1)
def demo_words() -> DemoWords:
    return DemoWords.model_validate(yaml.safe_load((DATA / "words.yml").read_text(encoding="utf-8")))
