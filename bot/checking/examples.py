"""The examples of all intents, each with the line it stands on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from bot.content import current_content
from bot.dialogue.components.text import normalize
from bot.settings import PROJECT

_SILENT = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Example:
    """One sentence under an intent; ``place`` is ``file:line``."""

    text: str
    intent: str
    place: str

    @cached_property
    def bare(self) -> str:
        """Its normal spelling without punctuation, spaces and case; one that is only signs stays as it is."""
        normal = normalize(self.text).text.lower()
        return _SILENT.sub("", normal) or normal


def read_examples(folder: Path | None = None) -> list[Example]:
    """Every example of ``folder/*.yml`` (Rasa's format), by default the current ones, files in the order of names."""
    folder = folder or current_content().intents
    return [example for path in sorted(folder.glob("*.yml")) for example in _examples(path)]


def _examples(path: Path) -> Iterator[Example]:
    shown = path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.compose(path.read_text(encoding="utf-8"), Loader=loader)
    for block in _fields(document)["nlu"].value:
        fields = _fields(block)
        examples = fields["examples"]
        for number, line in enumerate(examples.value.splitlines(), start=examples.start_mark.line + 2):
            if text := line.strip().removeprefix("-").strip():
                yield Example(text, fields["intent"].value, f"{shown}:{number}")


def _fields(mapping: Any) -> dict[str, Any]:
    return {key.value: value for key, value in mapping.value}
