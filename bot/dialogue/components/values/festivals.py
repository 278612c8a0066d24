"""Festivals as words for days: 国庆后, 节后第一天, 过完年, 初八, 腊月二十八."""

import re
from datetime import date, timedelta

from bot.dialogue.components.values.days import NUMBER, ONE_DAY, Days, Reader, Said, one, whole, year_of
from bot.dialogue.components.values.holidays import FESTIVALS, days_off, festival, next_days_off, next_workday
from bot.dialogue.components.values.lunar import lunar_day

_SPOKEN = {name: name for name in FESTIVALS}
_SPOKEN |= {"新年": "春节", "年": "春节", "大年": "春节", "劳动": "五一", "十一": "国庆", "上元": "元宵"}
_SPOKEN |= {"双11": "双十一", "双12": "双十二", "618": "六一八", "六一": "儿童节", "三八": "妇女节"}
_SPOKEN |= {"年三十": "除夕", "大年三十": "除夕", "三十晚": "除夕", "阳历年": "元旦"}
_LATELY = timedelta(days=30)
"""A festival this short a time ago is still the one that is spoken of."""


def _festival(match: "re.Match[str]", said: Said) -> Days | None:
    """国庆, 国庆后, 节后第一天 of a named holiday, 今年春节前."""
    name = _SPOKEN[match["name"]]
    years = [year_of(match["y"], said.today)] if match["y"] else range(said.today.year - 1, said.today.year + 2)
    way = match["way"] or ("后" if match["done"] else None)
    found = [days for year in years if (days := _around(name, year, way, match["nth"]))]
    if said.past:
        gone = [days for days in found if (days.first or days.last or said.today) <= said.today]
        return gone[-1] if gone else None
    coming = [days for days in found if match["y"] or (days.last or days.first or said.today) >= said.today]
    just_been = [days for days in found if days.first and timedelta(0) < said.today - days.first < _LATELY]
    if just_been and not way and not match["y"]:
        return just_been[-1]
    return coming[0] if coming else None


def _around(name: str, year: int, way: str | None, nth: str | None) -> Days | None:
    day, off = festival(name, year), days_off(name, year)
    if day is None:
        return None
    first, last = off or (day, day)
    if way and way.endswith("前"):
        return Days(None, (first if off else day) - ONE_DAY)
    if way and way.endswith("后"):
        return _behind(last, nth, holiday=off is not None)
    return Days(first, last) if way else one(day)


def _behind(last: date, nth: str | None, *, holiday: bool) -> Days:
    """After the days off: from the first workday; the first day is that workday itself."""
    day = next_workday(last) if holiday else last + ONE_DAY
    for _ in range(whole(nth) - 1 if nth else 0):
        day += ONE_DAY
    return one(day) if nth else Days(day, None)


def _next_holiday(match: "re.Match[str]", said: Said) -> Days:
    """节后, 放假前, 假期: of the holiday that is on or comes next."""
    first, last = next_days_off(said.today)
    way = match["way"] or ""
    if way.endswith("前"):
        return Days(None, first - ONE_DAY)
    return _behind(last, match["nth"], holiday=True) if way.endswith("后") else Days(first, last)


def _lunar(match: "re.Match[str]", said: Said) -> Days | None:
    """初八 (of the first month unless one is named), 正月十五, 腊月二十八."""
    month = {"正月": 1, "腊月": 12, "冬月": 11, None: 1}.get(match["m"])
    if month is None:
        month = whole((match["m"] or "").removesuffix("月"))
    day = whole(match["d"].removeprefix("初"))
    found = [there for ahead in (-2, -1, 0, 1) if (there := lunar_day(said.today.year + ahead, month, day))]
    if said.past:
        return one(max(there for there in found if there <= said.today))
    return one(min(there for there in found if there >= said.today))


_NAMES = "|".join(sorted(map(re.escape, _SPOKEN), key=len, reverse=True))
_NTH = r"(?:的?第(?P<nth>[一二三四五1-5])[天日])?"
_LUNAR_MONTH = r"(?P<m>正月|腊月|冬月|[二三四五六七八九十]月)"
FESTIVAL_READERS: tuple[tuple[str, Reader], ...] = (
    (
        rf"等?(?P<done>过完)?过?(?P<y>[今明去]年)?(?P<name>{_NAMES})(?:劳动)?节?(?:(?:放)?假期?|长假|当天)?"
        rf"(?:的?(?P<way>期间|(?:过?完|[以之])?[前后]))?{_NTH}",
        _festival,
    ),
    (rf"等?过?完?(?:节假?日?|放?假期?|长假|收假)(?P<way>期间|完?[以之]?[前后])?{_NTH}", _next_holiday),
    (rf"(?:农历|阴历|大年|年)?{_LUNAR_MONTH}(?P<d>{NUMBER})", _lunar),
    (rf"(?:农历|阴历|大年|年)?{_LUNAR_MONTH}?(?P<d>初[一二三四五六七八九十]|廿[一二三四五六七八九])", _lunar),
)
