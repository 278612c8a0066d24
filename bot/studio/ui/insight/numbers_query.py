"""What the address of the numbers asks for."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from bot.errors import BadQueryError
from bot.studio.insight.model import Period
from bot.studio.insight.numbers import Numbers, refuse_if_odd

PERIODS = (7, 30, 90, 365)
_USUAL = 30


class NumbersQuery:
    """What the address of the page asks for; what makes no sense is as good as not asked."""

    def __init__(self, asked: Mapping[str, str], numbers: Numbers) -> None:
        days = int(asked["days"]) if asked.get("days", "").isdigit() else _USUAL
        self.days: int | None = days if days in PERIODS else _USUAL
        self.period = numbers.last(self.days)
        self.channel = asked.get("channel") or None
        since, until = _day(asked.get("since")), _day(asked.get("until"))
        if since and until and _makes_sense(Period(since, until)):
            self.days, self.period = None, Period(since, until)

    def address(self, path: str = "/studio/numbers", **changes: str) -> str:
        if self.days is not None:
            asked = {"days": str(self.days)}
        else:
            asked = {"since": self.period.since.isoformat(), "until": self.period.until.isoformat()}
        asked |= {"channel": self.channel or ""} | changes
        return f"{path}?{urlencode({name: value for name, value in asked.items() if value})}"

    def export(self, table: str) -> str:
        days = {"since": self.period.since.isoformat(), "until": self.period.until.isoformat()}
        return self.address(f"/api/v1/studio/numbers/{table}.csv", **days)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _makes_sense(period: Period) -> bool:
    try:
        refuse_if_odd(period)
    except BadQueryError:
        return False
    return True
