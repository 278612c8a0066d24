"""Reading weights out of what people type: 5kg, 三公斤半, 十来斤, 两百克, 3-5公斤."""

import re
import unicodedata

from bot.dialogue.components.values.weight import read_weight

_BARE = re.compile(r"\d{1,3}(?:\.\d+)?")


def parse_weight(text: str) -> float | None:
    """Kilograms, or None; an answer that is a bare number is kilograms."""
    clean = unicodedata.normalize("NFKC", text).replace(" ", "")
    return float(clean) or None if _BARE.fullmatch(clean) else read_weight(clean)
