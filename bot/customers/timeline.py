"""Everything between us and a customer on one line of time, from whoever keeps it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, and_, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import BadQueryError

Source = Literal["message", "notice", "ticket"]
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")


def mask_phones(text: str) -> str:
    """Every mobile number in a text as ``138****1234``."""
    return _PHONE.sub(r"\1****\2", text)


class Entry(BaseModel):
    """One thing that was said or happened.

    Parameters
    ----------
    key: names it within its source; with moment and source it says where the line goes on.
    channel: where; empty for what happened within the house.
    by: who: ``customer``, ``bot``, ``system``, the name of an agent, an account.
    title: what it was, in Chinese; empty for words.
    subject: the conversation, ticket or waybill it belongs to.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    source: Source
    key: str
    channel: str = ""
    by: str = ""
    title: str = ""
    text: str = ""
    subject: str = ""
    attachments: tuple[str, ...] = ()

    @property
    def place(self) -> "Place":
        return Place(self.at, self.source, self.key)


@dataclass(frozen=True, order=True)
class Place:
    """A place on the line."""

    at: datetime
    source: str
    key: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}|{self.source}|{self.key}"

    @classmethod
    def of(cls, text: str) -> "Place":
        """Read what `str` wrote.  Raises `BadQueryError`."""
        at, _, rest = text.partition("|")
        source, _, key = rest.partition("|")
        try:
            moment = datetime.fromisoformat(at)
        except ValueError as error:
            raise BadQueryError("before 不是有效的位置") from error
        if moment.tzinfo is None:
            raise BadQueryError("before 缺少时区")
        return cls(moment, source, key)

    def precedes(self, at: ColumnElement[Any], key: ColumnElement[str], source: Source) -> ColumnElement[bool]:
        """Whether a row of a source stands farther back than this place."""
        if source == self.source:
            return tuple_(at, key) < tuple_(literal(self.at), literal(self.key))
        return and_(at <= self.at) if source < self.source else and_(at < self.at)


class History(Protocol):
    """One source of the timeline."""

    source: Source

    async def of(
        self, session: AsyncSession, customer_id: UUID, *, before: Place | None, limit: int, sees: "Sees"
    ) -> Iterable[Entry]:
        """The newest entries that stand farther back than ``before``, newest first."""
        ...


@dataclass(frozen=True)
class Sees:
    """What of a customer somebody may see: conversations at all, and which tickets (None for every one)."""

    conversations: bool = True
    tickets: frozenset[str] | None = None


EVERYTHING = Sees()


@dataclass(frozen=True)
class Timeline:
    """One page, newest first.  ``next`` is what to ask for as ``before``; None at the end."""

    entries: tuple[Entry, ...]
    next: Place | None


def joined(found: Iterable[Iterable[Entry]], *, limit: int) -> Timeline:
    """The newest of all sources."""
    entries = sorted((entry for each in found for entry in each), key=lambda entry: entry.place, reverse=True)
    page = tuple(entries[:limit])
    return Timeline(page, page[-1].place if len(page) == limit else None)
