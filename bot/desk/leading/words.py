"""Words for supervisors and those they lead, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError

WORDS_FILE = Path(__file__).with_name("words.yml")


class LeadingWords(BaseModel):
    """Every section of the file; the maps are keyed by enum value or name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: dict[str, str]
    nav: dict[str, str]
    wall: dict[str, str]
    heats: dict[str, str]
    whys: dict[str, str]
    tiers: dict[str, str]
    quality: dict[str, str]
    marks: dict[str, str]
    reasons: dict[str, str]
    explained: dict[str, str]
    states: dict[str, str]
    satisfaction: dict[str, str]


@lru_cache(maxsize=1)
def leading_words() -> LeadingWords:
    return LeadingWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))


def denied(key: str, /, **values: object) -> AccessRefusedError:
    """The refusal for somebody whose role or people it is not."""
    return AccessRefusedError(leading_words().refusals[key].format_map(values))


def refused(key: str, /, **values: object) -> RefusedError:
    """The refusal for what was asked in a way that makes no sense."""
    return RefusedError(leading_words().refusals[key].format_map(values))


def illegal(key: str, /, **values: object) -> IllegalMoveError:
    """The refusal for what the present state does not allow."""
    return IllegalMoveError(leading_words().refusals[key].format_map(values))


def unknown(key: str, /, **values: object) -> NotFoundError:
    """The refusal for what is not there, or is none of the caller's business."""
    return NotFoundError(leading_words().refusals[key].format_map(values))
