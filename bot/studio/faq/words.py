"""Words of the knowledge base's pages, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError

WORDS_FILE = Path(__file__).with_name("words.yml")


class FaqWords(BaseModel):
    """``questions`` are how headings of documents become questions, ``columns`` the headings of spreadsheets by field,
    ``fields`` the names of fields on pages; ``states`` the filters of the list, ``groups`` the names of groups of
    topics, ``channels`` those with an answer of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ui: dict[str, str]
    refusals: dict[str, str]
    problems: dict[str, str]
    questions: dict[str, str]
    columns: dict[str, str]
    fields: dict[str, str]
    states: dict[str, str]
    groups: dict[str, str]
    channels: dict[str, str]
    decisions: dict[str, str]
    rows: dict[str, str]

    def group(self, name: str) -> str:
        """The name of a group of topics; one that nobody named stands as it is."""
        return self.groups.get(name, name)

    def field(self, name: str) -> str:
        """The name of a field; answers of channels (``answers.sms``) by their channel."""
        kind, _, channel = name.partition(".")
        if channel:
            return self.columns["answer_of"].format(channel=self.channels.get(channel, channel))
        return self.fields.get(kind, kind)


@lru_cache(maxsize=1)
def faq_words() -> FaqWords:
    """Raises `DataFileError` when somebody broke the file."""
    try:
        return FaqWords.model_validate(yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8")))
    except ValidationError as error:
        problems = [f"{WORDS_FILE}:1: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise DataFileError(problems) from error


def refusal(name: str, /, **values: object) -> str:
    """A sentence for somebody whose wish is refused."""
    return faq_words().refusals[name].format(**values)


def problem(name: str, /, **values: object) -> str:
    """A sentence about something in a file or an entry that has to be mended."""
    return faq_words().problems[name].format(**values)
