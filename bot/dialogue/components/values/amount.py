"""Money in yuan: 300块, 一千二, 1万5, 十二块五, 3块5毛, ￥268.00, 三百来块."""

import re
import unicodedata

from bot.dialogue.components.values.numerals import read_digits, read_number

_NUMBER = r"[\d.,零〇一二两俩三四五六七八九十百千万亿点半来多把余]+"
_WHOLE = re.compile(
    rf"^(?:人民币|rmb|[¥￥$])?(?P<number>{_NUMBER}?)(?:个)?(?:元整?|块钱?|大洋|人民币|rmb|圆)?(?P<rest>多钱?|钱|来?块)?$"
)
_DIGIT = r"[\d一二两三四五六七八九]"
_YUAN = re.compile(rf"^(?P<yuan>{_NUMBER}?)[块元](?P<jiao>{_DIGIT}|半)[毛角]?(?:(?P<fen>{_DIGIT})分?)?钱?$")
_JIAO = re.compile(rf"^(?P<jiao>(?:{_DIGIT}|十)+)[毛角]钱?(?:(?P<fen>{_DIGIT})分?)?$")


def read_amount(text: str) -> float | None:
    """Yuan, or None; 三百来块 counts as 300, 几百块 as nothing."""
    clean = unicodedata.normalize("NFKC", text).replace(" ", "").lower()
    clean = re.sub(r"^[上好]?(?=[百千万])", "", clean)
    if match := _YUAN.match(clean):
        whole, tenths = read_number(match["yuan"]), 5 if match["jiao"] == "半" else _digit(match["jiao"])
        return None if whole is None else round(whole + tenths / 10 + _digit(match["fen"]) / 100, 2)
    if match := _JIAO.match(clean):
        tenths = int(read_number(match["jiao"]) or 0)
        return round(tenths / 10 + _digit(match["fen"]) / 100, 2) or None
    if match := _WHOLE.match(clean):
        return read_number(match["number"]) or None
    return None


def _digit(text: str | None) -> int:
    return int(read_digits(text) or 0) if text else 0
