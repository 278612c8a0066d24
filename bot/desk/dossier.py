"""A waybill for the people of the network: how it stands and why, its tickets, and all that happened to it in time."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.desk import timeline
from bot.desk.context import ticket_lines, waybill_card
from bot.desk.schemas import TicketLine, WaybillCard
from bot.desk.timeline import Entry, newest_first
from bot.desk.words import desk_words
from bot.errors import NotFoundError, WaybillNotFoundError
from bot.evidence.service import EvidenceService
from bot.network.tables import OutletRow
from bot.rules.model import Row, RuleBook, Table
from bot.rules.writing import value_text
from bot.staff import audit
from bot.staff.model import Actor, Role
from bot.staff.tables import Agent
from bot.tickets.events import TicketEvent
from bot.tickets.model import ServiceSummary, Ticket
from bot.tickets.permissions import TicketFacts, may_see
from bot.waybills.history import changes_of, instructions_of, state_of
from bot.waybills.model import Waybill
from bot.waybills.service import WaybillService

_SEES_ALL = {
    None,
    Role.agent,
    Role.headquarters_agent,
    Role.headquarters_arbitrator,
    Role.supervisor,
    Role.admin,
}


class Units(Protocol):
    """Which units a province has."""

    async def units_of(self, province: str) -> Collection[str]: ...


def reasons(book: RuleBook, named: Iterable[str]) -> dict[str, str]:
    """What rules say, for those that still exist: the title of the table, and the note or the outcome of the row."""
    found = {}
    for rule in dict.fromkeys(named):
        table, row = _found(book, rule)
        if table and row:
            found[rule] = f"{table.title}：{row.note or _outcome(table, row)}"
    return found


def note_of(book: RuleBook, rule: str) -> str:
    """What whoever wrote the row has noted about it; empty where there is nothing, or no such row any more."""
    _, row = _found(book, rule)
    return row.note or "" if row is not None else ""


def _found(book: RuleBook, rule: str) -> tuple[Table | None, Row | None]:
    """``handover.vip@v3`` is row ``vip`` of the table ``handover``."""
    name, _, row_id = rule.partition("@")[0].partition(".")
    table = book.tables.get(name)
    return table, next((row for row in table.rows if row.id == row_id), None) if table else None


def _outcome(table: Table, row: Row) -> str:
    """What the row is called where it has a name, as categories have; else every outcome."""
    if name := row.then.get("zh"):
        return str(name)
    said = ((column, value_text(row.then.get(column.name), column, titled=True)) for column in table.outputs)
    return "，".join(f"{column.title} {text}" for column, text in said if text)


class Dossier(BaseModel):
    """A waybill as staff see it.

    Parameters
    ----------
    because: the rules behind the present condition.
    reasons: what each rule that is named says, in Chinese.
    categories: what each category of its tickets is called.
    names: what the accounts and units that did something are called.
    timeline: newest first.
    """

    model_config = ConfigDict(frozen=True)

    waybill: WaybillCard
    leg: str
    holding_outlet: str
    because: tuple[str, ...]
    reasons: dict[str, str]
    tickets: tuple[TicketLine, ...]
    categories: dict[str, str]
    names: dict[str, str] = {}
    timeline: tuple[Entry, ...]


@dataclass(frozen=True)
class Dossiers:
    """Reads dossiers; every look is written down."""

    database: Database
    clock: Clock
    waybills: WaybillService
    evidence: EvidenceService
    network: Units
    rules: Callable[[], RuleBook]

    async def of(self, waybill_no: str, actor: Actor) -> Dossier:
        """The dossier, as far as this person may see it.

        An outlet sees parcels that came through it or that it has a ticket of, a province those that touch it; of
        tickets and their evidence everybody sees what their role sees.  Anything else is as good as unknown:
        `NotFoundError`.
        """
        progress = await self.waybills.progress(waybill_no)
        async with self.database.transaction() as session:
            tickets = await self._tickets(session, waybill_no, actor)
            if not tickets and not await self._touches(progress.waybill, actor):
                raise WaybillNotFoundError(waybill_no)
            state = await state_of(session, waybill_no)
            if state is None:
                raise WaybillNotFoundError(waybill_no)
            entries = await self._entries(session, progress.waybill, tickets)
            holder = await session.get(OutletRow, state.holding_outlet)
            names = await names_of(session, entries)
            audit.record(session, "waybill.viewed", who=actor.name, at=self.clock(), why=waybill_no)
        return Dossier(
            waybill=waybill_card(progress, None),
            leg=state.leg,
            holding_outlet=holder.name if holder else state.holding_outlet,
            because=tuple(state.because),
            reasons=reasons(self.rules(), [*state.because, *(rule for entry in entries for rule in entry.because)]),
            tickets=ticket_lines(tickets, now=self.clock()),
            categories={ticket.category: self._category(ticket.category) for ticket in tickets},
            names=names,
            timeline=newest_first(entries),
        )

    def _category(self, category: str) -> str:
        table = self.rules().tables.get("category")
        row = table and next((row for row in table.rows if row.id == category), None)
        return str(row.then.get("zh")) if row else category

    async def _tickets(self, session: AsyncSession, waybill_no: str, actor: Actor) -> list[Ticket]:
        found = await session.scalars(select(Ticket).where(Ticket.waybill_no == waybill_no))
        return [ticket for ticket in found if may_see(actor, TicketFacts.of(ticket))]

    async def _touches(self, waybill: Waybill, actor: Actor) -> bool:
        if actor.role in _SEES_ALL:
            return True
        passed = {waybill.origin_outlet, waybill.destination_outlet, *(scan.outlet_code for scan in waybill.track)}
        if actor.role is Role.outlet_agent:
            return actor.unit in passed
        if actor.role in (Role.provincial_agent, Role.provincial_arbitrator) and actor.province:
            return not passed.isdisjoint(await self.network.units_of(actor.province))
        raise NotFoundError(f"role {actor.role} has no part in waybills")

    async def _entries(self, session: AsyncSession, waybill: Waybill, tickets: list[Ticket]) -> list[Entry]:
        words, number = desk_words(), waybill.waybill_no
        numbers = [ticket.ticket_no for ticket in tickets]
        events = await session.scalars(select(TicketEvent).where(TicketEvent.ticket_no.in_(numbers)))
        summaries = await session.scalars(select(ServiceSummary).where(ServiceSummary.waybill_no == number))
        items = [item for ticket_no in numbers for item in await self.evidence.items(session, ticket_no)]
        return [
            *(timeline.of_scan(scan, words) for scan in waybill.track),
            *(timeline.of_change(change, words) for change in await changes_of(session, number)),
            *(timeline.of_instruction(one, words) for one in await instructions_of(session, number)),
            *(timeline.of_event(event) for event in events),
            *(timeline.of_summary(summary, words) for summary in summaries),
            *(timeline.of_item(item, words) for item in items),
        ]


async def names_of(session: AsyncSession, entries: Iterable[Entry]) -> dict[str, str]:
    """Accounts (by username) and units (by code) that did something, each with its name."""
    known = list(entries)
    units = select(OutletRow.code, OutletRow.name).where(OutletRow.code.in_({one.unit for one in known if one.unit}))
    doers = {one.by.removeprefix("agent:") for one in known}
    people = select(Agent.username, Agent.name).where(Agent.username.in_(doers))
    found = {row.code: row.name for row in await session.execute(units)}
    return found | {row.username: row.name for row in await session.execute(people)}
