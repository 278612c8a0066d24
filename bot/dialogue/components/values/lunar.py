"""The Chinese lunar calendar of 2020-2049 by table."""

from datetime import date, timedelta

FIRST_YEAR = 2020
_NEW_YEAR = date(2020, 1, 25)
# One number a year: bits 15-4 are months 1-12, set for 30 days, else 29; bits 3-0 name the leap month, 0 for none; bit
# 16 is set where that has 30 days.
_YEARS = (
    *(0x07954, 0x06AA0, 0x0AD50, 0x05B52, 0x04B60, 0x0A6E6, 0x0A4E0, 0x0D260, 0x0EA65, 0x0D530),
    *(0x05AA0, 0x076A3, 0x096D0, 0x04AFB, 0x04AD0, 0x0A4D0, 0x1D0B6, 0x0D250, 0x0D520, 0x0DD45),
    *(0x0B5A0, 0x056D0, 0x055B2, 0x049B0, 0x0A577, 0x0A4B0, 0x0AA50, 0x1B255, 0x06D20, 0x0ADA0),
)


def lunar_day(year: int, month: int, day: int) -> date | None:
    """The day of a lunar date, leap months passed over; None outside the table or on a 30th that is not."""
    if not FIRST_YEAR <= year < FIRST_YEAR + len(_YEARS) or not 1 <= day <= _length(year, month):
        return None
    days = sum(_days_of(earlier) for earlier in range(FIRST_YEAR, year))
    for earlier in range(1, month):
        days += _length(year, earlier) + (_leap_length(year) if _leap_month(year) == earlier else 0)
    return _NEW_YEAR + timedelta(days=days + day - 1)


def new_years_eve(year: int) -> date | None:
    """除夕 of the spring of a year."""
    first = lunar_day(year, 1, 1)
    return first - timedelta(days=1) if first else None


def _length(year: int, month: int) -> int:
    return 30 if _YEARS[year - FIRST_YEAR] >> (16 - month) & 1 else 29


def _leap_month(year: int) -> int:
    return _YEARS[year - FIRST_YEAR] & 0xF


def _leap_length(year: int) -> int:
    return (30 if _YEARS[year - FIRST_YEAR] >> 16 else 29) if _leap_month(year) else 0


def _days_of(year: int) -> int:
    return sum(_length(year, month) for month in range(1, 13)) + _leap_length(year)
