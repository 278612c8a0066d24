"""The sentences that teach moods, as trainers keep them: ``nlu_data/mood/*.yml``, label -> sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from bot.conversations.mood import Sentiment, Urgency
from bot.errors import DataFileError
from knowledge_base.mood_build import MOOD_DATA, SENTIMENT_FILE, URGENCY_FILE

_CONTENT = TypeAdapter(dict[str, list[str]])


@dataclass(frozen=True)
class Labelled:
    """Sentences and their labels, in the order of the file."""

    texts: list[str]
    labels: list[str]


def read_sentiments(folder: Path = MOOD_DATA) -> Labelled:
    """Raises `DataFileError`."""
    return _read(folder / SENTIMENT_FILE, Sentiment)


def read_urgencies(folder: Path = MOOD_DATA) -> Labelled:
    """Raises `DataFileError`."""
    return _read(folder / URGENCY_FILE, Urgency)


def _read(path: Path, labels: type[StrEnum]) -> Labelled:
    """Every label has sentences and no sentence has two labels."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        content = _CONTENT.validate_python(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))  # noqa: S506
    except (yaml.YAMLError, ValidationError) as error:
        raise DataFileError.at(path, 1, f"every label needs a list of sentences: {error}") from error
    if set(content) != set(labels):
        raise DataFileError.at(path, 1, f"the labels must be {', '.join(labels)}")
    pairs = [(text, label) for label, texts in content.items() for text in texts]
    if twice := sorted(_twice(text for text, _ in pairs)):
        raise DataFileError.at(path, _line_of(path, twice[0]), f"stands twice: {twice[0]}")
    return Labelled([text for text, _ in pairs], [label for _, label in pairs])


def _twice(texts: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    return {text for text in texts if text in seen or seen.add(text)}  # type: ignore[func-returns-value]


def _line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return max((number for number, line in enumerate(lines, start=1) if text in line), default=1)
