"""The words of statements: ``words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.ledger.model import EntryKind


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Columns(_Strict):
    """The columns of an export, in their order."""

    unit: str
    month: str
    at: str
    kind: str
    money: str
    score: str
    cause: str
    ticket_no: str
    reference: str
    rule: str
    id: str
    reverses: str
    by: str
    note: str


class Rows(_Strict):
    opening: str
    closing: str


class LedgerWords(_Strict):
    kinds: dict[EntryKind, str]
    columns: Columns
    rows: Rows
    refused: str
    unknown_unit: str


@lru_cache(maxsize=1)
def ledger_words() -> LedgerWords:
    path = Path(__file__).with_name("words.yml")
    return LedgerWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
