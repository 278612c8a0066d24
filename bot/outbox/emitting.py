"""Telling of a change in the transaction that makes it: both are kept, or neither."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import EventDataError
from bot.jobs import NewJob, defer_many
from bot.outbox.kinds import published
from bot.outbox.model import OutgoingEvent

RELAY = "outbox.relay"
LANE = "events"


@dataclass(frozen=True)
class NewEvent:
    """Something that happened.

    Parameters
    ----------
    kind: one of `kinds.KINDS`, which has the schema of ``data``.
    subject: what it happened to: a ticket's, a waybill's or a unit's number.  Events of one subject are told in order.
    """

    kind: str
    subject: str
    data: Mapping[str, Any]
    at: datetime


async def emit(session: AsyncSession, kind: str, subject: str, data: Mapping[str, Any], *, at: datetime) -> None:
    """Tell whoever wants to hear of it, once this transaction commits.

    Raises `EventDataError` when kind and data do not fit, before anything is written.
    """
    await emit_many(session, [NewEvent(kind, subject, data, at)])


async def emit_many(session: AsyncSession, events: Sequence[NewEvent]) -> None:
    """The same for many at once, in two statements."""
    rows = [_row(event) for event in events]
    if not rows:
        return
    await session.execute(insert(OutgoingEvent), rows)
    await defer_many(session, [_relay(row["id"], row["subject"]) for row in rows])


def uuid7(at: datetime) -> UUID:
    """An id that sorts by time (RFC 9562): 48 bits of milliseconds, then chance."""
    number = int(at.timestamp() * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def _row(event: NewEvent) -> dict[str, Any]:
    if event.at.tzinfo is None:
        raise EventDataError(f"{event.kind}: the moment has no time zone")
    return {
        "id": uuid7(event.at),
        "kind": event.kind,
        "subject": event.subject,
        "data": published(event.kind, event.data),
        "at": event.at,
    }


def _relay(event_id: UUID, subject: str) -> NewJob:
    return NewJob(RELAY, {"event_id": str(event_id)}, lock=f"{RELAY}:{subject}", lane=LANE)
