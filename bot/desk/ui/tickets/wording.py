"""How times, names and states of tickets read."""

from datetime import datetime, timedelta

from bot.clock import local
from bot.desk.ticket_words import page_words
from bot.tickets.kinds import TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.words import ticket_words

SOON = timedelta(hours=1)


def moment(at: datetime | None) -> str:
    return f"{local(at):%m-%d %H:%M}" if at else ""


def span(length: timedelta) -> str:
    """The two largest units: ``1 天 4 小时``."""
    words, minutes = page_words().ui, max(int(length.total_seconds() // 60), 0)
    days, hours = minutes // 1440, minutes // 60 % 24
    units = (("days", days), ("hours", hours), ("minutes", 0 if days else minutes % 60))
    return " ".join(words[unit].format(n=n) for unit, n in units if n) or words["minutes"].format(n=0)


def heat(ticket: Ticket, now: datetime) -> str:
    """``late``, ``soon``, ``fine``, ``still`` (nobody's clock runs) or ``over``."""
    if ticket.status == TicketStatus.closed:
        return "over"
    if ticket.is_paused or ticket.status == TicketStatus.handled:
        return "still"
    if now > ticket.due_at:
        return "late"
    warned = ticket.warn_at is not None and now >= ticket.warn_at
    return "soon" if warned or ticket.due_at - now <= SOON else "fine"


def time_left(ticket: Ticket, now: datetime) -> str:
    """The colour in words, for whoever does not see it."""
    words = page_words().ui
    if ticket.status == TicketStatus.closed:
        return page_words().outcomes.get(ticket.outcome or "", "")
    if ticket.is_paused:
        return words["stopped"]
    if now > ticket.due_at:
        return words["overdue_by"].format(span=span(now - ticket.due_at))
    return words["left"].format(span=span(ticket.due_at - now))


def share_left(ticket: Ticket, now: datetime) -> int:
    """How much of the time is left, in percent, for the bar."""
    whole = (ticket.due_at - ticket.opened_at).total_seconds()
    left = (ticket.due_at - now).total_seconds()
    return max(0, min(100, round(100 * left / whole))) if whole > 0 else 0


def status(ticket: Ticket) -> str:
    words = ticket_words().statuses[ticket.status]
    outcome = page_words().outcomes.get(ticket.outcome or "")
    return f"{words} · {outcome}" if outcome else words
