"""Reading waybill numbers out of what people type: full-width digits, spaces and hyphens, look-alikes left out.

Used where the NLU pipeline is not at hand (degraded answers, imports, the API).  Patterns follow the carrier's own
formats: ``YD`` and 13 digits, or 12 to 15 bare digits.
"""

import re
import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_RUN = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{2}[\s\-]*)?\d(?:[\s\-]?\d){10,16}(?![0-9A-Za-z])")
_OWN = re.compile(r"YD\d{13}|\d{12,15}")
_MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")


def normalise(text: str) -> str:
    """NFKC, without invisible characters."""
    return unicodedata.normalize("NFKC", text).translate(_INVISIBLE)


def normalise_waybill_no(text: str) -> str:
    """One number as it is stored: no spaces or hyphens, upper case."""
    return re.sub(r"[\s\-]", "", normalise(text)).upper()


def find_waybill_numbers(text: str) -> list[str]:
    """Every waybill number in a sentence, in order, each once.  Phone, order and ticket numbers are not among them."""
    numbers = (normalise_waybill_no(match.group()) for match in _RUN.finditer(normalise(text)))
    own = (number for number in numbers if _OWN.fullmatch(number) and not _MOBILE.fullmatch(number))
    return list(dict.fromkeys(own))


def find_phone_tail(text: str) -> str | None:
    """The four digits of a phone tail, when that is all the sentence holds besides words."""
    digits = re.findall(r"\d+", normalise(text))
    return digits[0] if len(digits) == 1 and len(digits[0]) == 4 else None
