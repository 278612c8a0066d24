"""Whose waybill number may this be?  Candidates with confidence, never silently one.

No carrier publishes a list of its formats; these come from public sources.  Carriers go by Kuaidi100's codes.
"""

import re
import unicodedata
from dataclasses import dataclass

HIGH, MEDIUM, LOW = 0.9, 0.6, 0.3

CARRIERS = {
    "shunfeng": "顺丰速运",
    "shunfengkuaiyun": "顺丰快运",
    "yuantong": "圆通速递",
    "zhongtong": "中通快递",
    "shentong": "申通快递",
    "yunda": "韵达快递",
    "jtexpress": "极兔速递",
    "jd": "京东物流",
    "ems": "EMS",
    "youzhengguonei": "邮政快递包裹",
    "youzhengbk": "邮政标准快递",
    "debangkuaidi": "德邦快递",
    "debangwuliu": "德邦物流",
    "huitongkuaidi": "百世快递",
    "danniao": "丹鸟",
    "zhaijisong": "宅急送",
    "annengwuliu": "安能物流",
    "kuayue": "跨越速运",
    "tiantian": "天天快递",
    "youshuwuliu": "优速快递",
    "suning": "苏宁物流",
}
"""Kuaidi100's codes of the domestic carriers, with the names people know."""

_NEEDS_PHONE_TAIL = frozenset({"shunfeng", "shunfengkuaiyun", "zhongtong"})

_FORMATS: tuple[tuple[str, str, float], ...] = (
    ("shunfeng", r"SF(?:\d{12,13}|\d{15})", HIGH),
    ("yuantong", r"YT\d{13}", HIGH),
    ("jtexpress", r"JT\d{13}", HIGH),
    ("jd", r"JD[A-Z]{0,3}\d{10,15}(?:-\d+-\d+-?)?", HIGH),
    ("debangkuaidi", r"DP[KL]\d{12}", HIGH),
    ("ems", r"E[A-Z]\d{9}[A-Z]{2}", HIGH),
    ("youzhengguonei", r"(?!E)[A-Z]{2}\d{9}CN", MEDIUM),
    ("youzhengguonei", r"9[89]\d{11}", MEDIUM),
    ("zhongtong", r"7[3589]\d{12}", MEDIUM),
    ("shentong", r"77\d{13}", MEDIUM),
    ("yunda", r"(?:31|4\d)\d{13}", MEDIUM),
    ("ems", r"1[01]\d{11}", LOW),
    ("shentong", r"(?:268|368|468|568|588|668|688|768|868|888|968)\d{9,10}", LOW),
    ("shunfeng", r"\d{12}", LOW),
    ("zhongtong", r"\d{12}", LOW),
    ("yunda", r"\d{13}", LOW),
)
_COMPILED = tuple((carrier, re.compile(regex), confidence) for carrier, regex, confidence in _FORMATS)
_NOISE = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]")
_MOBILE = re.compile(r"\+?(?:86)?1[3-9]\d{9}")
_JD_PACKAGE = re.compile(r"JD[A-Z]{0,3}\d+-\d+-\d+-?")
_POSTAL = re.compile(r"[A-Z]{2}(\d{8})(\d)[A-Z]{2}")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@dataclass(frozen=True)
class Candidate:
    """A carrier that may have given out the number; ``confidence`` (0-1) is what the format alone says."""

    carrier: str
    confidence: float


def candidates_for(text: str) -> list[Candidate]:
    """Who may have given out this number, likelier ones first; none for a phone number or an unknown format."""
    number = normalise(text)
    if _MOBILE.fullmatch(number):
        return []
    found: dict[str, float] = {}
    for carrier, regex, confidence in _COMPILED:
        if regex.fullmatch(number):
            found.setdefault(carrier, _confirmed(number, confidence))
    return sorted((Candidate(*pair) for pair in found.items()), key=lambda one: -one.confidence)


def normalise(text: str) -> str:
    """A number as carriers write it: half-width, without spaces, hyphens or invisible characters, upper case.

    The hyphens of a JD package (``JDVB...-1-1-``) belong to the number.
    """
    number = _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
    return number if _JD_PACKAGE.fullmatch(number) else number.replace("-", "")


def needs_phone_tail(carrier: str) -> bool:
    """Whether the carrier shows a track only to somebody who knows the end of a party's phone number."""
    return carrier in _NEEDS_PHONE_TAIL


def phone_tail(phone: str) -> str:
    """The last four digits of a phone number, or of the extension of a virtual one; empty when there are none."""
    number = _NOISE.sub("", unicodedata.normalize("NFKC", phone))
    match = re.search(r"[0-9]{4}$", number)
    return match.group() if match else ""


def has_right_check_digit(number: str) -> bool | None:
    """Whether an international postal number (UPU S10) adds up; None for a number of another kind."""
    match = _POSTAL.fullmatch(number)
    if match is None:
        return None
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, match.group(1), strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(match.group(2))


def _confirmed(number: str, confidence: float) -> float:
    """A check digit makes sure, or nearly rules the number out."""
    right = has_right_check_digit(number)
    if right is None:
        return confidence
    return HIGH if right else LOW
