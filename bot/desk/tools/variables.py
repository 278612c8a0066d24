"""Variables of a canned response: ``{运单号}`` is filled from the conversation, or stays to be filled by hand; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.desk.tools.words import tool_words

_HOLE = re.compile(r"\{([^{}\s]{1,20})\}")


@dataclass(frozen=True)
class Filled:
    """A text with what is known put in; ``missing`` names what still stands in braces."""

    text: str
    missing: tuple[str, ...]


def fill(text: str, values: Mapping[str, str | None]) -> Filled:
    """Put in what is known and not empty; the rest stays marked."""

    def put(match: "re.Match[str]") -> str:
        return values.get(match[1]) or match[0]

    filled = _HOLE.sub(put, text)
    return Filled(filled, holes(filled))


def holes(text: str) -> tuple[str, ...]:
    """What is still to be filled, each once."""
    return tuple(dict.fromkeys(_HOLE.findall(text)))


def unknown_variables(text: str) -> tuple[str, ...]:
    """Names that nothing will ever fill."""
    return tuple(name for name in holes(text) if name not in tool_words().variables)
