"""What rules decided about tickets, as cases to try changed rules on: every event keeps its rules and its facts."""

from collections.abc import AsyncIterator
from datetime import timedelta

from sqlalchemy import select

from bot.clock import Clock
from bot.db import Database
from bot.rules.cases import Cases
from bot.rules.table import Table
from bot.tickets.events import TicketEvent

LOOKED_BACK = timedelta(days=60)
_BATCH = 5_000


class TicketCases:
    """The facts of events of the last two months that a rule of the table is behind."""

    name = "tickets"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def cases(self, table: Table) -> AsyncIterator[Cases]:
        query = (
            select(TicketEvent.ticket_no, TicketEvent.because, TicketEvent.details)
            .where(TicketEvent.at >= self._clock() - LOOKED_BACK)
            .order_by(TicketEvent.at)
            .execution_options(yield_per=_BATCH)
        )
        async with self._database.transaction() as session:
            async for rows in (await session.stream(query)).partitions():
                named = [row for row in rows if _is_of(table, row.because, row.details)]
                if named:
                    yield Cases.of(table, [row.ticket_no for row in named], [row.details["facts"] for row in named])


def _is_of(table: Table, because: list[str], details: dict[str, object]) -> bool:
    """Whether a row of the table decided, and everything it looks at was kept."""
    facts = details.get("facts")
    if not isinstance(facts, dict) or not any(rule.startswith(f"{table.name}.") for rule in because):
        return False
    return all(column.name in facts for column in table.inputs)
