"""The rules of publishing, read from ``rules.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import DataFileError

RULES_FILE = Path(__file__).with_name("rules.yml")


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GateRules(_Rules):
    """``scores`` names the score of each part that must not fall."""

    set_fall: float = Field(ge=0, le=1)
    set_sentences: int = Field(ge=0)
    scores: dict[str, str]
    intent_least: int = Field(ge=1)
    intent_fall: float = Field(ge=0, le=1)
    topic_least: int = Field(ge=1)
    topic_fall: float = Field(ge=0, le=1)
    calibration: float = Field(ge=0, le=1)
    doubts_least: int = Field(ge=1)
    doubts_share: float = Field(ge=0, le=1)
    floors: bool


class RollbackRules(_Rules):
    alarm: float = Field(gt=0, lt=0.5)
    least: int = Field(ge=10)
    growth: float = Field(ge=1.05)


class KeepingRules(_Rules):
    releases: int = Field(ge=1)
    leaving_idle_minutes: float = Field(ge=0)
    leaving_hours: float = Field(gt=0)


class ReplayRules(_Rules):
    days: int = Field(ge=1)
    messages: int = Field(ge=0)


class ReleaseRules(_Rules):
    """``shares`` are the steps of publishing, in percent."""

    gates: GateRules
    shares: tuple[int, ...]
    rollback: RollbackRules
    keeping: KeepingRules
    replay: ReplayRules


def read_rules(file: Path = RULES_FILE) -> ReleaseRules:
    """Raises `DataFileError`."""
    try:
        return ReleaseRules.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise DataFileError.at(file, 1, f"the rules of publishing are not in order: {error}") from error


@lru_cache(maxsize=1)
def release_rules() -> ReleaseRules:
    return read_rules()
