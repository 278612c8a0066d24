"""Hours of the day: 下午三点后, 上午, 9点到11点, 14:00-16:00, 晚饭后."""

import re
import unicodedata
from dataclasses import dataclass

from bot.dialogue.components.values.numerals import read_number

NOON, MIDNIGHT = 12.0, 24.0

_PARTS_SPOKEN: dict[tuple[float, float], str] = {
    (0.0, 6.0): "凌晨 下半夜 后半夜",
    (6.0, 9.0): "清早 大清早 清晨 一大早 一早 大早上 早上 早晨 早 早间 头晌",
    (9.0, NOON): "上午 上半天 前晌 午前",
    (11.5, 13.5): "中午 午间 正午 晌午 午休 大中午 午饭 饭点 饭口",
    (13.0, 18.0): "下午 午后 下半天 后晌 下昼 下晚",
    (15.0, 17.0): "半下午",
    (17.0, 19.0): "傍晚 黄昏 擦黑 傍黑",
    (18.0, 22.0): "晚上 晚 晚间 夜间 夜里 夜晚 大晚上 夜",
    (22.0, MIDNIGHT): "半夜 深夜 大半夜 三更半夜",
    (8.0, 18.0): "白天 大白天",
    (9.0, 18.0): "上班时间 工作时间 办公时间 上班期间",
    (0.0, MIDNIGHT): "全天 整天 一整天 随时 一天 全天候",
}
_EVENTS_SPOKEN: dict[float, str] = {
    6.0: "天亮",
    8.0: "早饭 早餐",
    9.0: "上班",
    12.5: "午饭 中饭 午餐 吃饭",
    13.0: "吃完饭 饭点",
    13.5: "午休",
    17.0: "放学 下课",
    18.0: "下班",
    19.0: "晚饭 晚餐 天黑",
}
_PARTS = {word: hours for hours, words in _PARTS_SPOKEN.items() for word in words.split()}
_EVENTS = {word: hour for hour, words in _EVENTS_SPOKEN.items() for word in words.split()}
_LATEST_VISIT = 22.0
_FRACTION = {"半": 0.5, "一刻": 0.25, "三刻": 0.75, "整": 0.0, "钟": 0.0}

_NAMES = "|".join(sorted(_PARTS, key=len, reverse=True))
_DAY = r"(?:今|明|昨|后|前|当|每)(?:天|日|儿个?)?"
_HOUR = r"(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})"


def _clock(i: int, *, bare: bool) -> str:
    minutes = rf"(?P<f{i}>半|整|钟|一刻|三刻)?(?:(?P<n{i}>[\d零一二三四五六七八九十]{{1,3}})分?)?"
    point = rf"(?:[:：](?P<m{i}>\d{{2}})|[点时]{minutes})"
    return rf"(?P<h{i}>{_HOUR}){point}" + ("?" if bare else "")


_SUFFIX = r"(?:多|左右|前后|来钟)?(?:之?间)?(?P<way>(?:[以之])?[前后]|左右|内)?(?:的?时候|那会儿?)?"
_WAY = r"(?P<way>[以之]?[前后])?"
_WHILE = r"(?:的?时候|时间|期间|那会儿?)?"
_START = rf"(?:{_DAY})?(?P<p1>{_NAMES})?"
_RANGE = re.compile(
    rf"{_START}{_clock(1, bare=True)}(?:左右)?[-~—到至](?P<p2>{_NAMES})?{_clock(2, bare=False)}{_SUFFIX}"
)
_POINT = re.compile(rf"{_START}{_clock(1, bare=False)}{_SUFFIX}")
_PART = re.compile(rf"(?:{_DAY})?(?P<p1>{_NAMES})(?:[到至-](?P<p2>{_NAMES}))?{_WAY}(?:的?时候)?")
_EVENT = re.compile(rf"(?:{_DAY})?(?:中午|晚上|早上|下午)?吃?完?(?P<e>{'|'.join(_EVENTS)}){_WAY}{_WHILE}")


@dataclass(frozen=True)
class Hours:
    """Hours after midnight, 9.5 for half past nine; both ends the same for a moment, None for an open end."""

    start: float | None
    end: float | None


def read_time(text: str) -> Hours | None:
    """What of the day is meant, or None.  A bare hour from one to six is of the afternoon: couriers come by day."""
    clean = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if match := _RANGE.fullmatch(clean):
        return _range(match)
    if match := _POINT.fullmatch(clean):
        return _point(match)
    if match := _PART.fullmatch(clean):
        return _part(match)
    if match := _EVENT.fullmatch(clean):
        return _bounded(_EVENTS[match["e"]], match["way"], _LATEST_VISIT)
    return None


def _range(match: "re.Match[str]") -> Hours | None:
    end = _hour(match, 2, match["p2"] or match["p1"])
    start = _hour(match, 1, match["p1"])
    if start is None or end is None:
        return None
    if not match["p1"] and match["p2"] and start + NOON < end and start < 6:
        start += NOON
    return Hours(start, end if end > start else end + NOON if end + NOON <= MIDNIGHT else end)


def _point(match: "re.Match[str]") -> Hours | None:
    hour = _hour(match, 1, match["p1"])
    if hour is None:
        return None
    part = _PARTS.get(match["p1"] or "")
    until = max(part[1], hour) if part else _LATEST_VISIT
    return _bounded(hour, match["way"], max(until, hour))


def _part(match: "re.Match[str]") -> Hours:
    start, end = _PARTS[match["p1"]]
    if match["p2"]:
        return Hours(start, _PARTS[match["p2"]][1])
    way = (match["way"] or "")[-1:]
    return Hours(None, start) if way == "前" else Hours(end, _LATEST_VISIT) if way == "后" else Hours(start, end)


def _bounded(hour: float, way: str | None, until: float) -> Hours:
    way = (way or "")[-1:]
    return Hours(None, hour) if way == "前" else Hours(hour, until) if way == "后" else Hours(hour, hour)


def _hour(match: "re.Match[str]", which: int, part: str | None) -> float | None:
    """Hours after midnight of the clock numbered ``which``, in the part of the day named."""
    number = read_number(match[f"h{which}"])
    if number is None or not 0 <= number <= MIDNIGHT:
        return None
    minutes = read_number(match[f"m{which}"] or match[f"n{which}"] or "0") or 0.0
    hour = number + _FRACTION.get(match[f"f{which}"] or "", 0.0) + minutes / 60
    return round(hour + _shift(number, part, exact=bool(match[f"m{which}"])), 4)


def _shift(hour: float, part: str | None, *, exact: bool) -> float:
    """12 where the clock's hour is of the afternoon."""
    if part is None:
        return NOON if 1 <= hour <= 6 and not exact else 0.0
    start, end = _PARTS[part]
    if end <= NOON or hour > NOON:
        return 0.0
    if part in ("中午", "午间", "正午", "大中午", "白天", "大白天"):
        return NOON if hour < 8 else 0.0
    if hour == NOON:
        return NOON if start >= 18.0 else 0.0
    return NOON if start >= NOON else 0.0
