"""What an instruction of a party means for the promise and for lockers and stations.  Pure."""

import re
from datetime import date, datetime, timedelta

from bot.clock import CHINA, local
from bot.dialogue.components.values.dates import read_date
from bot.rules.model import RuleBook

_LONGEST_DATE = 10
_STATION = re.compile(r"驿站|快递柜|柜子|丰巢|代收点|菜鸟|自提|自取")
_DOOR = re.compile(r"上门|门口|家里|送到家|楼上")
_NOT = re.compile(r"(?:不要|别|不能|不许|不想|不准|不可以|勿|不).{0,4}$")


def agreed_until(book: RuleBook, reason: str, words: str, zone: str, *, now: datetime) -> datetime:
    """Until when a delivery that was put off has to be made: so many days, by the table, after the day named.

    Parameters
    ----------
    reason: as in the table ``redelivery``: date_agreed, change_asked, pickup_agreed …
    words: what the party said about when; where no day is named, days count from today.
    """
    today = local(now).date()
    decision = book.decide("redelivery", {"reason": reason, "zone": zone or None})
    day = (named_day(words, today) or today) + timedelta(days=int(decision.number("days")))
    return datetime(day.year, day.month, day.day, int(decision.number("deliver_by_hour")), tzinfo=CHINA)


def named_day(words: str, today: date) -> date | None:
    """The last day that some words name, not before today: 周六下午, 过完节, 12月3号以后.

    >>> named_day("周六下午吧", date(2026, 3, 4)).isoformat()
    '2026-03-07'
    """
    for length in range(min(len(words), _LONGEST_DATE), 1, -1):
        for start in range(len(words) - length + 1):
            found = read_date(words[start : start + length], today)
            day = found and (found.last or found.first)
            if day and day >= today:
                return day
    return None


def station_consent(words: str) -> bool | None:
    """Whether the party wants (True) or refuses (False) a locker or station; None when the words don't say.

    >>> station_consent("别放驿站，送上门"), station_consent("放菜鸟驿站就行"), station_consent("来之前打电话")
    (False, True, None)
    """
    station, door = _STATION.search(words), _DOOR.search(words)
    if station is not None:
        return not _NOT.search(words[: station.start()])
    if door is not None and not _NOT.search(words[: door.start()]):
        return False
    return None
