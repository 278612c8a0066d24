"""Which column of a spreadsheet holds which field of an entry."""

import re
from collections.abc import Mapping, Sequence

from bot.studio.faq.words import FaqWords, faq_words

FIELDS = (
    "id",
    "covers",
    "question",
    "phrasings",
    "answer",
    "answers.web",
    "answers.wechat",
    "answers.wecom",
    "answers.sms",
    "related",
    "action.title",
    "action.intent",
    "when.waybill",
    "when.after",
    "valid_from",
    "valid_until",
)
"""In the order they are written.  ``covers`` is the topic's line in the list of topics."""

WIDTHS = (26, 30, 34, 50, 70, 40, 40, 40, 40, 30, 16, 20, 20, 20, 12, 12)


def headings() -> list[str]:
    """In the order of `FIELDS`."""
    return [heading(field) for field in FIELDS]


def heading(field: str) -> str:
    words = faq_words()
    kind, _, part = field.partition(".")
    if kind == "answers":
        return words.columns["answer_of"].format(channel=words.channels.get(part, part))
    return words.columns[field]


def columns_of(first_row: Sequence[str]) -> dict[int, str]:
    """Which field stands in which column, by the headings of the first row; columns of other people's are left out."""
    words = faq_words()
    known = {heading(field): field for field in FIELDS}
    found: dict[int, str] = {}
    for at, title in enumerate(first_row):
        field = known.get(title.strip()) or _other_channel(title.strip(), words)
        if field and field not in found.values():
            found[at] = field
    return found


def _other_channel(title: str, words: FaqWords) -> str | None:
    """A channel that has no name of its own stands under its id."""
    pattern = re.escape(words.columns["answer_of"]).replace(re.escape("{channel}"), r"([a-z][a-z0-9_:.]*)")
    match = re.fullmatch(pattern, title)
    return f"answers.{match.group(1)}" if match else None


def doubled(first_row: Sequence[str]) -> list[str]:
    """Headings of ours that stand there more than once."""
    known = {heading(field) for field in FIELDS}
    titles = [title.strip() for title in first_row if title.strip() in known]
    return [title for title in dict.fromkeys(titles) if titles.count(title) > 1]


def by_field(columns: Mapping[int, str]) -> dict[str, int]:
    return {field: at for at, field in columns.items()}
