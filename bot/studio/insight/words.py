"""Words of the numbers and of the list of things to do, from ``words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.studio.insight.kinds import HintKind


class HintWords(BaseModel):
    """``kind`` in a word, ``title`` and ``why`` with values in braces, ``act`` on the button."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    title: str
    why: str
    act: str


class InsightWords(BaseModel):
    """``contacts`` are keyed by how a contact ended, ``columns`` by the column of an export."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: dict[str, str]
    hints: dict[HintKind, HintWords]
    contacts: dict[str, str]
    columns: dict[str, str]
    next: dict[str, str]
    numbers: dict[str, str]


@lru_cache(maxsize=1)
def insight_words() -> InsightWords:
    path = Path(__file__).with_name("words.yml")
    return InsightWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
