"""Terms that are no deadlines of a class: the regulator's clock, the window for appeals, the reasons for a pause.

They stand in the tables ``terms`` and ``pause``, so that they are edited, published and taken back like all rules.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rules.cells import Literal
from bot.rules.decision import Decision
from bot.rules.model import RuleBook
from bot.tickets.kinds import ServiceClass
from bot.tickets.opening import RegulatorClock
from bot.tickets.words import illegal


@dataclass(frozen=True)
class Terms:
    """What the table ``terms`` says of one kind of ticket; ``because`` is the row that said so."""

    answer_days: float
    warn_days: tuple[float, ...]
    repeat_hours: float
    appeal_days: float
    look_again_minutes: float
    review_class: ServiceClass
    because: tuple[str, ...]

    def regulator(self, at: datetime) -> RegulatorClock:
        """An answer owed to the customer by law, in calendar days."""
        due = at + timedelta(days=self.answer_days)
        return RegulatorClock(due, self.next_warning(due, at))

    def next_warning(self, due: datetime, now: datetime) -> datetime:
        """The next of the warnings before the end, its end, or once more every so often after it."""
        before = [due - timedelta(days=days) for days in sorted(self.warn_days, reverse=True)]
        ahead = [moment for moment in (*before, due) if moment > now]
        return ahead[0] if ahead else now + timedelta(hours=self.repeat_hours)

    def look_again(self, at: datetime) -> datetime:
        return at + timedelta(minutes=self.look_again_minutes)


@dataclass(frozen=True)
class PauseReason:
    """Why the clock may stand still."""

    zh: str
    at_most_hours: int
    ends_with_contact: bool
    because: tuple[str, ...]

    def until(self, at: datetime) -> datetime:
        return at + timedelta(hours=self.at_most_hours)


def terms(book: RuleBook, kind: str) -> Terms:
    """The terms of tickets of a kind (`TicketKind`)."""
    said = book.decide("terms", {"kind": kind})
    warnings = (said.get("warn_days"), said.get("last_warn_days"))
    return Terms(
        answer_days=said.number("answer_days"),
        warn_days=tuple(days for days in warnings if isinstance(days, int | float)),
        repeat_hours=said.number("repeat_hours"),
        appeal_days=said.number("appeal_days"),
        look_again_minutes=said.number("look_again_minutes"),
        review_class=ServiceClass(said.text("review_class")),
        because=said.because,
    )


def pause_reason(book: RuleBook, reason: str) -> PauseReason:
    """Raises `IllegalMoveError` for a reason that is not listed."""
    said = book.decide("pause", {"reason": reason})
    if not said.hits:
        raise illegal("pause_reason", reason=reason)
    return _reason(said)


def pause_reasons(book: RuleBook) -> dict[str, PauseReason]:
    """All reasons that the table names, in its order."""
    cells = book.table("pause").cells("reason")
    named = [item.value for cell in cells for item in cell.items if isinstance(item, Literal)]
    return {str(reason): pause_reason(book, str(reason)) for reason in named}


def _reason(said: Decision) -> PauseReason:
    return PauseReason(said.text("zh"), int(said.number("at_most_hours")), said.flag("ends_with_contact"), said.because)
