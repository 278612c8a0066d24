"""Tickets that rules open and withdraw, thousands at once, in the transaction of whoever judged."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg.errors
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.network.model import Tier
from bot.tickets.core import TicketCore
from bot.tickets.events import By
from bot.tickets.kinds import Flow, TicketKind
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.opening import Matter
from bot.tickets.owners import Owner
from bot.tickets.store import CASE_SEED, OPEN
from bot.tickets.telling import told
from bot.tickets.words import ticket_words

_AT_ONCE = 2_000
_PATIENCE = "200ms"
_LOCK_TIMEOUT = text("SELECT set_config('lock_timeout', :value, true)")
_REPORTING = text(
    "SELECT waybill_no FROM unnest(CAST(:numbers AS text[])) AS waybill_no "
    "WHERE hashtextextended(waybill_no || '|' || :category, :seed) IN "
    "(SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


class Case(Protocol):
    """A waybill for which a rule wants a ticket, as the judges of waybills name it."""

    @property
    def waybill_no(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def because(self) -> tuple[str, ...]: ...
    @property
    def facts(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class RuleCase:
    """The same as a value.  ``facts``: what the rules decided from."""

    waybill_no: str
    category: str
    because: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)


class RuleTickets:
    """What a rule opens is a system ticket; it goes again by itself while nobody has acted on it or asked about it.

    The condition of the waybills is the caller's business: nothing here judges.
    """

    def __init__(self, core: TicketCore) -> None:
        self._core = core

    async def open_for_rule(
        self,
        session: AsyncSession,
        category: str,
        cases: Iterable[tuple[str, Sequence[str], Mapping[str, Any]]],
        at: datetime,
    ) -> dict[str, str]:
        """Open a ticket for each ``(waybill_no, because, facts)`` that has none of the category.

        Returns ticket numbers by waybill.  A few statements however many there are, in the order of the waybills'
        numbers, so that two sweeps never wait for each other in a circle.
        """
        wanted = {number: (tuple(because), dict(facts)) for number, because, facts in cases}
        missing = sorted(wanted.keys() - await self._taken(session, category, wanted))
        opened: dict[str, str] = {}
        for start in range(0, len(missing), _AT_ONCE):
            batch = {number: wanted[number] for number in missing[start : start + _AT_ONCE]}
            opened |= await self._open(session, category, batch, at)
        return opened

    async def withdraw_for_rule(
        self,
        session: AsyncSession,
        waybill_nos: Collection[str],
        because: Sequence[str],
        at: datetime,
        *,
        category: str | None = None,
    ) -> dict[str, str]:
        """Close the system tickets of waybills whose cause has vanished, where nobody has acted on them or asked.

        Returns ticket numbers by waybill.  A ticket that somebody is working on at this moment is left to them.
        """
        query = select(Ticket).where(
            Ticket.waybill_no.in_(waybill_nos),
            Ticket.flow == Flow.system.value,
            Ticket.contacts == 0,
            Ticket.assignee.is_(None),
            Ticket.reopened == 0,
            Ticket.status.in_(("open", "dispatched")),
            OPEN,
        )
        if category is not None:
            query = query.where(Ticket.category == category)
        locked = query.order_by(Ticket.ticket_no).with_for_update(skip_locked=True)
        tickets = (await session.scalars(locked.execution_options(populate_existing=True))).all()
        for ticket in tickets:
            ticket.withdraw(By.rule(at, tuple(because)))
        await self._core.store.keep_quietly(session, tickets)
        return {str(ticket.waybill_no): ticket.ticket_no for ticket in tickets}

    # -- the port of those who judge waybills ------------------------------------------------------

    async def open_tickets(self, session: AsyncSession, cases: Sequence[Case], *, at: datetime) -> list[str]:
        """As `bot.waybills.conditions.Consequences` wants it: the waybills that got a ticket."""
        opened: list[str] = []
        for category in sorted({case.category for case in cases}):
            mine = [(case.waybill_no, case.because, case.facts) for case in cases if case.category == category]
            opened += await self.open_for_rule(session, category, mine, at)
        return opened

    async def close_tickets(self, session: AsyncSession, waybill_nos: Sequence[str], *, at: datetime) -> list[str]:
        """As `bot.waybills.conditions.Consequences` wants it: the waybills that lost one."""
        return list(await self.withdraw_for_rule(session, waybill_nos, self._openers(), at))

    def _openers(self) -> tuple[str, ...]:
        """The rules that open tickets and hold no longer, as explanations name them."""
        table = self._core.around.rules().table("condition")
        version = self._core.around.rules().version_of("condition")
        return tuple(f"condition.{row.id}@v{version}" for row in table.rows if row.then.get("opens_ticket"))

    # -- within ------------------------------------------------------------------------------------

    async def _taken(self, session: AsyncSession, category: str, waybill_nos: Collection[str]) -> set[str]:
        """Waybills that have an open ticket of the category, or for which somebody is just reporting one.

        The latter hold the lock of their case and may be waiting for a waybill that this transaction holds; to wait for
        them in turn would be a circle.
        """
        query = select(Ticket.case_key).where(Ticket.case_key.in_(waybill_nos), Ticket.category == category, OPEN)
        open_ones = set((await session.scalars(query)).all())
        case = {"numbers": list(waybill_nos), "category": category, "seed": CASE_SEED}
        return open_ones | set(await session.scalars(_REPORTING, case))

    async def _open(
        self,
        session: AsyncSession,
        category: str,
        batch: Mapping[str, tuple[tuple[str, ...], dict[str, Any]]],
        at: datetime,
    ) -> dict[str, str]:
        core = self._core
        leaf = core.catalogue().leaf_or_other(category)
        numbers = await core.store.new_numbers(session, len(batch))
        owners = await core.dispatcher.owners(session, leaf, TicketKind.service, list(batch))
        top = await core.around.units.headquarters(session)
        nobody = Owner(top.code, Tier.headquarters) if top else None
        said = ticket_words().texts.get(category, leaf.zh)
        tickets = []
        for number, (waybill_no, (because, facts)) in zip(numbers, batch.items(), strict=True):
            matter = Matter(TicketKind.service, category, said, waybill_no=waybill_no, contacts=0)
            by = By.rule(at, because, facts)
            tickets.append(core.opener.make(number, matter, leaf, owners.get(waybill_no, nobody), by))
        return await self._insert(session, tickets)

    async def _insert(self, session: AsyncSession, tickets: Sequence[Ticket]) -> dict[str, str]:
        """Those whose case somebody else opened in the meantime fall out."""
        new = await self._insert_new(session, tickets)
        opened = [ticket for ticket in tickets if ticket.ticket_no in new]
        events = [(ticket, event) for ticket in opened for event in ticket.fresh]
        documents = [_document(event, TicketEvent) for _, event in events]
        await session.execute(_INSERT_EVENTS, {"rows": json.dumps(documents)})
        await self._core.around.tell(session, [each for ticket, event in events for each in told(ticket, event)])
        return {str(ticket.waybill_no): ticket.ticket_no for ticket in opened}

    async def _insert_new(self, session: AsyncSession, tickets: Sequence[Ticket]) -> set[str]:
        """The numbers that were inserted.  Nobody is waited for: the one case that somebody has meanwhile is left to
        them, found by halving, and all others are opened.
        """
        rows = [_document(ticket, Ticket) for ticket in tickets]
        try:
            async with session.begin_nested():
                usual = await session.scalar(text("SELECT current_setting('lock_timeout')"))
                await session.execute(_LOCK_TIMEOUT, {"value": _PATIENCE})
                new = set((await session.scalars(_INSERT_TICKETS, {"rows": json.dumps(rows)})).all())
                await session.execute(_LOCK_TIMEOUT, {"value": usual})
                return new
        except OperationalError as error:
            if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
                raise
        middle = len(tickets) // 2
        if not middle:
            return set()
        first = await self._insert_new(session, tickets[:middle])
        return first | await self._insert_new(session, tickets[middle:])


def _columns(model: type[Any]) -> list[str]:
    return [column.key for column in inspect(model).columns if column.computed is None]


def _document(row: Any, model: type[Any]) -> dict[str, Any]:
    """A row as PostgreSQL reads it out of JSON."""
    return {name: _plain(getattr(row, name)) for name in _columns(model)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _insert(model: type[Any], end: str) -> Any:
    names = ", ".join(f'"{name}"' for name in _columns(model))
    table = model.__tablename__
    source = f"jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
    return text(f"INSERT INTO {table} ({names}) SELECT {names} FROM {source} {end}")  # noqa: S608


_INSERT_TICKETS = _insert(Ticket, "ORDER BY case_key ON CONFLICT DO NOTHING RETURNING ticket_no")
_INSERT_EVENTS = _insert(TicketEvent, "")
