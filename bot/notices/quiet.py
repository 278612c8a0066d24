"""When customers are left in peace.  Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.clock import CHINA


@dataclass(frozen=True)
class QuietHours:
    """From one time of the day to another, over midnight or not, on the customer's wall clock (UTC+8).

    The same time twice means that there are none.
    """

    begin: time = time(22)
    end: time = time(8)

    def until(self, moment: datetime) -> datetime | None:
        """When they are over, if this moment lies in them."""
        there = moment.astimezone(CHINA)
        if not self._covers(there.time()):
            return None
        end = datetime.combine(there.date(), self.end, CHINA)
        return (end if end > there else end + timedelta(days=1)).astimezone(moment.tzinfo)

    def _covers(self, clock: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end
