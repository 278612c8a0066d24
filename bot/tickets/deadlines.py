"""Deadlines of a ticket: by class through the table ``deadlines``, in the working time of whoever has to act.  Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.rules.model import RuleBook
from bot.tickets.kinds import ServiceClass

ALWAYS = "always"


class Hours(Protocol):
    """Working time by calendar name, as `bot.rules.working_time.WorkingTime` has it."""

    def add(self, calendar: str, start: datetime, amount: timedelta) -> datetime: ...

    def between(self, calendar: str, start: datetime, end: datetime) -> timedelta: ...


@dataclass(frozen=True)
class Deadlines:
    """When a person must be on it, when the owner is warned, when it must be solved; and which rule said so."""

    calendar: str
    respond_due_at: datetime | None
    warn_at: datetime | None
    due_at: datetime
    because: tuple[str, ...] = ()

    def shifted(self, hours: Hours, since: datetime, until: datetime) -> "Deadlines":
        """The same deadlines with the working time between two moments taken out, because the clock stood still."""
        lost = hours.between(self.calendar, since, until)
        return replace(
            self,
            respond_due_at=self.respond_due_at and hours.add(self.calendar, self.respond_due_at, lost),
            warn_at=self.warn_at and hours.add(self.calendar, self.warn_at, lost),
            due_at=hours.add(self.calendar, self.due_at, lost),
        )


def deadlines(
    rules: RuleBook, hours: Hours, service_class: ServiceClass, *, vip: bool, tier: str, start: datetime
) -> Deadlines:
    """What the table says for a class, counted from ``start``; an empty calendar means that of the owner's tier."""
    decision = rules.decide("deadlines", {"service_class": service_class.value, "vip": vip})
    calendar = decision.text("calendar") or tier
    solve = timedelta(minutes=decision.number("solve_minutes"))
    respond = decision.get("respond_minutes")
    ahead = timedelta(minutes=float(decision.get("warn_before_minutes", 0) or 0))
    return Deadlines(
        calendar=calendar,
        respond_due_at=hours.add(calendar, start, timedelta(minutes=float(respond))) if respond else None,
        warn_at=hours.add(calendar, start, solve - ahead) if timedelta(0) < ahead < solve else None,
        due_at=hours.add(calendar, start, solve),
        because=decision.because,
    )
