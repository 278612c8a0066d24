"""Words for the people at the desk, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError

WORDS_FILE = Path(__file__).with_name("words.yml")


class Badge(BaseModel):
    """A word and what it means, shown when one points at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    hint: str


class DeskWords(BaseModel):
    """Every section of the file; the maps are keyed by enum value or id.

    ``ui`` is what pages show, ``refusals`` what a person reads when something is not possible.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ui: dict[str, str]
    login: dict[str, str]
    refusals: dict[str, str]
    shortcuts: dict[str, str]
    roles: dict[str, str]
    authors: dict[str, str]
    fates: dict[str, str]
    files: dict[str, str]
    channels: dict[str, str]
    parties: dict[str, str]
    reasons: dict[str, str]
    intents: dict[str, str]
    wrap_up_codes: list[str]
    products: dict[str, str]
    statuses: dict[str, str]
    conditions: dict[str, str]
    legs: dict[str, str]
    scans: dict[str, str]
    triggers: dict[str, str]
    evidence: dict[str, str]
    timeline: dict[str, str]
    ticket_kinds: dict[str, str]
    ticket_statuses: dict[str, str]
    priorities: dict[str, str]
    sentiments: dict[str, Badge]
    urgencies: dict[str, Badge]

    def intent(self, intent: str | None) -> str:
        """The Chinese name of an intent, a ticket category or a wrap-up code; what nobody named stands as it is."""
        return self.intents.get(intent or "", intent or "")

    def channel(self, channel: str) -> str:
        """The Chinese name of a channel; of one with accounts (``callback:shop``) with the account's."""
        name, _, account = channel.partition(":")
        known = self.channels.get(name, name)
        return f"{known} {account}" if account else known

    def file(self, kind: str) -> str:
        """What stands for a message that is no words, where only words have room."""
        return f"[{self.files[kind]}]" if kind in self.files else ""


@lru_cache(maxsize=1)
def desk_words() -> DeskWords:
    """Raises `DataFileError` when somebody broke the file."""
    try:
        return DeskWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [f"{WORDS_FILE}:1: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise DataFileError(problems) from error
