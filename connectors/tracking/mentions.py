"""Numbers and names of other carriers in what people write."""

import re
import unicodedata

from bot.waybills.foreign import Mention
from connectors.tracking.carriers import CARRIERS, HIGH, candidates_for, normalise

_SPOKEN = {
    "顺丰快运": "shunfengkuaiyun",
    "顺丰": "shunfeng",
    "圆通": "yuantong",
    "中通": "zhongtong",
    "申通": "shentong",
    "韵达": "yunda",
    "极兔": "jtexpress",
    "京东": "jd",
    "EMS": "ems",
    "邮政标快": "youzhengbk",
    "邮政": "youzhengguonei",
    "德邦物流": "debangwuliu",
    "德邦": "debangkuaidi",
    "百世": "huitongkuaidi",
    "丹鸟": "danniao",
    "宅急送": "zhaijisong",
    "安能": "annengwuliu",
    "跨越": "kuayue",
    "天天快递": "tiantian",
    "优速": "youshuwuliu",
    "苏宁": "suning",
}
"""What people call carriers; longer names before the shorter ones they begin with."""

_NAME = re.compile("|".join(_SPOKEN), re.IGNORECASE)
_RUN = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,5}[ -]?)?\d(?:[ -]?\d){7,17}(?:-\d{1,3}-\d{1,3}-?)?[A-Za-z]{0,2}(?![0-9A-Za-z])"
)
_UNBROKEN = re.compile(r"[A-Za-z]{0,5}[ -]?\d{8,20}(?:-\d{1,3}-\d{1,3}-?)?[A-Za-z]{0,2}")
_JD_PACKAGE = re.compile(r"JD[A-Z]{0,3}\d{10,15}-\d{1,3}-\d{1,3}-?", re.IGNORECASE)
_OWN = re.compile(r"YD\d{13}")
_NUMBER = re.compile(r"[A-Z]{0,5}\d{10,20}[A-Z]{0,2}")
_MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")
_JOINED = ":"
"""In a button: the carrier that was chosen, and the number."""


def mentions_in(text: str) -> tuple[Mention, ...]:
    """Every number whose format is another carrier's, or that is said to be another carrier's; each once.

    A button says both at once: ``yunda:4310508235533``.
    """
    carrier, joined, number = text.strip().partition(_JOINED)
    if joined and carrier in CARRIERS:
        return (Mention(normalise(number), carrier),)
    plain = unicodedata.normalize("NFKC", text)
    named = carrier_in(plain)
    found = (_mention(number, named) for number in _numbers(plain))
    return tuple(dict.fromkeys(mention for mention in found if mention is not None))


def carrier_in(text: str) -> str:
    """The code of the one carrier that a text names; empty when it names none, or several."""
    named = {_SPOKEN[name.upper()] for name in _NAME.findall(unicodedata.normalize("NFKC", text))}
    return named.pop() if len(named) == 1 else ""


def _numbers(text: str) -> list[str]:
    """Packages of JD keep their hyphens; what is left is looked through for the others."""
    packages = _JD_PACKAGE.findall(text)
    rest = _JD_PACKAGE.sub(" ", text)
    return [*map(normalise, packages), *(number for match in _RUN.finditer(rest) for number in _read(match.group()))]


def _read(run: str) -> list[str]:
    """Digits that stand together are the number, and those behind them a phone tail, unless only all together fit."""
    unbroken = [normalise(piece) for piece in _UNBROKEN.findall(run)]
    fitting = [number for number in unbroken if candidates_for(number)]
    return fitting or ([normalise(run)] if candidates_for(run) or not unbroken else unbroken)


def _mention(number: str, named: str) -> Mention | None:
    """A name counts unless the number's own format speaks against it."""
    candidates = candidates_for(number)
    if _OWN.fullmatch(number) or _MOBILE.fullmatch(number):
        return None
    sure = [one.carrier for one in candidates if one.confidence >= HIGH]
    if sure and named not in sure:
        return Mention(number)
    is_one = bool(candidates) or (named and _NUMBER.fullmatch(number))
    return Mention(number, named) if is_one else None
