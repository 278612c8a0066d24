"""Days meant by words: 明天, 下周二, 月底, 3月5号, 国庆后, 节后第一天, 上周五.

``today`` is the day the words were said on, in China.
"""

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta

from bot.dialogue.components.values.days import NUMBER, ONE_DAY, Days, Reader, Said, one, whole, year_of
from bot.dialogue.components.values.festivals import FESTIVAL_READERS
from bot.dialogue.components.values.numerals import read_number

_RELATIVE = {
    **dict.fromkeys(("大前天", "大前日", "大前儿"), -3),
    **dict.fromkeys(("前天", "前日", "前儿", "前晚", "前早"), -2),
    **dict.fromkeys(("昨天", "昨日", "昨儿", "昨晚", "昨早", "昨夜", "昨", "寻日", "琴日"), -1),
    **dict.fromkeys(("今天", "今日", "今儿", "今晚", "今早", "今夜", "今", "今朝", "当天", "当日", "当晚", "本日"), 0),
    **dict.fromkeys(("明天", "明日", "明儿", "明晚", "明早", "明", "明朝", "听日", "次日", "翌日", "隔天"), 1),
    **dict.fromkeys(("后天", "后日", "后儿", "后晚", "后朝"), 2),
    **dict.fromkeys(("大后天", "大后日", "大后儿"), 3),
    "大大后天": 4,
}
_WEEKDAYS = {**{sign: at for at, sign in enumerate("一二三四五六日")}, **dict.fromkeys("天末七7", 6)}
_WEEKDAYS |= {str(at + 1): at for at in range(6)}
_NEARLY_HALF_A_YEAR = 190
# First and last day; 31 stands for the last of the month.
_PARTS_OF_MONTH = {"初": (1, 1), "头": (1, 1), "中": (15, 15), "底": (31, 31), "末": (31, 31)}
_PARTS_OF_MONTH |= {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31)}

_WEEK = r"(?:周|星期|礼拜)"
_DAY = r"[一二三四五六日天末七1-7]"


def read_date(text: str, today: date, *, past: bool = False) -> Days | None:
    """The days a date means, or None where nobody can know (改天, 过几天).

    A day without its week, month or year is the next one, or the last one if ``past``; a month and a day without a
    year, and with no tense, are those of the nearer year.
    """
    clean = re.sub(r"[\s,，]", "", unicodedata.normalize("NFKC", text))
    clean = re.sub(r"(?<=[今明昨后前])儿个?", "儿", clean)
    said = Said(today, past)
    for regex, reader in _READERS:
        if match := regex.fullmatch(clean):
            try:
                return reader(match, said)
            except ValueError:
                return None
    return None


# -- around today ----------------------------------------------------------------------------------


def _relative(match: "re.Match[str]", said: Said) -> Days:
    return one(said.today + _RELATIVE[match.group()] * ONE_DAY)


def _counted(match: "re.Match[str]", said: Said) -> Days | None:
    """三天后, 一周前, 半个月内, 两个月后."""
    number = 0.5 if match["n"] == "半" else read_number(match["n"])
    if number is None:
        return None
    there = said.today + (-1 if match["way"] == "前" else 1) * _span(number, match["unit"])
    return Days(said.today, there) if match["way"] == "内" else one(there)


def _span(number: float, unit: str) -> timedelta:
    return timedelta(days=round(number * {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "年": 365}[unit]))


# -- weeks -----------------------------------------------------------------------------------------


def _weekday(match: "re.Match[str]", said: Said) -> Days:
    """下周二 is of next week, whatever day it is; a bare 周二 the next that comes."""
    monday = said.today - said.today.weekday() * ONE_DAY
    first, last = _WEEKDAYS[match["day"]], _WEEKDAYS[match["end"] or match["day"]]
    if match["day"] == "末":
        first, last = 5, 6
    start = monday + _weeks(match["which"]) * 7 * ONE_DAY + first * ONE_DAY
    length = (last - first) % 7 * ONE_DAY
    if not match["which"]:
        if said.past and start > said.today:
            start -= 7 * ONE_DAY
        elif not said.past and start + length < said.today:
            start += 7 * ONE_DAY
    return Days(start, start + length)


def _weeks(which: str | None) -> int:
    which = which or ""
    return which.count("下") - which.count("上")


def _week(match: "re.Match[str]", said: Said) -> Days:
    monday = said.today + (_weeks(match["which"]) * 7 - said.today.weekday()) * ONE_DAY
    return Days(monday, monday + 6 * ONE_DAY)


def _weekend(match: "re.Match[str]", said: Said) -> Days:
    saturday = said.today + (5 - said.today.weekday()) * ONE_DAY
    return Days(saturday, saturday + ONE_DAY)


# -- months ----------------------------------------------------------------------------------------


def _day_of_month(match: "re.Match[str]", said: Said) -> Days:
    """五号: of this month, or of the next (the last) if that has been (is yet to come)."""
    day = whole(match["d"])
    year, month = said.today.year, said.today.month
    for _ in range(12):
        if day <= monthrange(year, month)[1]:
            there = date(year, month, day)
            if there == said.today or (there < said.today) is said.past:
                return one(there)
        year, month = _month_from(year, month, -1 if said.past else 1)
    raise ValueError(day)


