"""Which hours are to be counted now; pure.

An hour changes after it is over: an answer is understood later, a contact that began in it goes on, the customer comes
back within a day, rates.  So it is counted again and again, ever less often, and for good once nothing can change.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone

HOUR = timedelta(hours=1)
CONTACT_GAP = timedelta(hours=2)
"""A customer who says nothing for so long and then writes again begins another contact."""
REPEAT_WITHIN = timedelta(hours=24)
LOOK_AHEAD = REPEAT_WITHIN + CONTACT_GAP + timedelta(hours=6)
"""So far behind an hour one looks for the end of contacts that began in it, and for the next."""
SETTLED_AFTER = LOOK_AHEAD + HOUR
_FRESH, _FRESH_EVERY, _WARM_EVERY = timedelta(hours=2), timedelta(seconds=50), timedelta(minutes=30)


def hour_of(moment: datetime) -> datetime:
    """The first moment of its hour; hours begin at the same time in UTC and in China."""
    return moment.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)


def is_settled(hour: datetime, counted_at: datetime) -> bool:
    """Nothing of this hour can change any more since it was counted."""
    return counted_at >= hour + HOUR + SETTLED_AFTER


def due(first: datetime, now: datetime, counted: Mapping[datetime, datetime]) -> list[datetime]:
    """Hours to be counted, the newest first.

    Parameters
    ----------
    first: nothing happened before this moment.
    counted: when each hour was counted last; hours that are settled may be left out if ``first`` lies behind them.
    """
    return [hour for hour in _hours(first, now) if _is_due(hour, now, counted.get(hour))]


def _hours(first: datetime, now: datetime) -> Iterable[datetime]:
    hour = hour_of(now)
    while hour >= hour_of(first):
        yield hour
        hour -= HOUR


def _is_due(hour: datetime, now: datetime, counted_at: datetime | None) -> bool:
    if counted_at is None:
        return True
    if is_settled(hour, counted_at):
        return False
    is_over = now >= hour + HOUR + SETTLED_AFTER
    every = _FRESH_EVERY if now - hour < _FRESH else _WARM_EVERY
    return is_over or now - counted_at >= every
