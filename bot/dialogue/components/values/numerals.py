"""Numbers as people say and type them: 三, 两千八, 1万5, 十来, 三百来, 2.5, 半."""

import re

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
DIGITS |= {char: value for value, char in enumerate("壹贰叁肆伍陆柒捌玖", start=1)}
DIGITS |= {"〇": 0, "两": 2, "俩": 2, "仨": 3, "幺": 1}
SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "亿": 100_000_000}

_LONGEST = 24
_PART = re.compile(r"\d+(?:\.\d+)?|[^\d]")
_ABOUT = re.compile(r"[来多余把]")
_SEPARATED = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")


def read_number(text: str) -> float | None:
    """The number a text is, or None: also for 几十 and 十几, which are no number.

    Of two neighbours (两三, 二十五六) the second counts; 三百来 and 十多 count as what they are about; a last digit
    that names no scale belongs to the next lower one (一千二 is 1200).
    """
    clean = _SEPARATED.sub("", text.replace(" ", ""))
    if not clean or len(clean) > _LONGEST:
        return None
    if re.fullmatch(r"\d+(?:\.\d+)?", clean):
        return float(clean)
    whole, point, decimals = _ABOUT.sub("", clean).partition("点")
    if point:
        return _with_decimals(whole, decimals)
    half = 0.5 if whole.endswith("半") else 0.0
    number = _whole(whole.removesuffix("半")) if whole != "半" else 0.0
    return None if number is None else number + half


def read_digits(text: str) -> str | None:
    """Digits said one by one: 幺三八, 1 3 8; None if anything else is in between."""
    digits = "".join(char if char.isdigit() else str(DIGITS.get(char, "?")) for char in re.sub(r"[\s-]", "", text))
    return digits if digits.isdigit() else None


def _with_decimals(whole: str, decimals: str) -> float | None:
    number, behind = read_number(whole or "零"), read_digits(decimals)
    return None if number is None or behind is None else float(f"{number:.0f}.{behind}")


def _whole(text: str) -> float | None:
    """Read from the left: a digit waits for its scale, what has a scale is added up, 万 and 亿 close a section."""
    total = section = 0.0
    digit: float | None = None
    scale = 1
    for part in _PART.findall(text):
        if part in SCALES:
            scale = SCALES[part]
            if scale >= 10_000:
                section = (section + (digit or 0) or 1) * scale
                total, section = total + section, 0.0
            else:
                section += (1 if digit is None else digit) * scale
            digit = None
        elif part in DIGITS or part[0].isdigit():
            digit = float(part) if part[0].isdigit() else DIGITS[part]
            scale = 1 if digit == 0 else scale
        else:
            return None
    return total + section + (digit or 0) * (scale // 10 if scale >= 100 else 1)
