"""The arbitration workbench: both sides beside each other, and what a ruling would put into the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from bot.db import Database
from bot.desk.ticket_file import TicketFile, TicketFiles
from bot.desk.ticket_words import denied
from bot.evidence.model import EvidenceItem
from bot.ledger.model import EntryKind, LedgerEntry
from bot.ledger.service import LedgerService
from bot.rules.model import RuleBook
from bot.staff.model import Actor, Role
from bot.tickets.arbitration import Judgement
from bot.tickets.kinds import Move, RulingEffect, RulingFinding, Side, TicketKind
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.rulings import CUSTOMER, Appeal, Ruling
from bot.tickets.services import TicketServices
from bot.tickets.work import Request

_PARTIES = {Role.outlet_agent, Role.agent}
"""Who speaks for a side does so on the ticket's own page."""


@dataclass(frozen=True)
class Consequence:
    """An entry that a ruling would make.  ``reverses``: it takes back one that stands."""

    unit: str
    kind: EntryKind
    amount: Decimal
    note: str
    rule: str
    reverses: bool = False


@dataclass(frozen=True)
class Part:
    """What one side said and handed in."""

    statements: Sequence[TicketEvent]
    evidence: Sequence[EvidenceItem]


@dataclass(frozen=True)
class Bench:
    """A dispute ready to be decided.  ``complaint`` is what the rulings are about, the ticket itself or its parent."""

    file: TicketFile
    complaint: Ticket
    complainant: Part
    respondent: Part
    respondent_units: frozenset[str]

    @property
    def may_rule(self) -> bool:
        return any(offer.name == Move.rule and not offer.refused for offer in self.file.offers)

    @property
    def why_not(self) -> str:
        return next((offer.refused for offer in self.file.offers if offer.name == Move.rule), "")


@dataclass(frozen=True)
class Benches:
    """Opens workbenches and says what would follow."""

    database: Database
    files: TicketFiles
    tickets: TicketServices
    ledger: LedgerService
    rules: Callable[[], RuleBook]

    async def of(self, actor: Actor, ticket_no: str) -> Bench:
        """Raises `AccessRefusedError` for a ticket that is not arbitrated and for parties, and as `TicketFiles.of`."""
        file = await self.files.of(actor, ticket_no)
        if file.ticket.kind == TicketKind.service or actor.role in _PARTIES:
            raise denied("ruling")
        complaint, events, evidence = await self._whole_case(file)
        units = frozenset(unit for unit in (complaint.outlet, complaint.liable_unit, file.ticket.outlet) if unit)
        stated = [event for event in events if event.what == Move.state]
        ours = [event for event in stated if event.details.get("side") == Side.respondent]
        theirs = [event for event in stated if event.details.get("side") != Side.respondent]
        of_units = [item for item in evidence if item.unit in units]
        return Bench(
            file=file,
            complaint=complaint,
            complainant=Part(theirs, [item for item in evidence if item.unit not in units]),
            respondent=Part(ours, of_units),
            respondent_units=units,
        )

    async def rule(
        self, actor: Actor, ticket_no: str, judgement: Judgement, *, version: int | None, turn: str
    ) -> Ticket:
        request = Request(actor, turn=f"desk:{actor.name}:{turn}", version=version)
        return await self.tickets.arbitration.rule(ticket_no, request, judgement)

    async def consequences(self, bench: Bench, judgement: Judgement) -> list[Consequence]:
        """What the ledger's rules in force make of a ruling; nothing is written."""
        ticket, book = bench.file.ticket, self.rules()
        found: list[Consequence] = []
        before = bench.file.rulings[-1] if bench.file.rulings else None
        if ticket.kind == TicketKind.complaint:
            if judgement.finding is None:
                return []
            return _entries(book, ticket, "complaint", judgement.finding.value, judgement.liable_unit, None)
        appellant = await self._appellant(ticket.ticket_no)
        found += _entries(book, ticket, "appeal", judgement.effect.value, judgement.liable_unit, appellant)
        if judgement.effect is RulingEffect.confirmed:
            return found
        finding, liable = _outcome(before, judgement)
        found += [_reversed(entry) for entry in await self._standing(bench)]
        return found + _entries(book, ticket, "complaint", finding.value, liable, appellant)

    # -- within ----------------------------------------------------------------------------------

    async def _whole_case(self, file: TicketFile) -> tuple[Ticket, Sequence[TicketEvent], Sequence[EvidenceItem]]:
        """Of an appeal the complaint's statements and evidence count too."""
        ticket = file.ticket
        if ticket.kind != TicketKind.appeal or ticket.parent_no is None:
            return ticket, file.events, file.evidence
        store = self.tickets.core.store
        async with self.database.transaction() as session:
            complaint = await store.find(session, ticket.parent_no)
            events = await store.events(session, ticket.parent_no)
        items = await self.files.evidence.items.of_ticket(ticket.parent_no)
        return complaint, [*events, *file.events], [*items, *file.evidence]

    async def _standing(self, bench: Bench) -> list[LedgerEntry]:
        """The entries of the last ruling that changed something, as far as they were not taken back."""
        changing = [ruling for ruling in bench.file.rulings if ruling.effect != RulingEffect.confirmed]
        if not changing:
            return []
        entries = await self.ledger.of_ticket(changing[-1].ticket_no)
        gone = {entry.reverses for entry in entries if entry.reverses}
        mine = [entry for entry in entries if entry.reference == changing[-1].reference]
        return [entry for entry in mine if entry.reverses is None and entry.id not in gone]

    async def _appellant(self, appeal_no: str) -> str | None:
        async with self.database.transaction() as session:
            query = select(Appeal.party).where(Appeal.appeal_no == appeal_no, Appeal.party != CUSTOMER)
            return (await session.scalars(query.order_by(Appeal.at, Appeal.party))).first()


def _outcome(before: Ruling | None, judgement: Judgement) -> tuple[RulingFinding, str | None]:
    """As `bot.tickets.arbitration` decides it for a ruling on an appeal that does not confirm."""
    stood = RulingFinding(before.finding) if before else RulingFinding.dismissed
    turned = RulingFinding.dismissed if stood is RulingFinding.upheld else RulingFinding.upheld
    finding = judgement.finding or (turned if judgement.effect is RulingEffect.reversed else RulingFinding.upheld)
    return finding, judgement.liable_unit if finding is RulingFinding.upheld else None


def _entries(
    book: RuleBook, ticket: Ticket, kind: str, finding: str, liable: str | None, appellant: str | None
) -> list[Consequence]:
    facts: dict[str, str | int | float | bool | None] = {
        "kind": kind,
        "cause": ticket.cause,
        "finding": finding,
        "service_class": ticket.service_class,
        "escalations": ticket.escalations,
        "across_provinces": ticket.across_provinces,
    }
    units = {"reporter": ticket.reporter_unit, "holder": ticket.owner_unit, "liable": liable, "appellant": appellant}
    decision, found = book.decide("ledger", facts), []
    for hit in decision.hits:
        unit, amount = units.get(str(hit.outcome["to"])), hit.outcome["amount"]
        if unit and isinstance(amount, int | float) and amount:
            entry = EntryKind(str(hit.outcome["entry"]))
            rule = f"ledger.{hit.row}@v{decision.version}"
            found.append(Consequence(unit, entry, entry.signed(amount), str(hit.outcome.get("note") or ""), rule))
    return found


def _reversed(entry: LedgerEntry) -> Consequence:
    return Consequence(entry.unit, EntryKind(entry.entry), -entry.amount, entry.note, entry.rule, reverses=True)
