"""Everything that happened to a waybill, from every subject, on one line of time; pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.desk.words import DeskWords
from bot.evidence.model import EvidenceItem
from bot.tickets.events import TicketEvent
from bot.tickets.model import ServiceSummary
from bot.tickets.words import ticket_words
from bot.waybills.model import Checkpoint
from bot.waybills.tables import ConditionChange, Instruction

Kind = Literal["scan", "condition", "ticket", "summary", "evidence", "instruction"]


class Entry(BaseModel):
    """One thing that happened.

    Parameters
    ----------
    title: what it was, in Chinese.
    by: who did it: an outlet, an account, ``bot``, or ``system``.
    unit: the code of the unit the account acted for.
    because: the rules behind it.
    ticket_no: the ticket it belongs to.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    kind: Kind
    title: str
    text: str = ""
    by: str = ""
    unit: str | None = None
    because: tuple[str, ...] = ()
    ticket_no: str | None = None
    tone: str = ""


def newest_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.at, reverse=True))


def of_scan(scan: Checkpoint, words: DeskWords) -> Entry:
    return Entry(at=scan.at, kind="scan", title=words.scans[scan.kind], text=scan.text, by=scan.outlet_name)


def of_change(change: ConditionChange, words: DeskWords) -> Entry:
    before, after = words.conditions[change.before], words.conditions[change.after]
    return Entry(
        at=change.at,
        kind="condition",
        title=f"{before} → {after}",
        text=words.triggers.get(change.trigger, change.trigger),
        by="system",
        because=tuple(change.because),
        tone=change.after,
    )


def of_event(event: TicketEvent) -> Entry:
    told = str(event.details.get("text") or "")
    return Entry(
        at=event.at,
        kind="ticket",
        title=ticket_words().moves.get(event.what, event.what),
        text="\n".join(dict.fromkeys(filter(None, (event.why, told)))),
        by=event.by,
        unit=event.unit,
        because=tuple(event.because),
        ticket_no=event.ticket_no,
    )


def of_summary(summary: ServiceSummary, words: DeskWords) -> Entry:
    title = words.intent(summary.wrap_up_code)
    return Entry(at=summary.at, kind="summary", title=title, text=summary.text, by=summary.by)


def of_item(item: EvidenceItem, words: DeskWords) -> Entry:
    return Entry(
        at=item.at,
        kind="evidence",
        title=words.evidence[item.kind],
        text=item.text,
        by=item.by,
        unit=item.unit,
        ticket_no=item.ticket_no,
    )


def of_instruction(instruction: Instruction, words: DeskWords) -> Entry:
    """What exactly was asked for stays in the record: it may hold an address."""
    party = words.ui[instruction.party]
    return Entry(at=instruction.at, kind="instruction", title=words.intent(_INTENT[instruction.kind]), by=party)


_INTENT = {
    "change_address": "change_address",
    "reschedule_delivery": "reschedule_delivery",
    "delivery_preference": "delivery_preference",
    "intercept": "intercept_parcel",
    "refuse": "refuse_parcel",
    "expedite": "urge_delivery",
}
