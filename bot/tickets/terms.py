"""Terms that are no decision table: the regulator's clock, the window for appeals, the reasons for a pause."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

import yaml
from pydantic import BaseModel, ConfigDict

from bot.tickets.kinds import ServiceClass
from bot.tickets.opening import RegulatorClock
from bot.tickets.words import DATA, illegal


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Regulator(_Strict):
    """An answer owed to the customer by law, in calendar days."""

    answer_days: int
    warn_days_before: tuple[int, ...]
    repeat_hours: int

    def start(self, at: datetime) -> RegulatorClock:
        due = at + timedelta(days=self.answer_days)
        return RegulatorClock(due, self.next_warning(due, at))

    def next_warning(self, due: datetime, now: datetime) -> datetime:
        """The next of the warnings before the end, its end, or once more every so often after it."""
        before = [due - timedelta(days=days) for days in sorted(self.warn_days_before, reverse=True)]
        ahead = [moment for moment in (*before, due) if moment > now]
        return ahead[0] if ahead else now + timedelta(hours=self.repeat_hours)


class PauseReason(_Strict):
    """Why the clock may stand still."""

    zh: str
    at_most_hours: int
    ends_with_contact: bool

    def until(self, at: datetime) -> datetime:
        return at + timedelta(hours=self.at_most_hours)


class Terms(_Strict):
    """The whole of ``terms.yml``."""

    regulator: Regulator
    appeal_days: int
    look_again_minutes: int
    review_class: ServiceClass
    pause_reasons: Mapping[str, PauseReason]

    def pause_reason(self, reason: str) -> PauseReason:
        """Raises `IllegalMoveError` for a reason that is not listed."""
        if reason not in self.pause_reasons:
            raise illegal("pause_reason", reason=reason)
        return self.pause_reasons[reason]

    def look_again(self, at: datetime) -> datetime:
        return at + timedelta(minutes=self.look_again_minutes)


@lru_cache(maxsize=1)
def terms() -> Terms:
    return Terms.model_validate(yaml.safe_load((DATA / "terms.yml").read_text(encoding="utf-8")))
