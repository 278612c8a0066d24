"""What only this channel has to say."""

from functools import lru_cache
from pathlib import Path

from bot.words import Words


@lru_cache(maxsize=1)
def own_words() -> Words:
    return Words.load(Path(__file__).parent / "texts")


def word(which: str, /, **values: str) -> str:
    return own_words().render(f"utter_wecom_{which}", **values)[0].text
