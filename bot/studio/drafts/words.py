"""Words of the drafts, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError

WORDS_FILE = Path(__file__).with_name("words.yml")


class DraftWords(BaseModel):
    """``kinds`` and ``warnings`` are keyed by members of `EntryKind` and `WarningKind`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: dict[str, str]
    warnings: dict[str, str]
    told: dict[str, str]
    refusals: dict[str, str]
    formats: dict[str, str]
    commits: dict[str, str]
    fields: dict[str, str]
    channels: dict[str, str]
    lists: dict[str, str]
    samples: dict[str, str]
    ui: dict[str, str]


@lru_cache(maxsize=1)
def draft_words() -> DraftWords:
    """Raises `DataFileError` when somebody broke the file."""
    try:
        return DraftWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [f"{WORDS_FILE}:1: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise DataFileError(problems) from error


def say(name: str, /, **values: object) -> str:
    """One refusal."""
    return draft_words().refusals[name].format(**values)


def misfit(name: str, /, **values: object) -> str:
    """Why a file cannot be read, or not be changed like this."""
    return draft_words().formats[name].format(**values)
