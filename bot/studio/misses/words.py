"""Words of misses for trainers, read from ``words.yml``; names that are made up, too."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff.model import Actor
from bot.studio.roles import LOOKS, TRAINS

FILE = Path(__file__).with_name("words.yml")


class MadeUpWords(BaseModel):
    """What stands for a name or an address in what the bot learns: nobody's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    addresses: tuple[str, ...]


class MissWords(BaseModel):
    """Every section of the file; the maps are keyed by enum value or name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ui: dict[str, str]
    refusals: dict[str, str]
    causes: dict[str, str]
    states: dict[str, str]
    mends: dict[str, str]
    personal: dict[str, str]
    entities: dict[str, str]
    sorts: dict[str, str]
    conditions: dict[str, str]
    warnings: dict[str, str]
    authors: dict[str, str]
    keys: dict[str, str]
    made_up: MadeUpWords


@lru_cache(maxsize=1)
def miss_words() -> MissWords:
    return MissWords.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def refused(name: str, /, **values: object) -> RefusedError:
    """A rule says no, in words for the trainer."""
    return RefusedError(miss_words().refusals[name].format_map(values))


def unknown(name: str) -> NotFoundError:
    return NotFoundError(miss_words().refusals[name])


def already(by: str | None) -> IllegalMoveError:
    """Somebody was quicker."""
    return IllegalMoveError(miss_words().refusals["already"].format(by=by or ""))


def refuse_unless_trains(actor: Actor) -> None:
    if actor.role not in TRAINS:
        raise AccessRefusedError(miss_words().refusals["trains"])


def refuse_unless_looks(actor: Actor) -> None:
    if actor.role not in LOOKS:
        raise AccessRefusedError(miss_words().refusals["looks"])
