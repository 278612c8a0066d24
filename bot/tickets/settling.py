"""The timeliness rule: settled during the contact, or a ticket.  Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True)
class CaseFacts:
    """What decides whether a contact about time needs a ticket.

    Parameters
    ----------
    category: ``expedite``, ``trace``, or a leaf of 续送.
    promised_at: the end of the promise that counts here: the waybill's, or that of the agreed delivery.
    stalled: no scan for so long that waiting on is no honest advice.
    finished: delivered or returned.
    open_ticket_no: the open ticket of the same waybill and category.
    """

    category: str
    now: datetime
    promised_at: datetime
    stalled: bool = False
    finished: bool = False
    open_ticket_no: str | None = None


@dataclass(frozen=True)
class Settled:
    """In time: the contact ends with a summary and the honest status."""

    wrap_up_code: str
    because: str


@dataclass(frozen=True)
class Ticketed:
    """Past its time: one more contact on the open ticket, or a new one."""

    category: str
    append_to: str | None
    because: str


Settlement: TypeAlias = Settled | Ticketed


def settle(facts: CaseFacts) -> Settlement:
    """In time, or arrived: a summary.  Past its time, or stalled: the open ticket of the category, else a new one."""
    if facts.finished:
        return Settled(facts.category, "timeliness.finished")
    if facts.now > facts.promised_at:
        return Ticketed(facts.category, facts.open_ticket_no, "timeliness.past_promise")
    if facts.stalled:
        return Ticketed(facts.category, facts.open_ticket_no, "timeliness.stalled")
    return Settled(facts.category, "timeliness.in_time")
