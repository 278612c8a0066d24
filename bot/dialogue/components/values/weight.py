"""Weights in kilograms: 5kg, 三公斤半, 十来斤, 两百克, 3-5公斤, 一斤二两."""

import re
import unicodedata

from bot.dialogue.components.values.numerals import read_number

_KG = {"千克": 1.0, "公斤": 1.0, "kg": 1.0, "kgs": 1.0, "k": 1.0, "市斤": 0.5, "斤": 0.5, "两": 0.05, "克": 0.001}
_UNITS = _KG | {"g": 0.001, "吨": 1000.0, "t": 1000.0, "钱": 0.005}
_NUMBER = r"(?:\d+(?:\.\d+)?[百千万]?[来多]?|[零〇一二两俩三仨四五六七八九十百千万点半]+?[来多]?)"
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_PART = re.compile(
    rf"(?:{_NUMBER}(?:{_UNIT})?个?(?:[-~到至]|或者?))?"
    rf"(?P<number>{_NUMBER})个?(?P<unit>{_UNIT})(?P<half>半)?(?:(?P<rest>[一二三四五六七八九])(?![一二三四五六七八九十百两斤克]))?",
    re.IGNORECASE,
)
_LOWER = {"公斤": 0.1, "千克": 0.1, "kg": 0.1, "斤": 0.05, "市斤": 0.05}
HEAVIEST_KG = 100_000


def read_weight(text: str) -> float | None:
    """Kilograms, or None.

    Of a range the upper end counts, as the scales will; parts that follow each other are added (一斤二两, 两斤三).
    """
    clean = unicodedata.normalize("NFKC", text).replace(" ", "").lower()
    total, end = 0.0, None
    for match in _PART.finditer(clean):
        if end not in (None, match.start()):
            break
        kilograms = _kilograms(match)
        if kilograms is None:
            return None
        total += kilograms
        end = match.end()
    return round(total, 4) if 0 < total <= HEAVIEST_KG else None


def _kilograms(match: "re.Match[str]") -> float | None:
    number, unit = read_number(match["number"]), match["unit"]
    if number is None or _vague(match):
        return None
    rest = (read_number(match["rest"]) or 0.0) * _LOWER.get(unit, 0.0) if match["rest"] else 0.0
    return (number + (0.5 if match["half"] else 0)) * _UNITS[unit] + rest


def _vague(match: "re.Match[str]") -> bool:
    """十几斤, 几斤: nobody knows how much that is."""
    return match.string[: match.start("unit")].removesuffix("个").endswith("几")
