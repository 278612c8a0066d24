"""How many SMS a text takes: what it costs, and where gateways cut it.

A text of GSM 03.38 signs only takes 160 septets, or 153 in each part of a longer one; any other text 70 UTF-16 units,
or 67.  Neither an escaped sign nor a surrogate pair is torn apart between two parts.
"""

from collections.abc import Sequence

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")


def is_gsm7(text: str) -> bool:
    return all(sign in _BASIC or sign in _ESCAPED for sign in text)


def segments(text: str) -> int:
    """How many SMS the gateway charges for, at least 1; a signature in 【】 counts, so it must be in the text."""
    if is_gsm7(text):
        return _count([2 if sign in _ESCAPED else 1 for sign in text], whole=160, part=153)
    return _count([2 if ord(sign) > 0xFFFF else 1 for sign in text], whole=70, part=67)


def _count(sizes: Sequence[int], *, whole: int, part: int) -> int:
    if sum(sizes) <= whole:
        return 1
    count, filled = 1, 0
    for size in sizes:
        if filled + size > part:
            count, filled = count + 1, 0
        filled += size
    return count