def _month(match: "re.Match[str]", said: Said) -> Days:
    """上个月, 下月初, 这个月15号, 月底."""
    year, month = _month_from(said.today.year, said.today.month, _weeks(match["which"]))
    return _part_of_month(year, month, match["part"], match["d"])


def _bare_part_of_month(match: "re.Match[str]", said: Said) -> Days:
    """月底 is this month's; 月初 next month's once this one's is over."""
    days = _part_of_month(said.today.year, said.today.month, match["part"], None)
    if days.last and days.last < said.today and not said.past:
        return _part_of_month(*_month_from(said.today.year, said.today.month, 1), match["part"], None)
    return days


def _full_date(match: "re.Match[str]", said: Said) -> Days:
    """With a year; two digits are of this century."""
    year = year_of(match["y"], said.today)
    return _part_of_month(year, whole(match["m"]), match["part"], match["d"])


def _month_and_day(match: "re.Match[str]", said: Said) -> Days:
    """3月5号, 12月底, 3月份: the nearer one, unless the tense decides."""
    month = whole(match["m"])
    wanted = (match["part"], match["d"]) if "part" in match.re.groupindex else (None, match["d"])
    days = [_part_of_month(said.today.year + ahead, month, *wanted) for ahead in (-1, 0, 1)]
    if said.past:
        return max((d for d in days if d.first and d.first <= said.today), key=lambda d: d.first or said.today)
    return _nearer(days, next(d for d in days if d.last and d.last >= said.today), said.today)


def _nearer(days: list[Days], coming: Days, today: date) -> Days:
    """The coming ones, unless they are far off: then the last that have been."""
    if coming.first is None or (coming.first - today).days <= _NEARLY_HALF_A_YEAR:
        return coming
    gone = [there for there in days if there.last and there.last < today]
    return gone[-1] if gone else coming


def _part_of_month(year: int, month: int, part: str | None, day: str | None) -> Days:
    length = monthrange(year, month)[1]
    if day:
        return one(date(year, month, whole(day)))
    first, last = _PARTS_OF_MONTH.get(part or "", (1, length))
    first, last = min(first, length), min(last, length)
    return Days(date(year, month, first), date(year, month, last))


def _month_from(year: int, month: int, ahead: int) -> tuple[int, int]:
    years, index = divmod(month - 1 + ahead, 12)
    return year + years, index + 1


# -- years -----------------------------------------------------------------------------------------


def _year_words(match: "re.Match[str]", said: Said) -> Days:
    year = year_of(match["y"], said.today)
    first, last = date(year, 1, 1), date(year, 12, 31)
    part = match["part"]
    return one(first) if part == "初" else one(last) if part else Days(first, last)


_WHICH = r"(?P<which>上上|下下|上|下|这|本|当|今)"
_UNIT = r"(?P<unit>天|日|周|星期|礼拜|月|年)"
_PART_OR_DAY = rf"(?:(?P<part>初|头|底|末|中旬|上旬|下旬|中)|(?P<d>{NUMBER})[号日]?)?"
_READERS: tuple[tuple["re.Pattern[str]", Reader], ...] = tuple(
    (re.compile(regex), reader)
    for regex, reader in (
        ("|".join(sorted(_RELATIVE, key=len, reverse=True)), _relative),
        (rf"(?:再?过|等)?(?P<n>{NUMBER}|半)个?{_UNIT}(?:以|之)?(?P<way>后|前|内)", _counted),
        (rf"再?过(?P<n>[一三四五六七八九十\d]+)个?{_UNIT}(?P<way>)", _counted),
        (rf"{_WHICH}?(?:一?个)?{_WEEK}(?P<day>{_DAY})(?:[到至或、和-]?{_WEEK}?(?P<end>{_DAY}))?", _weekday),
        (rf"{_WHICH}(?:一?个)?{_WEEK}", _week),
        (r"双休日?", _weekend),
        (rf"(?P<d>{NUMBER})[号日]", _day_of_month),
        (rf"{_WHICH}(?:一?个)?月份?{_PART_OR_DAY}", _month),
        (r"月(?P<part>初|头|底|末|中)", _bare_part_of_month),
        (
            rf"(?P<y>(?:20)?\d{{2}}年|[零〇一二三四五六七八九]{{2,4}}年|[今明去后前]年)(?P<m>{NUMBER})月份?"
            rf"{_PART_OR_DAY}",
            _full_date,
        ),
        (r"(?P<y>20\d{2})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})[号日]?(?P<part>)", _full_date),
        (r"(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})(?P<part>)", _full_date),
        (rf"(?P<m>{NUMBER})月份?{_PART_OR_DAY}", _month_and_day),
        (r"(?P<m>\d{1,2})[/.-](?P<d>\d{1,2})[号日]?", _month_and_day),
        (r"(?P<y>[今明去后]年|年)(?P<part>初|底|末)", _year_words),
        (r"(?P<y>[今明去后前]年)(?P<part>)", _year_words),
        *FESTIVAL_READERS,
    )
)
