"""Festivals, public holidays and working days of mainland China.

What chinesecalendar knows (it follows the State Council's yearly notice, make-up workdays included) counts; a year not
yet announced is read by the general rule.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from itertools import takewhile

import chinese_calendar

from bot.dialogue.components.values.lunar import lunar_day, new_years_eve

ONE_DAY = timedelta(days=1)

_Day = Callable[[int], date | None]


def _solar(month: int, day: int) -> _Day:
    return lambda year: date(year, month, day)


def _lunar(month: int, day: int) -> _Day:
    return lambda year: lunar_day(year, month, day)


def _sunday(month: int, which: int) -> _Day:
    return lambda year: date(year, month, 1) + timedelta(days=6 - date(year, month, 1).weekday() + 7 * (which - 1))


def _qingming(year: int) -> date:
    """By the century's formula; right for 2001-2099."""
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


FESTIVALS: dict[str, _Day] = {
    "元旦": _solar(1, 1),
    "春节": _lunar(1, 1),
    "清明": _qingming,
    "五一": _solar(5, 1),
    "端午": _lunar(5, 5),
    "中秋": _lunar(8, 15),
    "国庆": _solar(10, 1),
    "除夕": new_years_eve,
    "元宵": _lunar(1, 15),
    "七夕": _lunar(7, 7),
    "重阳": _lunar(9, 9),
    "腊八": lambda year: lunar_day(year - 1, 12, 8),
    "小年": lambda year: lunar_day(year - 1, 12, 23),
    "情人节": _solar(2, 14),
    "妇女节": _solar(3, 8),
    "儿童节": _solar(6, 1),
    "教师节": _solar(9, 10),
    "母亲节": _sunday(5, 2),
    "父亲节": _sunday(6, 3),
    "双十一": _solar(11, 11),
    "双十二": _solar(12, 12),
    "六一八": _solar(6, 18),
    "平安夜": _solar(12, 24),
    "圣诞": _solar(12, 25),
}
_RULE: dict[str, tuple[int, int]] = {
    "元旦": (0, 0),
    "春节": (-1, 6),
    "清明": (0, 0),
    "五一": (0, 4),
    "端午": (0, 0),
    "中秋": (0, 0),
    "国庆": (0, 6),
}
"""Public holidays: from how many days before to how many after the festival, where no notice is out yet."""


def festival(name: str, year: int) -> date | None:
    """The day itself; None outside the tables."""
    return FESTIVALS[name](year)


@lru_cache(maxsize=256)
def days_off(name: str, year: int) -> tuple[date, date] | None:
    """First and last day off around a public holiday, weekends that touch it included."""
    day = festival(name, year)
    if day is None or name not in _RULE:
        return None
    before, after = _RULE[name]
    first, last = day, day
    if not _announced(year):
        first, last = day + before * ONE_DAY, day + after * ONE_DAY
    while not is_workday(first - ONE_DAY):
        first -= ONE_DAY
    while not is_workday(last + ONE_DAY):
        last += ONE_DAY
    return first, last


def next_days_off(today: date) -> tuple[date, date]:
    """The public holiday that is on, or else comes next."""
    years = (today.year, today.year + 1)
    known = [off for year in years for name in _RULE if (off := days_off(name, year)) and off[1] >= today]
    return min(known)


def is_workday(day: date) -> bool:
    """Monday to Friday save holidays, and make-up workdays."""
    if _announced(day.year):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and day not in _general_days_off(day.year)


def next_workday(day: date) -> date:
    """The first workday after a day."""
    off = takewhile(lambda ahead: not is_workday(day + ahead * ONE_DAY), range(1, 40))
    return day + (len(list(off)) + 1) * ONE_DAY


@lru_cache(maxsize=32)
def _general_days_off(year: int) -> frozenset[date]:
    centres = {name: festival(name, year) for name in _RULE}
    return frozenset(
        centre + ahead * ONE_DAY
        for name, centre in centres.items()
        if centre is not None
        for ahead in range(_RULE[name][0], _RULE[name][1] + 1)
    )


@lru_cache(maxsize=64)
def _announced(year: int) -> bool:
    try:
        chinese_calendar.is_workday(date(year, 6, 1))
    except NotImplementedError:
        return False
    return True
