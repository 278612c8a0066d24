"""When a limit of a minute, an hour or a day is over: gateways count by the clock of China."""

from datetime import datetime, timedelta
from enum import StrEnum

from bot.clock import local


class Window(StrEnum):
    """What a gateway counts in."""

    minute = "minute"
    hour = "hour"
    day = "day"


_LENGTH = {Window.minute: timedelta(minutes=1), Window.hour: timedelta(hours=1), Window.day: timedelta(days=1)}


def until_next(window: Window, now: datetime) -> timedelta:
    """From now to the beginning of the next minute, hour or day there, and a second more for clocks that differ."""
    here = local(now)
    start = here.replace(second=0, microsecond=0)
    if window is not Window.minute:
        start = start.replace(minute=0)
    if window is Window.day:
        start = start.replace(hour=0)
    return start + _LENGTH[window] - here + timedelta(seconds=1)
