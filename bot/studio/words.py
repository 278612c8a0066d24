"""Words of the frame of the studio, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError

WORDS_FILE = Path(__file__).with_name("words.yml")


class StudioWords(BaseModel):
    """``nav`` is keyed by the pages of `bot.studio.ui.frame.PAGES`, ``people`` by authors that are no person.

    ``refusals`` are what a person reads.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ui: dict[str, str]
    nav: dict[str, str]
    people: dict[str, str]
    refusals: dict[str, str]


@lru_cache(maxsize=1)
def studio_words() -> StudioWords:
    """Raises `DataFileError` when somebody broke the file."""
    try:
        return StudioWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [f"{WORDS_FILE}:1: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise DataFileError(problems) from error
