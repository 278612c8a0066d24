"""Chinese words around the rules: what a workbook explains, and refusals of files."""

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


@lru_cache(maxsize=1)
def sheet_words() -> SheetWords:
    return SheetWords.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
