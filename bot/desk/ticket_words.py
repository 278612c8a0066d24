"""Words of the ticket pages, read from ``ticket_words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.errors import AccessRefusedError, NotFoundError, RefusedError

WORDS_FILE = Path(__file__).with_name("ticket_words.yml")


class MoveWords(BaseModel):
    """What a move is called, and what it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    hint: str


class TicketPageWords(BaseModel):
    """Every section of the file; maps are keyed by enum value or id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lists: dict[str, str]
    columns: dict[str, str]
    kinds: dict[str, str]
    flows: dict[str, str]
    classes: dict[str, str]
    priorities: dict[str, str]
    outcomes: dict[str, str]
    sorts: dict[str, str]
    sides: dict[str, str]
    findings: dict[str, str]
    effects: dict[str, str]
    tiers: dict[str, str]
    entries: dict[str, str]
    ends: dict[str, str]
    node_states: dict[str, str]
    changed: dict[str, str]
    moves: dict[str, MoveWords]
    fields: dict[str, str]
    ui: dict[str, str]
    waits: dict[str, str]
    refusals: dict[str, str]
    keys: dict[str, str]


@lru_cache(maxsize=1)
def page_words() -> TicketPageWords:
    return TicketPageWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))


def refused(key: str, /, **values: object) -> RefusedError:
    return RefusedError(page_words().refusals[key].format_map(values))


def denied(key: str, /, **values: object) -> AccessRefusedError:
    return AccessRefusedError(page_words().refusals[key].format_map(values))


def unknown(key: str, /, **values: object) -> NotFoundError:
    return NotFoundError(page_words().refusals[key].format_map(values))
