"""Ticket work at the desk, put together: what its pages and its API stand on."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.service import AgentService
from bot.desk.ticket_arbitration import Benches
from bot.desk.ticket_file import TicketFiles
from bot.desk.ticket_filters import Arrangements
from bot.desk.ticket_lists import TicketLists
from bot.desk.ticket_moves import TicketMoves
from bot.desk.ticket_opening import TicketOpening
from bot.evidence.endpoints import EvidenceServices
from bot.ledger.service import LedgerService
from bot.rules.model import RuleBook
from bot.staff.model import Actor
from bot.tickets.services import TicketServices
from bot.waybills.service import WaybillService

UnitsOf = Callable[[Actor], Awaitable[Collection[str]]]


@dataclass(frozen=True)
class TicketDeskParts:
    """What the composition root gives; ``units_of``: every unit of the province a person works for."""

    database: Database
    clock: Clock
    agents: AgentService
    tickets: TicketServices
    evidence: EvidenceServices
    ledger: LedgerService
    waybills: WaybillService
    conversations: ConversationService
    rules: Callable[[], RuleBook]
    units_of: UnitsOf


@dataclass(frozen=True)
class TicketDesk:
    """Every part under its name."""

    parts: TicketDeskParts
    lists: TicketLists
    arrangements: Arrangements
    files: TicketFiles
    moves: TicketMoves
    benches: Benches
    opening: TicketOpening

    @classmethod
    def build(cls, parts: TicketDeskParts) -> "TicketDesk":
        database, clock, tickets = parts.database, parts.clock, parts.tickets
        lists = TicketLists(database, tickets.queries, tickets.core.catalogue)
        files = TicketFiles(
            database=database,
            clock=clock,
            tickets=tickets,
            evidence=parts.evidence,
            ledger=parts.ledger,
            waybills=parts.waybills,
            conversations=parts.conversations,
            lists=lists,
            rules=parts.rules,
        )
        return cls(
            parts=parts,
            lists=lists,
            arrangements=Arrangements(database, clock),
            files=files,
            moves=TicketMoves(tickets, parts.evidence, clock),
            benches=Benches(database, files, tickets, parts.ledger, parts.rules),
            opening=TicketOpening(database, tickets, parts.conversations, parts.waybills),
        )
