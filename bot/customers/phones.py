"""Phone numbers as customers write them."""

import re
import unicodedata

_CHINA = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_WRITTEN = re.compile(r"(?<![\d+])(?:(?:\+|00)?86[\s-]?)?1[3-9]\d(?:[\s-]?\d){8}(?!\d)")
_BETWEEN = re.compile(r"[\s()-]")


def normal_phone(phone: str) -> str:
    """As it is kept: a mainland mobile as its 11 digits, any other number without blanks."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", phone))
    own = _CHINA.fullmatch(plain)
    return own[1] if own else plain


def find_mobile(text: str) -> str | None:
    """The one mainland mobile in a sentence, as its 11 digits; None where there is none, or more than one."""
    found = {normal_phone(match.group()) for match in _WRITTEN.finditer(unicodedata.normalize("NFKC", text))}
    return found.pop() if len(found) == 1 else None


def sms_address(phone: str) -> str:
    """How the SMS channel calls a phone: E.164."""
    plain = normal_phone(phone)
    return f"+86{plain}" if _CHINA.fullmatch(plain) else plain
