"""Chinese words around the rules: what a workbook explains, and why something is refused."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

_FILE = Path(__file__).parent / "data" / "words.yml"


class SheetWords(BaseModel):
    """What stands in a workbook besides the rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    note: str
    contents: tuple[str, ...]
    first: str
    all: str
    choose: str
    help: tuple[str, ...]


class RuleWords(BaseModel):
    """The whole of ``data/words.yml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sheet: SheetWords
    refusals: dict[str, str]

    def refusal(self, reason: str, **values: object) -> str:
        return self.refusals[reason].format_map(values)


@lru_cache(maxsize=1)
def rule_words() -> RuleWords:
    return RuleWords.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


def sheet_words() -> SheetWords:
    return rule_words().sheet
