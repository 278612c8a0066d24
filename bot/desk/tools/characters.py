"""简体 and 繁體, by OpenCC; pure."""

import unicodedata
from functools import lru_cache

from opencc import OpenCC

from bot.desk.tools.kinds import Script

_CONFIG = {Script.simplified: "tw2sp", Script.traditional: "s2twp"}
_BY_CHARACTER = "t2s"


def convert(text: str, to: Script) -> str:
    """The text in other characters, with the words that go with them (软件, 軟體)."""
    return str(_opencc(_CONFIG[to]).convert(text))


def simplified(text: str) -> str:
    """Traditional to simplified, never changing the length: for comparing."""
    converted = str(_opencc(_BY_CHARACTER).convert(text))
    if len(converted) == len(text):
        return converted
    return "".join(_opencc(_BY_CHARACTER).convert(character)[:1] or character for character in text)


def script_of(text: str) -> Script | None:
    """What a text is written in; None where it has nothing that tells (numbers, 你好)."""
    if simplified(text) != text:
        return Script.traditional
    return Script.simplified if any(_only_simplified(character) for character in text) else None


@lru_cache(maxsize=20_000)
def _only_simplified(character: str) -> bool:
    return unicodedata.category(character) == "Lo" and _opencc("s2t").convert(character) != character


@lru_cache(maxsize=8)
def _opencc(config: str) -> OpenCC:
    return OpenCC(config)
