"""What the bot admitted with an answer: recognised by the wordings in the response files and by the buttons."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from bot.settings import PROJECT

RESPONSES = PROJECT / "nlu_data" / "domain" / "responses"
_VALUE = re.compile(r"\\\{\w+\\\}")
_NONE_OF_THESE = "/dissatisfied"


class Sign(Enum):
    """It asked what was meant, offered what it may have been, or said that it does not know."""

    asked_back = "asked_back"
    offered = "offered"
    declined = "declined"


SIGN_OF = {
    "utter_not_understood": Sign.asked_back,
    "utter_did_you_mean": Sign.offered,
    "utter_out_of_scope": Sign.declined,
    "utter_faq_unknown": Sign.declined,
    "utter_degraded_no_answer": Sign.declined,
}


class Signs:
    """Recognises answers by any of their wordings; values in them may be anything."""

    def __init__(self, wordings: Mapping[Sign, Iterable[str]]) -> None:
        self._patterns = {
            sign: re.compile("|".join(_pattern(text) for text in texts) or r"(?!)") for sign, texts in wordings.items()
        }

    @classmethod
    def load(cls, folder: Path = RESPONSES) -> "Signs":
        wordings: dict[Sign, list[str]] = {sign: [] for sign in Sign}
        for path in sorted(folder.glob("*.yml")):
            for name, texts in _responses(path).items():
                if (sign := SIGN_OF.get(name)) is not None:
                    wordings[sign] += texts
        return cls(wordings)

    def of(self, text: str, buttons: Sequence[Mapping[str, Any]] = ()) -> Sign | None:
        """A button 都不是 gives an offer away, however it is worded."""
        if any(str(button.get("payload", "")).startswith(_NONE_OF_THESE) for button in buttons):
            return Sign.offered
        return next((sign for sign, pattern in self._patterns.items() if pattern.fullmatch(text.strip())), None)


class CurrentSigns:
    """The signs of the response files as they are now: read again when a file changed."""

    def __init__(self, folder: Path = RESPONSES) -> None:
        self._folder = folder
        self._state: list[tuple[str, int, int]] = []
        self._signs = Signs({})

    def __call__(self) -> Signs:
        stats = [(path.name, path.stat()) for path in sorted(self._folder.glob("*.yml"))]
        state = [(name, stat.st_mtime_ns, stat.st_size) for name, stat in stats]
        if state != self._state:
            self._signs, self._state = Signs.load(self._folder), state
        return self._signs


def _responses(path: Path) -> dict[str, list[str]]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    responses = (content or {}).get("responses") or {}
    return {name: [str(each.get("text", "")) for each in variants] for name, variants in responses.items()}


def _pattern(text: str) -> str:
    return _VALUE.sub(".*", re.escape(text.strip()))
