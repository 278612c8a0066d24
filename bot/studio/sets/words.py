"""Words of the sets for people, from ``words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.errors import IllegalMoveError, NotFoundError, RefusedError


class SetWords(BaseModel):
    """``ui`` is keyed by where it stands; the others by the members of their enumeration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: dict[str, str]
    states: dict[str, str]
    outcomes: dict[str, str]
    entities: dict[str, str]
    strayed: dict[str, str]
    ui: dict[str, str]
    keys: dict[str, str]


@lru_cache(maxsize=1)
def set_words() -> SetWords:
    text = Path(__file__).with_name("words.yml").read_text(encoding="utf-8")
    return SetWords.model_validate(yaml.safe_load(text))


def refused(key: str, **values: object) -> RefusedError:
    return RefusedError(set_words().refusals[key].format(**values))


def illegal(key: str) -> IllegalMoveError:
    return IllegalMoveError(set_words().refusals[key])


def unknown(key: str) -> NotFoundError:
    return NotFoundError(set_words().refusals[key])
