"""Until when a parcel is promised, by the table ``timeliness``."""

from datetime import datetime, timedelta

from bot.clock import local
from bot.rules.model import RuleBook
from bot.waybills.model import Product

CUTOFF_HOUR = 18
"""What is picked up at this hour or later counts as the next day's."""
USUAL_DAYS, USUAL_HOUR = 3, 20


def end_of_promise(shipped_at: datetime, days: int, *, hour: int = USUAL_HOUR) -> datetime:
    """``hour`` o'clock of the last day, ``days`` after the day of pickup.

    >>> from datetime import timezone
    >>> end_of_promise(datetime(2026, 3, 2, 4, 0, tzinfo=timezone.utc), 2).isoformat()
    '2026-03-04T20:00:00+08:00'
    """
    day = local(shipped_at)
    end = day.replace(hour=hour, minute=0, second=0, microsecond=0)
    return end + timedelta(days=days + (day.hour >= CUTOFF_HOUR))


def promised(book: RuleBook, shipped_at: datetime, product: Product, zone: str) -> datetime:
    """What the table says of this product and zone; three days where it says nothing."""
    decision = book.decide("timeliness", {"product": product.value, "zone": zone or None})
    if not decision.hits:
        return end_of_promise(shipped_at, USUAL_DAYS)
    return end_of_promise(shipped_at, int(decision.number("days")), hour=int(decision.number("deliver_by_hour")))
