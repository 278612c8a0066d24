"""Phone numbers, as gateways write them and as we keep them."""

import re
import unicodedata
from dataclasses import dataclass, field

_SEPARATORS = re.compile(r"[\s\-().]")
_MAINLAND = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_ABROAD = re.compile(r"(?:\+|00)([1-9][0-9]{6,14})")
CHINA_CODE = "86"


@dataclass(frozen=True)
class Number:
    """A number in E.164 (``+8613900000001``).  Printing it shows the first and last digits only."""

    e164: str = field(repr=False)

    @property
    def is_mainland(self) -> bool:
        return self.e164.startswith(f"+{CHINA_CODE}")

    @property
    def national(self) -> str:
        """A mobile of mainland China in its eleven digits, any other number in E.164."""
        return self.e164.removeprefix(f"+{CHINA_CODE}")

    @property
    def digits(self) -> str:
        return self.e164[1:]

    def __str__(self) -> str:
        return f"{self.e164[:5]}****{self.e164[-4:]}" if len(self.e164) > 10 else "+****"


def parse_number(written: str) -> Number | None:
    """A mobile of mainland China in any spelling, or a number abroad that begins with ``+`` or ``00``; else None.

    Whatever else begins with +86 is no mobile and gets no SMS.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", written))
    if mainland := _MAINLAND.fullmatch(plain):
        return Number(f"+{CHINA_CODE}{mainland[1]}")
    abroad = _ABROAD.fullmatch(plain)
    if abroad is None or abroad[1].startswith(CHINA_CODE):
        return None
    return Number(f"+{abroad[1]}")
