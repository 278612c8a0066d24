"""Writing down what people do, and reading it."""

import base64
import binascii
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import BadQueryError
from bot.staff.model import Actor
from bot.staff.tables import AuditEntry
from bot.staff.words import staff_words

_PAGE = 500


def record(
    session: AsyncSession,
    what: str,
    *,
    who: str,
    at: datetime,
    about: str | None = None,
    why: str | None = None,
    address: str | None = None,
    conversation_id: UUID | None = None,
    **details: Any,
) -> None:
    """One line of the audit, in the transaction of whatever is done."""
    session.add(
        AuditEntry(
            who=who,
            at=at,
            what=what,
            about=about,
            why=why,
            address=address,
            conversation_id=conversation_id,
            details=details,
        )
    )


def record_by(
    session: AsyncSession, what: str, by: Actor, *, at: datetime, about: str | None = None, **more: Any
) -> None:
    """The same for a person who is at work."""
    record(session, what, who=by.username, address=by.address, at=at, about=about, **more)


async def of_conversation(session: AsyncSession, conversation_id: UUID) -> list[AuditEntry]:
    """What people did with a conversation, oldest first."""
    query = select(AuditEntry).where(AuditEntry.conversation_id == conversation_id).order_by(AuditEntry.at)
    return list((await session.scalars(query)).all())


@dataclass(frozen=True)
class Filter:
    """Which entries: everything that is given has to fit; ``what`` is a whole name or the part before a dot."""

    who: str | None = None
    about: str | None = None
    what: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.who:
            found.append(AuditEntry.who.in_((self.who, f"agent:{self.who}")))
        if self.about:
            found.append(AuditEntry.about == self.about)
        if self.what:
            found.append((AuditEntry.what == self.what) | AuditEntry.what.startswith(f"{self.what}.", autoescape=True))
        if self.since:
            found.append(AuditEntry.at >= self.since)
        if self.until:
            found.append(AuditEntry.at < self.until)
        return found


class Trail:
    """The audit for those who may read it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def entries(self, wanted: Filter, *, before: str | None = None, limit: int = 50) -> list[AuditEntry]:
        """The newest first, from the place that `place_of` the last one names.  Raises `BadQueryError`."""
        async with self._database.transaction() as session:
            return list(await session.scalars(_query(wanted, before, limit)))

    async def every(self, wanted: Filter, *, most: int) -> AsyncIterator[AuditEntry]:
        """The same without pages, up to ``most``."""
        before: str | None = None
        left = most
        while left > 0 and (page := await self.entries(wanted, before=before, limit=min(_PAGE, left))):
            for entry in page:
                yield entry
            before, left = place_of(page[-1]), left - len(page)

    async def exported(self, wanted: Filter, by: Actor) -> None:
        """Keep that somebody took the entries along."""
        chosen = {name: str(value) for name, value in vars(wanted).items() if value}
        async with self._database.transaction() as session:
            record_by(session, "audit.exported", by, at=self._clock(), wanted=chosen)


def place_of(entry: AuditEntry) -> str:
    """Where in the list an entry stands, for the next page."""
    return base64.urlsafe_b64encode(json.dumps([entry.at.isoformat(), str(entry.id)]).encode()).decode()


def _query(wanted: Filter, before: str | None, limit: int) -> Select[AuditEntry]:
    conditions = wanted.conditions()
    if before:
        at, entry_id = _place(before)
        conditions.append(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(literal(at), literal(entry_id)))
    return select(AuditEntry).where(*conditions).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, entry_id = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(at), UUID(entry_id)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadQueryError(staff_words().refusals["bad_cursor"]) from error
