"""The timeliness rule: settled during the contact, or a ticket.  Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.waybills.model import WaybillStatus
from bot.waybills.progress import Progress

TRACE = "trace"
_TURNED_BACK = {WaybillStatus.refused, WaybillStatus.returning}


@dataclass(frozen=True)
class CaseFacts:
    """What decides whether a contact about time needs a ticket.

    Parameters
    ----------
    category: ``expedite``, ``trace``, ``stalled``, or a leaf of 续送.
    promised_at: the end of the promise that counts here: the waybill's, or that of the agreed delivery; None where
        nobody promised anything.
    finished: the promise holds no longer: delivered, returned, on its way back; for ``trace`` also waiting where its
        consignee has to fetch it.
    """

    category: str
    now: datetime
    promised_at: datetime | None
    finished: bool = False

    @classmethod
    def of(cls, category: str, progress: Progress, *, now: datetime) -> "CaseFacts":
        """A contact about this parcel at this moment."""
        waybill = progress.waybill
        is_found = category == TRACE and waybill.status is WaybillStatus.at_station
        finished = waybill.is_finished or waybill.status in _TURNED_BACK or is_found
        return cls(category, now, waybill.due_at, finished=finished)


@dataclass(frozen=True)
class Settled:
    """The contact ends with a summary and the honest status."""

    wrap_up_code: str
    because: str

    @property
    def is_in_time(self) -> bool:
        return self.because == _IN_TIME


@dataclass(frozen=True)
class Ticketed:
    """Past its time: one more contact on the open ticket of the category, or a new one."""

    category: str
    because: str


Settlement: TypeAlias = Settled | Ticketed

_IN_TIME = "timeliness.in_time"


def settle(facts: CaseFacts) -> Settlement:
    """In time, arrived, or never promised: a summary.  Past the promise: a ticket.

    A parcel that stands still while its promise can hold is for the rules of risk, which tell whoever holds it.
    """
    if facts.finished:
        return Settled(facts.category, "timeliness.finished")
    if facts.promised_at is None:
        return Settled(facts.category, "timeliness.no_promise")
    if facts.now > facts.promised_at:
        return Ticketed(facts.category, "timeliness.past_promise")
    return Settled(facts.category, _IN_TIME)
