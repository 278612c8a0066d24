"""Words about accounts for the people who have them, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError

WORDS_FILE = Path(__file__).with_name("words.yml")


class StaffWords(BaseModel):
    """Every section of the file.

    ``refusals`` is what a person reads when something is not possible, ``audit`` names what the audit keeps,
    ``pages`` is what the pages of people, audit and one's own account show.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: dict[str, str]
    audit: dict[str, str]
    methods: dict[str, str]
    fields: dict[str, str]
    pages: dict[str, str]

    def happening(self, what: str) -> str:
        """The Chinese name of what was done; what nobody named stands as it is."""
        return self.audit.get(what, what)


@lru_cache(maxsize=1)
def staff_words() -> StaffWords:
    """Raises `DataFileError` when somebody broke the file."""
    try:
        return StaffWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [f"{WORDS_FILE}:1: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise DataFileError(problems) from error
