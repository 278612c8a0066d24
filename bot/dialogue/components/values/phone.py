"""Phone numbers as digits: +86 138-0013-8000, 幺三八…, (020)3884 6721."""

import re
import unicodedata

from bot.dialogue.components.values.numerals import read_digits

_MOBILE = re.compile(r"(?:0086|86)?(1[3-9]\d{9})")
_OTHER = re.compile(r"0\d{9,11}|[48]00\d{7}|[2-8]\d{6,7}|9\d{4}|1\d{4}")


def read_phone(text: str) -> str | None:
    """The digits without country code and extension, or None if they are no Chinese number."""
    clean = unicodedata.normalize("NFKC", text)
    clean = re.split(r"(?<=\d{7})-\d{1,4}$|转", clean)[0]
    digits = read_digits(re.sub(r"[+()（）.]", "", clean)) or ""
    if mobile := _MOBILE.fullmatch(digits):
        return mobile.group(1)
    return digits if _OTHER.fullmatch(digits) else None


def read_phone_tail(text: str) -> str | None:
    """Four digits, or None."""
    digits = read_digits(unicodedata.normalize("NFKC", text)) or ""
    return digits if len(digits) == 4 else None
