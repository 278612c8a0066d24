"""What tickets need of other subjects: small ports, with defaults that do nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.outbox import NewEvent
from bot.rules.model import Facts, RuleBook
from bot.rules.shipped import shipped_rules
from bot.rules.working_time import shipped_working_time
from bot.staff.model import Actor
from bot.tickets.deadlines import Hours
from bot.tickets.owners import TrackFacts, Unit


class Tracks(Protocol):
    """The ways of waybills.  Numbers that nobody knows are left out."""

    async def of(self, session: AsyncSession, waybill_no: str) -> TrackFacts | None: ...

    async def many(self, session: AsyncSession, waybill_nos: Sequence[str]) -> Mapping[str, TrackFacts]: ...


class Units(Protocol):
    """The units of the network.  Codes that nobody knows are left out."""

    async def around(self, session: AsyncSession, codes: Iterable[str]) -> tuple[Mapping[str, Unit], Unit | None]:
        """These units with those directly above them, and headquarters."""
        ...

    async def many(self, session: AsyncSession, codes: Iterable[str]) -> Mapping[str, Unit]: ...

    async def headquarters(self, session: AsyncSession) -> Unit | None: ...

    async def center_of(self, session: AsyncSession, province: str) -> Unit | None: ...


class Tell(Protocol):
    """Tells other systems, in the transaction of the session; as `bot.outbox.emit_many`."""

    async def __call__(self, session: AsyncSession, events: Sequence[NewEvent]) -> None: ...


class Conditions(Protocol):
    """Keeps the condition of waybills true; as `bot.waybills.conditions.Conditions`."""

    async def hold(self, session: AsyncSession, waybill_no: str) -> None:
        """Keep others from judging this waybill until the transaction ends."""
        ...

    async def tickets_changed(
        self, session: AsyncSession, waybill_no: str, *, open_tickets: int, settled: bool
    ) -> None:
        """So many service tickets are open now; ``settled``: the last one was closed and passed review."""
        ...

    async def contacted(self, session: AsyncSession, waybill_no: str) -> None:
        """Somebody asked about the parcel and got a summary."""
        ...


class Ledger(Protocol):
    """Fines, rewards and scores by rule; as `bot.ledger.service.LedgerService`."""

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
    ) -> Sequence[Any]: ...

    async def reverse_ruling(
        self, session: AsyncSession, ticket_no: str, reference: str, *, by: str, why: str, at: datetime
    ) -> Sequence[Any]: ...


@dataclass(frozen=True)
class ChainStart:
    """A chain of evidence that runs: which unit has to prove first, and until when."""

    unit: str
    until: datetime


class Evidence(Protocol):
    """Chains of evidence.  Each takes the chain's lock before anybody takes the ticket's."""

    async def begin(self, ticket_no: str, waybill_no: str, *, at: datetime) -> ChainStart | None:
        """Open the chain in a transaction of its own, or find the one there is; None where it can't be opened."""
        ...

    async def admit(self, ticket_no: str, text: str, *, by: Actor, at: datetime, turn: str | None) -> None:
        """The holder admits, in a transaction of its own; the ticket hears of it through its `ChainFollower`."""
        ...

    async def refuse_unless_handed_in(
        self, session: AsyncSession, ticket_no: str, files: Sequence[str], *, by: Actor
    ) -> None:
        """As `bot.evidence.handed_in.refuse_unless_handed_in`."""
        ...


class FollowUps(Protocol):
    """Asks customers how it went, on the channel they came from."""

    async def ask(self, session: AsyncSession, ticket_no: str, conversation_id: UUID, *, at: datetime) -> bool:
        """Returns whether it was said: not while a person has the conversation."""
        ...


class NoTracks:
    """Nothing is known of any waybill: tickets wait for headquarters to dispatch them."""

    async def of(self, session: AsyncSession, waybill_no: str) -> TrackFacts | None:  # noqa: ARG002
        return None

    async def many(self, session: AsyncSession, waybill_nos: Sequence[str]) -> Mapping[str, TrackFacts]:  # noqa: ARG002
        return {}


class NoUnits:
    """A network without units."""

    async def around(self, session: AsyncSession, codes: Iterable[str]) -> tuple[Mapping[str, Unit], Unit | None]:  # noqa: ARG002
        return {}, None

    async def many(self, session: AsyncSession, codes: Iterable[str]) -> Mapping[str, Unit]:  # noqa: ARG002
        return {}

    async def headquarters(self, session: AsyncSession) -> Unit | None:  # noqa: ARG002
        return None

    async def center_of(self, session: AsyncSession, province: str) -> Unit | None:  # noqa: ARG002
        return None


class NoOutside:
    """Stands for whoever is told and does nothing: other systems, conditions, ledger, evidence, follow-ups."""

    async def __call__(self, session: AsyncSession, events: Sequence[NewEvent]) -> None:
        """Nobody is told."""

    async def hold(self, session: AsyncSession, waybill_no: str) -> None:
        """Nobody else judges."""

    async def tickets_changed(
        self, session: AsyncSession, waybill_no: str, *, open_tickets: int, settled: bool
    ) -> None:
        """Nobody keeps conditions."""

    async def contacted(self, session: AsyncSession, waybill_no: str) -> None:
        """Nobody keeps conditions."""

    async def enter(
        self,
        session: AsyncSession,  # noqa: ARG002
        book: RuleBook,  # noqa: ARG002
        facts: Facts,  # noqa: ARG002
        *,
        ticket_no: str,  # noqa: ARG002
        reference: str,  # noqa: ARG002
        units: Mapping[str, str | None],  # noqa: ARG002
        by: str,  # noqa: ARG002
        at: datetime,  # noqa: ARG002
    ) -> Sequence[Any]:
        return ()

    async def reverse_ruling(
        self,
        session: AsyncSession,  # noqa: ARG002
        ticket_no: str,  # noqa: ARG002
        reference: str,  # noqa: ARG002
        *,
        by: str,  # noqa: ARG002
        why: str,  # noqa: ARG002
        at: datetime,  # noqa: ARG002
    ) -> Sequence[Any]:
        return ()

    async def begin(self, ticket_no: str, waybill_no: str, *, at: datetime) -> ChainStart | None:  # noqa: ARG002
        return None

    async def admit(self, ticket_no: str, text: str, *, by: Actor, at: datetime, turn: str | None) -> None:
        """There are no chains."""

    async def refuse_unless_handed_in(
        self, session: AsyncSession, ticket_no: str, files: Sequence[str], *, by: Actor
    ) -> None:
        """Nobody keeps files."""

    async def ask(
        self,
        session: AsyncSession,  # noqa: ARG002
        ticket_no: str,  # noqa: ARG002
        conversation_id: UUID,  # noqa: ARG002
        *,
        at: datetime,  # noqa: ARG002
    ) -> bool:
        return True


_NOBODY = NoOutside()


@dataclass(frozen=True)
class Surroundings:
    """Everything tickets work with, put together by the composition root."""

    rules: Callable[[], RuleBook] = shipped_rules
    hours: Hours = field(default_factory=shipped_working_time)
    tracks: Tracks = field(default_factory=NoTracks)
    units: Units = field(default_factory=NoUnits)
    tell: Tell = _NOBODY
    conditions: Conditions = _NOBODY
    ledger: Ledger = _NOBODY
    evidence: Evidence = _NOBODY
    follow_ups: FollowUps = _NOBODY
