"""Values put into the words: moments, durations and names of things, all of it from the response files."""

from datetime import date, datetime, timedelta

from bot.clock import local
from bot.dialogue.components.values.days import Days
from bot.tickets.service import Reported
from bot.words import Words


class Wording:
    """Small words as customers read them.

    Parameters
    ----------
    now: the moment 今天 and 明天 are told from.
    """

    def __init__(self, words: Words, now: datetime) -> None:
        self._words = words
        self._now = now

    def label(self, name: str) -> str:
        """The name of an intent, a status, a product ... as customers read it."""
        return self.part(f"label_{name}")

    def part(self, name: str, /, **values: str) -> str:
        """A piece of an answer."""
        return self._words.render(f"utter_{name}", **values)[0].text

    def has(self, name: str) -> bool:
        return f"utter_{name}" in self._words

    def moment(self, at: datetime) -> str:
        """今天 14:30, 明天 18:00, 3月5日 09:00."""
        there, here = local(at), local(self._now)
        near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((there.date() - here.date()).days)
        clock = f"{there:%H:%M}"
        if near is not None:
            return self.part(f"label_{near}", clock=clock)
        return self.part("label_day", month=str(there.month), day=str(there.day), clock=clock)

    def days(self, days: Days) -> str:
        """In full: 11月22日（周日）, or from one day to another, or open at one end."""
        if days.first and days.last:
            first = self._day(days.first)
            return first if days.single else self.part("label_days_between", first=first, last=self._day(days.last))
        if days.first:
            return self.part("label_days_from", day=self._day(days.first))
        return self.part("label_days_until", day=self._day(days.last)) if days.last else ""

    def _day(self, day: date) -> str:
        weekday = self.part(f"label_weekday_{day.isoweekday()}")
        return self.part("label_full_day", month=str(day.month), day=str(day.day), weekday=weekday)

    def shown(self, reported: Reported) -> dict[str, str]:
        """The values by which words name a ticket."""
        return {"ticket_no": reported.ticket_no, "due": self.moment(reported.due_at)}

    def ticket(self, reported: Reported) -> str:
        """What became of a report, for the summary."""
        return self.part("summary_appended" if reported.appended else "summary_ticket", **self.shown(reported))

    def summary(self, task: str, result: str) -> str:
        """The summary of a matter settled in this contact."""
        return self.part("summary_settled", task=self.label(task), result=result)

    def duration(self, length: timedelta) -> str:
        """2 天 3 小时, never less than an hour."""
        hours = max(1, round(length.total_seconds() / 3600))
        days, rest = divmod(hours, 24)
        if not days:
            return self.part("label_hours", hours=str(hours))
        if not rest or days > 2:
            return self.part("label_days", days=str(days))
        return self.part("label_days_hours", days=str(days), hours=str(rest))
