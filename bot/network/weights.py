"""Reading weights out of what people type: 5kg, 三公斤半, 十来斤, 两百克, 3-5公斤."""

import re
import unicodedata

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_KG = {"千克": 1.0, "公斤": 1.0, "kg": 1.0, "斤": 0.5, "两": 0.05, "克": 0.001, "g": 0.001, "吨": 1000.0}
_NUMBER = r"(?:\d+(?:\.\d+)?|[零〇一二两俩三四五六七八九十百千万点半]+?)"
_UNIT = r"(?:千克|公斤|kgs?|斤|两|克|g|吨)"
_AMOUNT = re.compile(
    rf"(?:{_NUMBER}(?:千克|公斤|kg|斤)?个?[-~到至])?(?P<number>{_NUMBER})[来多]?(?:个)?(?P<unit>{_UNIT})(?P<half>半)?",
    re.IGNORECASE,
)
_HEAVIEST_KG = 100_000
_BARE = re.compile(r"\d{1,3}(?:\.\d+)?")


def parse_weight(text: str) -> float | None:
    """Kilograms, or None.

    Of a range the upper end counts, as the scales will; a bare number is kilograms; parts that follow each other are
    added (一斤二两).
    """
    clean = unicodedata.normalize("NFKC", text).replace(" ", "").lower()
    if _BARE.fullmatch(clean):
        return float(clean) or None
    total, end = 0.0, None
    for match in _AMOUNT.finditer(clean):
        if end not in (None, match.start()):
            break
        total += _kilograms(match)
        end = match.end()
    return round(total, 3) if 0 < total <= _HEAVIEST_KG else None


def _kilograms(match: re.Match[str]) -> float:
    unit = _KG[match["unit"].removesuffix("s")]
    return (_number(match["number"]) + (0.5 if match["half"] else 0)) * unit


def _number(text: str) -> float:
    if text[0].isdigit():
        return float(text)
    if "点" in text:
        whole, _, decimals = text.partition("点")
        return _whole(whole) + float("0." + "".join(str(_DIGITS.get(char, 0)) for char in decimals) or 0)
    half = 0.5 if text.endswith("半") else 0.0
    return _whole(text.removesuffix("半")) + half


def _whole(text: str) -> float:
    """A whole number in Chinese; of two neighbours (七八) the second counts, and 一百二 is 120."""
    total = digit = 0
    scale = 1
    for char in text:
        if char in _SCALES:
            scale = _SCALES[char]
            total += (digit or 1) * scale
            digit = 0
        else:
            digit = _DIGITS.get(char, 0)
            scale = 1 if char in "零〇" else scale
    return total + digit * (scale // 10 if scale >= 100 else 1)
