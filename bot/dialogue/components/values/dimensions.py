"""Lengths of the sides in centimetres: 40*30*20, 长四十宽三十高二十, 0.4米x0.3米x0.2米, 1米2."""

import re
import unicodedata
from itertools import pairwise

from bot.dialogue.components.values.numerals import read_digits, read_number

_CM = {"毫米": 0.1, "mm": 0.1, "厘米": 1.0, "公分": 1.0, "cm": 1.0, "分米": 10.0, "dm": 10.0, "米": 100.0, "m": 100.0}
_UNIT = "|".join(sorted(_CM, key=len, reverse=True))
_NUMBER = r"\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百点半]+"
_REST = r"(?<=[米m])(?:半|[\d一二两三四五六七八九]{1,2})"
_SIDE = re.compile(rf"(?P<number>{_NUMBER})个?(?P<unit>{_UNIT})?(?P<rest>{_REST})?")
_BETWEEN = re.compile(r"^(?:\s|[*x×乘✕,，、和]|[长宽高厚深]度?|[是有为约:：])*$")
_BULKY_CM = 1000


def read_dimensions(text: str) -> tuple[float, ...] | None:
    """Two or three sides in centimetres, or None.  A unit said only once, at the end, counts for all sides."""
    clean = unicodedata.normalize("NFKC", text).lower()
    found = list(_SIDE.finditer(clean))
    gaps = [clean[a.end() : b.start()] for a, b in pairwise(found)]
    if len(found) not in (2, 3) or not all(_BETWEEN.match(gap) for gap in gaps):
        return None
    common = _common_unit([match["unit"] for match in found])
    sides = [_side(match, common) for match in found]
    known = tuple(round(side, 2) for side in sides if side)
    return known if len(known) == len(found) and max(known) <= _BULKY_CM else None


def _common_unit(units: list[str | None]) -> float:
    return _CM[units[-1]] if units[-1] and not any(units[:-1]) else 1.0


def _side(match: "re.Match[str]", common: float) -> float | None:
    number = read_number(match["number"])
    if number is None:
        return None
    rest = match["rest"]
    behind = 0.0 if not rest else 0.5 if rest == "半" else float("0." + (read_digits(rest) or "0"))
    return (number + behind) * (_CM[match["unit"]] if match["unit"] else common)
