"""Working stand-ins for what surrounds tickets; each remembers what it was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import NotFoundError
from bot.outbox import NewEvent
from bot.outbox.kinds import published
from bot.rules.model import Facts, RuleBook
from bot.staff.model import Actor
from bot.tickets.owners import TrackFacts
from bot.tickets.ports import ChainStart


@dataclass
class FakeTracks:
    """The ways of the waybills a test puts in."""

    tracks: dict[str, TrackFacts] = field(default_factory=dict)

    async def of(self, session: AsyncSession, waybill_no: str) -> TrackFacts | None:
        return self.tracks.get(waybill_no)

    async def many(self, session: AsyncSession, waybill_nos: Sequence[str]) -> Mapping[str, TrackFacts]:
        return {number: self.tracks[number] for number in waybill_nos if number in self.tracks}


@dataclass
class FakeTell:
    """Checks what would be sent against its published schema."""

    events: list[NewEvent] = field(default_factory=list)

    async def __call__(self, session: AsyncSession, events: Sequence[NewEvent]) -> None:
        for event in events:
            published(event.kind, event.data)
        self.events += events

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@dataclass
class FakeConditions:
    """``changes``: (waybill, open tickets, settled)."""

    changes: list[tuple[str, int, bool]] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)

    async def hold(self, session, waybill_no):
        pass

    async def tickets_changed(
        self, session: AsyncSession, waybill_no: str, *, open_tickets: int, settled: bool
    ) -> None:
        self.changes.append((waybill_no, open_tickets, settled))

    async def contacted(self, session: AsyncSession, waybill_no: str) -> None:
        self.contacts.append(waybill_no)


@dataclass(frozen=True)
class Entry:
    """One line of the fake ledger."""

    ticket_no: str
    reference: str
    row: str
    unit: str
    amount: float
    reversed: bool = False


@dataclass
class FakeLedger:
    """Enters what the table says for parties that have a unit; reversals are new lines."""

    entries: list[Entry] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def enter(
        self,
        session: AsyncSession,
        book: RuleBook,
        facts: Facts,
        *,
        ticket_no: str,
        reference: str,
        units: Mapping[str, str | None],
        by: str,
        at: datetime,
    ) -> Sequence[Any]:
        self.asked.append(dict(facts))
        for hit in book.decide("ledger", facts).hits:
            unit = units.get(str(hit.outcome["to"]))
            if unit:
                self.entries.append(Entry(ticket_no, reference, hit.row, unit, float(hit.outcome["amount"] or 0)))
        return ()

    async def reverse_ruling(
        self, session: AsyncSession, ticket_no: str, reference: str, *, by: str, why: str, at: datetime
    ) -> Sequence[Any]:
        mine = [each for each in self.entries if (each.ticket_no, each.reference) == (ticket_no, reference)]
        self.entries += [Entry(ticket_no, reference, each.row, each.unit, -each.amount, True) for each in mine]
        return ()

    def balance(self, unit: str) -> float:
        return sum(entry.amount for entry in self.entries if entry.unit == unit)


@dataclass
class FakeEvidence:
    """Starts the chains a test wants; ``starts`` by waybill."""

    starts: dict[str, ChainStart] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    admitted: list[tuple[str, str]] = field(default_factory=list)
    handed_in: dict[str, set[str]] = field(default_factory=dict)

    async def begin(self, ticket_no: str, waybill_no: str, *, at: datetime) -> ChainStart | None:
        self.begun.append(ticket_no)
        return self.starts.get(waybill_no)

    async def admit(self, ticket_no: str, text: str, *, by: Actor, at: datetime, turn: str | None) -> None:
        self.admitted.append((ticket_no, by.name))

    async def refuse_unless_handed_in(
        self, session: AsyncSession, ticket_no: str, files: Sequence[str], *, by: Actor
    ) -> None:
        """``handed_in``: the files of each ticket."""
        for file in set(files) - self.handed_in.get(ticket_no, set()):
            raise NotFoundError(file)


@dataclass
class FakeFollowUps:
    """Who was asked how it went; nobody while a person has the conversation."""

    asked: list[str] = field(default_factory=list)
    is_with_person: bool = False

    async def ask(self, session: AsyncSession, ticket_no: str, conversation_id: UUID, *, at: datetime) -> bool:
        if self.is_with_person:
            return False
        self.asked.append(ticket_no)
        return True
