"""Phones, addresses and numbers of people within sentences: found and masked; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.desk.masking import mask_phone
from bot.desk.tools.kinds import Secret

_MOBILE = re.compile(r"(?<![\dA-Za-z])(?:\+?86[\s-]?)?1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)")
_LANDLINE = re.compile(r"(?<![\dA-Za-z])0\d{2,3}[\s-]?\d{7,8}(?:[\s-]?转\s?\d{1,6})?(?!\d)")
_ID_CARD = re.compile(
    r"(?<![\dA-Za-z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
)
_BANK_CARD = re.compile(r"(?<![\dA-Za-z])(?:62|4\d|5[1-5])\d{2}(?:[\s-]?\d{4}){3}(?:[\s-]?\d{1,3})?(?!\d)")

_NUMBER = r"[0-9０-９一二三四五六七八九十百A-Za-z\-－之附]{1,8}"
_UNIT = r"(?:号楼|号院|号|弄|栋|幢|座|单元|室|楼|层|房|门|组|户)"
_PLACE = r"(?:路|街|道|巷|胡同|弄堂|里弄|村|小区|社区|花园|花苑|家园|公寓|大厦|广场|苑|城|府|庭|园|湾|邨|屯|庄|镇|乡)"
_STREET = rf"[一-鿿0-9]{{1,14}}?{_PLACE}"
_DETAIL = rf"{_NUMBER}\s?{_UNIT}(?:[ ,，]?[一-鿿]{{0,12}}?{_NUMBER}\s?{_UNIT}){{0,5}}(?:\s?\d{{2,5}}(?!\d))?"
_ADDRESS = re.compile(rf"(?P<street>{_STREET})\s?(?P<detail>{_DETAIL})")
_UNITS_ONLY = re.compile(
    rf"(?<![0-9A-Za-z])(?:\d{{1,4}}(?:号楼|栋|幢|座)\s?(?:{_NUMBER}单元)?\s?\d{{2,5}}(?:室|房|号)?)(?!\d)"
)


@dataclass(frozen=True)
class Found:
    """Something that is to be masked, at ``start`` to ``end`` of the text."""

    kind: Secret
    start: int
    end: int


def secrets_in(text: str) -> list[Found]:
    """What is in a text, in its order, never overlapping.  Waybill numbers are none."""
    found: list[Found] = []
    for one in _candidates(text):
        if all(one.end <= other.start or one.start >= other.end for other in found):
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def mask_text(text: str) -> str:
    """The text with all of that masked, each in its own way; nothing else changes."""
    masked, at = [], 0
    for one in secrets_in(text):
        masked += [text[at : one.start], _mask(one.kind, text[one.start : one.end])]
        at = one.end
    return "".join([*masked, text[at:]])


def mask_address(address: str) -> str:
    """As far as the street; where no street is named, the first six characters."""
    masked = mask_text(address)
    return masked if masked != address else address[:6] + "****"


def _candidates(text: str) -> Iterator[Found]:
    """The surer kinds first."""
    for kind, pattern in (
        (Secret.id_card, _ID_CARD),
        (Secret.phone, _MOBILE),
        (Secret.bank_card, _BANK_CARD),
        (Secret.phone, _LANDLINE),
    ):
        for match in pattern.finditer(text):
            yield Found(kind, *match.span())
    for match in _ADDRESS.finditer(text):
        yield Found(Secret.address, match.start("detail"), match.end("detail"))
    for match in _UNITS_ONLY.finditer(text):
        yield Found(Secret.address, *match.span())


def _mask(kind: Secret, text: str) -> str:
    if kind is Secret.address:
        return "****"
    digits = re.sub(r"[^\dXx]", "", text.partition("转")[0])
    if kind is Secret.phone:
        return mask_phone(digits.removeprefix("86") if len(digits) > 12 else digits) or ""
    return f"{digits[:2]}{'*' * (len(digits) - 6)}{digits[-4:]}"
