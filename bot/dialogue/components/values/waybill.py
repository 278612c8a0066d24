"""Whose waybill number may this be?  Formats of Chinese carriers, from public sources: no carrier publishes a list."""

import re
import unicodedata
from dataclasses import dataclass

OWN = "own"
HIGH, MEDIUM, LOW = 0.9, 0.6, 0.3

# Carriers by the codes of Kuaidi100; an own number's is ``own``.
_FORMATS: tuple[tuple[str, str, float], ...] = (
    (OWN, r"YD\d{13}", HIGH),
    (OWN, r"\d{12,15}", MEDIUM),
    ("shunfeng", r"SF(?:\d{12,13}|\d{15})", HIGH),
    ("yuantong", r"YT\d{13}", HIGH),
    ("jtexpress", r"JT\d{13}", HIGH),
    ("jd", r"JD[A-Z]{0,3}\d{10,15}(?:-\d+-\d+-?)?", HIGH),
    ("debangkuaidi", r"DP[KL]\d{12}", HIGH),
    ("ems", r"E[A-Z]\d{9}[A-Z]{2}", HIGH),
    ("youzhengguonei", r"(?!E)[A-Z]{2}\d{9}CN", MEDIUM),
    ("zhongtong", r"7[3589]\d{12}", MEDIUM),
    ("shentong", r"77\d{13}", MEDIUM),
    ("yunda", r"(?:31|4\d)\d{13}", MEDIUM),
    ("youzhengguonei", r"9[89]\d{11}", MEDIUM),
    ("ems", r"1[01]\d{11}", LOW),
    ("shunfeng", r"\d{12}", LOW),
    ("zhongtong", r"\d{12}", LOW),
    ("shentong", r"(?:268|368|468|568|588|668|688|768|868|888|968)\d{9,10}", LOW),
    ("yunda", r"\d{13}", LOW),
)
_COMPILED = tuple((carrier, re.compile(regex), confidence) for carrier, regex, confidence in _FORMATS)
_MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")
_POSTAL = re.compile(r"[A-Z]{2}(\d{8})(\d)[A-Z]{2}")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@dataclass(frozen=True)
class Candidate:
    """``confidence`` between 0 and 1: how much the format alone says."""

    carrier: str
    confidence: float


def read_waybill(text: str) -> list[Candidate]:
    """Who may have given out this number, own numbers first, then likelier ones; none if it is no waybill number."""
    number = re.sub(r"[\s\u200b-\u200d\u2060\ufeff]", "", unicodedata.normalize("NFKC", text)).upper()
    bare = number.replace("-", "")
    if _MOBILE.fullmatch(bare):
        return []
    found: dict[str, float] = {}
    for carrier, regex, confidence in _COMPILED:
        if regex.fullmatch(bare) or regex.fullmatch(number):
            found.setdefault(carrier, _confirmed(bare, confidence))
    return sorted((Candidate(*pair) for pair in found.items()), key=lambda c: (c.carrier != OWN, -c.confidence))


def _confirmed(number: str, confidence: float) -> float:
    """A postal number (UPU S10) carries a check digit: it makes sure, or nearly rules the number out."""
    match = _POSTAL.fullmatch(number)
    if match is None:
        return confidence
    rest = 11 - sum(w * int(d) for w, d in zip(_WEIGHTS, match.group(1), strict=True)) % 11
    right = {10: 0, 11: 5}.get(rest, rest) == int(match.group(2))
    return HIGH if right else LOW
