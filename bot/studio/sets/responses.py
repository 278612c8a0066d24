"""Which template an answer was made from, told by the answer alone."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

_HOLE = re.compile(r"\{\w+\}")
_LEAST = 4
_CHOSEN_LABEL = "utter_label_"


class Responses:
    """Templates of ``nlu_data/domain/responses``; a variable in one may stand for anything."""

    def __init__(self, templates: Mapping[str, Iterable[str]]) -> None:
        self.names = tuple(sorted(templates))
        found = [(name, text) for name, texts in templates.items() for text in texts if _told(text) >= _LEAST]
        # The one that says most itself is tried first.
        found.sort(key=lambda pair: -_told(pair[1]))
        self._patterns = [(name, _pattern(text)) for name, text in found]

    @classmethod
    def load(cls, folder: Path) -> "Responses":
        """Every response of the YAML files below a folder, without the names of things."""
        templates: dict[str, list[str]] = {}
        for path in sorted(folder.rglob("*.yml")):
            content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            for name, variants in (content.get("responses") or {}).items():
                if not name.startswith(_CHOSEN_LABEL):
                    templates[name] = [str(variant.get("text") or "") for variant in variants]
        return cls(templates)

    def name_of(self, text: str) -> str | None:
        """None where no template says this."""
        said = text.strip()
        return next((name for name, pattern in self._patterns if pattern.fullmatch(said)), None)


def _told(text: str) -> int:
    return len(_HOLE.sub("", text).strip())


def _pattern(text: str) -> "re.Pattern[str]":
    parts = (re.escape(part) for part in _HOLE.split(text.strip()))
    return re.compile(".*?".join(parts), re.DOTALL)
