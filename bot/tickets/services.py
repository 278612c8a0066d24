"""All services of tickets on one core, for the composition root, the API and tests."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.db import Database
from bot.tickets.arbitration import Arbitration
from bot.tickets.by_rule import RuleTickets
from bot.tickets.clockwork import Clockwork
from bot.tickets.core import TicketCore
from bot.tickets.ports import Surroundings
from bot.tickets.queries import TicketQueries
from bot.tickets.requests import RequestLog
from bot.tickets.service import TicketService
from bot.tickets.work import TicketWork


@dataclass(frozen=True)
class TicketServices:
    """``tickets`` is the customers' door, ``work`` and ``arbitration`` are people's, ``by_rule`` is the rules'."""

    core: TicketCore
    tickets: TicketService
    work: TicketWork
    arbitration: Arbitration
    queries: TicketQueries
    by_rule: RuleTickets
    clockwork: Clockwork
    requests: RequestLog

    @classmethod
    def build(cls, database: Database, clock: Clock, around: Surroundings | None = None) -> "TicketServices":
        core = TicketCore(database, clock, around)
        return cls(
            core=core,
            tickets=TicketService(database, clock, core=core),
            work=TicketWork(core),
            arbitration=Arbitration(core),
            queries=TicketQueries(database, clock),
            by_rule=RuleTickets(core),
            clockwork=Clockwork(core),
            requests=RequestLog(database, clock),
        )
