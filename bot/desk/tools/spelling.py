"""Finding Chinese by what is quick to type: its words, its pinyin, the first letters of its pinyin, or a mixture."""

import unicodedata
from functools import lru_cache

from pypinyin import Style, pinyin


def plain(text: str) -> str:
    """Small letters of one width, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def spelled_at(query: str, text: str) -> int | None:
    """At which character of ``text`` something begins that ``query`` spells, None where nothing does.

    ``ysjf``, ``yunshu``, ``运输jf`` and ``运输`` all find 运输纠纷 at 0.  A character of several readings has them all.
    """
    wanted, readings = plain(query), _readings(plain(text))
    if not wanted:
        return None
    return next((start for start in range(len(readings)) if _fits(wanted, 0, readings, start)), None)


def _fits(wanted: str, at: int, readings: tuple[tuple[str, ...], ...], place: int) -> bool:
    """Whether the rest of the query is spelled by the characters from ``place`` on; the last may be half typed."""
    if at == len(wanted):
        return True
    if place == len(readings):
        return False
    left = wanted[at:]
    for reading in readings[place]:
        if reading.startswith(left):
            return True
        if left.startswith(reading) and _fits(wanted, at + len(reading), readings, place + 1):
            return True
        if left[0] == reading[0] and _fits(wanted, at + 1, readings, place + 1):
            return True
    return False


@lru_cache(maxsize=20_000)
def _readings(text: str) -> tuple[tuple[str, ...], ...]:
    """Each character with everything it may be typed as: itself, and its pinyin without tones."""
    return tuple(_of_character(character) for character in text)


@lru_cache(maxsize=20_000)
def _of_character(character: str) -> tuple[str, ...]:
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return (character, *dict.fromkeys(found[0] if found else ()))
