"""Deadlines by working calendars: when a clock that only runs in opening hours has run so long.

Calendars are in ``data/calendars.yml``.  Public holidays and make-up workdays are those of the package chinesecalendar;
for a year it does not know yet, Monday to Friday are workdays.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

import chinese_calendar
import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from bot.clock import CHINA, local
from bot.errors import SettingsError

logger = logging.getLogger(__name__)
CALENDARS = Path(__file__).parent / "data" / "calendars.yml"
_SATURDAY = 5
_LONGEST_CLOSURE = 60
_ZERO = timedelta(0)

DayKind: TypeAlias = Literal["workday", "weekend", "holiday"]
Opening: TypeAlias = tuple[timedelta, timedelta]
"""From and until, counted from midnight."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Hours(_Strict):
    @field_validator("*", mode="before", check_fields=False)
    @classmethod
    def _read(cls, value: object) -> object:
        is_hours = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return _openings(value) if isinstance(value, list) and is_hours else value


class WeekHours(_Hours):
    """Opening hours by the kind of day."""

    workday: tuple[Opening, ...]
    weekend: tuple[Opening, ...]
    holiday: tuple[Opening, ...]


class FestivalHours(_Hours):
    """Opening hours on days of the lunar new year; 1 is its first day, 0 the eve."""

    first: int
    last: int
    hours: tuple[Opening, ...]


class Calendar(_Strict):
    """When one tier of the network works."""

    title: str
    hours: WeekHours
    spring_festival: FestivalHours | None = None


class Calendars(_Strict):
    """The whole of ``calendars.yml``."""

    calendars: Mapping[str, Calendar]
    new_years: tuple[date, ...]


@dataclass(frozen=True)
class WorkingTime:
    """Adds and measures working time.  Moments are aware; unknown calendars raise `SettingsError`."""

    calendars: Calendars

    @classmethod
    def load(cls, path: Path = CALENDARS) -> "WorkingTime":
        return cls(Calendars.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))))

    def is_open(self, calendar: str, at: datetime) -> bool:
        """Whether the clock runs at this moment; at closing time it does not."""
        return any(start <= at < end for start, end in self._openings(calendar, local(at).date()))

    def add(self, calendar: str, start: datetime, amount: timedelta) -> datetime:
        """The first moment at which the clock has run for ``amount`` since ``start``, in the time zone of ``start``."""
        if amount < _ZERO:
            raise ValueError(f"working time cannot be taken back: {amount}")
        left, now = amount, local(start)
        for opens, closes in self._openings_from(calendar, now.date()):
            if left == _ZERO:
                break
            runs = max(_ZERO, closes - max(now, opens))
            if runs > _ZERO:
                now = max(now, opens) + min(left, runs)
                left -= min(left, runs)
        return now.astimezone(start.tzinfo)

    def between(self, calendar: str, start: datetime, end: datetime) -> timedelta:
        """How long the clock runs from ``start`` until ``end``; negative when ``end`` is earlier."""
        if end < start:
            return -self.between(calendar, end, start)
        first, last = local(start), local(end)
        total = _ZERO
        for opens, closes in self._openings_from(calendar, first.date()):
            if opens >= last:
                break
            total += max(_ZERO, min(closes, last) - max(opens, first))
        return total

    def _openings_from(self, calendar: str, day: date) -> Iterator[tuple[datetime, datetime]]:
        closed = 0
        while closed < _LONGEST_CLOSURE:
            openings = self._openings(calendar, day)
            yield from openings
            closed = 0 if openings else closed + 1
            day += timedelta(days=1)
        raise SettingsError(f"calendar {calendar} does not open within {_LONGEST_CLOSURE} days from {day}")

    def _openings(self, name: str, day: date) -> list[tuple[datetime, datetime]]:
        midnight = datetime.combine(day, time.min, CHINA)
        return [(midnight + opens, midnight + closes) for opens, closes in self._hours(name, day)]

    def _hours(self, name: str, day: date) -> tuple[Opening, ...]:
        calendar = self.calendars.calendars.get(name)
        if calendar is None:
            raise SettingsError(f"no calendar is called {name}")
        festival = calendar.spring_festival
        if festival is not None and self._is_within(festival, day):
            return festival.hours
        hours: tuple[Opening, ...] = getattr(calendar.hours, day_kind(day))
        return hours

    def _is_within(self, festival: FestivalHours, day: date) -> bool:
        counted = [(day - first).days + 1 for first in self.calendars.new_years]
        return any(festival.first <= number <= festival.last for number in counted)


@lru_cache(maxsize=1)
def shipped_working_time() -> WorkingTime:
    return WorkingTime.load()


@lru_cache(maxsize=4096)
def day_kind(day: date) -> DayKind:
    """Workday, weekend or public holiday in mainland China."""
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        _warn_of_unknown(day.year)
        is_off, name = day.weekday() >= _SATURDAY, None
    if not is_off:
        return "workday"
    return "holiday" if name else "weekend"


@lru_cache(maxsize=64)
def _warn_of_unknown(year: int) -> None:
    """Once a year and process."""
    logger.warning("public holidays of %d are not known: Monday to Friday count as workdays", year)


def _openings(texts: list[str]) -> tuple[Opening, ...]:
    """``["08:30-12:00", "13:00-18:00"]``: in order, apart, and each longer than nothing."""
    found = tuple((_since_midnight(text.split("-")[0]), _since_midnight(text.split("-")[-1])) for text in texts)
    ends = [end for opening in found for end in opening]
    if any(later <= earlier for earlier, later in pairwise(ends)):
        raise ValueError(f"opening hours out of order: {texts}")
    return found


def _since_midnight(text: str) -> timedelta:
    hours, minutes = (int(part) for part in text.split(":"))
    return timedelta(hours=hours, minutes=minutes)
