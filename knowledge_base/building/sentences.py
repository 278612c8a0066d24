"""The sentences that trainers wrote, as the encoder's build needs them: what they mean beside what they say."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_ANNOTATED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Sentence:
    """``label`` is an intent, or for a question of the knowledge base its topic."""

    text: str
    label: str


def intent_sentences(folder: Path) -> list[Sentence]:
    """Every example of ``folder/*.yml`` (Rasa's format), files in the order of their names."""
    return [sentence for path in sorted(folder.glob("*.yml")) for sentence in _examples(path)]


def faq_sentences(folder: Path) -> list[Sentence]:
    """Questions and phrasings of every entry of ``folder/*.yml``."""
    return [
        Sentence(str(text), str(entry["id"]))
        for path in sorted(folder.glob("*.yml"))
        for entry in _content(path) or []
        for text in [entry["question"], *entry.get("phrasings", [])]
    ]


def _examples(path: Path) -> list[Sentence]:
    return [
        Sentence(_ANNOTATED.sub(r"\1", line.strip().removeprefix("-").strip()), str(item["intent"]))
        for item in (_content(path) or {}).get("nlu", [])
        if "intent" in item
        for line in str(item["examples"]).splitlines()
        if line.strip()
    ]


def _content(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
