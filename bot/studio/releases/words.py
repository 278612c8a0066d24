"""Words of releases for people, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError

WORDS_FILE = Path(__file__).with_name("words.yml")


class ReleaseWords(BaseModel):
    """``states``, ``moves`` and ``kinds`` are keyed by the members of `states`; ``gates`` by those of `gates`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ui: dict[str, str]
    states: dict[str, str]
    moves: dict[str, str]
    kinds: dict[str, str]
    refusals: dict[str, str]
    told: dict[str, str]
    gates: dict[str, str]
    parts: dict[str, str]
    scores: dict[str, str]
    measures: dict[str, str]


@lru_cache(maxsize=1)
def release_words() -> ReleaseWords:
    """Raises `DataFileError` when somebody broke the file."""
    try:
        return ReleaseWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [f"{WORDS_FILE}:1: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise DataFileError(problems) from error


def refusal(name: str, /, *, state: str = "", move: str = "", **values: object) -> str:
    """Why something is not possible."""
    words = release_words()
    filled = {"state": words.states.get(state, state), "move": words.moves.get(move, move), **values}
    return words.refusals[name].format(**filled)


def told(name: str, /, **values: object) -> str:
    """What the system did of its own accord."""
    return release_words().told[name].format(**values)
