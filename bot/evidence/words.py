"""Words for the people who hand in evidence, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class EvidenceWords(BaseModel):
    """``refusals``: why something was not taken.  ``moves``: what the record of a ticket says about its chain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: dict[str, str]
    moves: dict[str, str]

    def refusal(self, reason: str, **values: object) -> str:
        return self.refusals[reason].format_map(values)

    def move(self, name: str, **values: object) -> str:
        return self.moves[name].format_map(values)


@lru_cache(maxsize=1)
def evidence_words() -> EvidenceWords:
    path = Path(__file__).with_name("words.yml")
    return EvidenceWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
