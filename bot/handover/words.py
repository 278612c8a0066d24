"""What people at the desk read about handing over, from ``words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml

from bot.conversations.custody import Move
from bot.errors import AccessRefusedError, IllegalMoveError, RefusedError


@lru_cache(maxsize=1)
def handover_words() -> dict[str, dict[str, str]]:
    content: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_name("words.yml").read_text(encoding="utf-8")
    )
    return content


def refused(key: str, **values: object) -> RefusedError:
    return RefusedError(handover_words()["refusals"][key].format(**values))


def illegal(key: str) -> IllegalMoveError:
    return IllegalMoveError(handover_words()["refusals"][key])


def denied(key: str) -> AccessRefusedError:
    return AccessRefusedError(handover_words()["refusals"][key])


def move_name(move: str) -> str:
    return handover_words()["moves"][Move(move)]
