"""Old tickets, taken away by the month they were closed in: what nothing hangs on any more.

Tickets are not split by months, because one open case per waybill is kept by an index over all of them.  So an old
month is deleted, ticket by ticket, in portions that other work passes between.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.waybills.months import first_day, old_month

PORTION = 2_000


class OldTickets:
    """Counts and deletes closed tickets by month.

    A ticket stays, whatever its age, while it is open or the clock still has something to do with it, while it has
    evidence, a ruling, an appeal or an entry in the ledger, none of which is ever taken away, and while a ticket that
    stays names it as its parent or was merged into it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def months(self) -> dict[str, int]:
        """How many closed tickets there are of each month, oldest first, as ``2025-11``; those that stay included."""
        async with self._database.transaction() as session:
            return {str(month): int(count) for month, count in await session.execute(_MONTHS)}

    async def drop(self, month: str, *, portion: int = PORTION, report: Callable[[int], None] | None = None) -> int:
        """Delete the tickets that were closed in a month, with their events; returns how many.

        It may be ended at any point and begun again.  Raises `RefusedError` for a month that is too young or misspelt.
        """
        number = old_month(month, now=self._clock())
        start, end = (datetime.fromisoformat(first_day(each)) for each in (number, number + 1))
        gone = 0
        while passed := await self._pass(start, end, portion, report):
            gone += passed
        return gone

    async def _pass(self, start: datetime, end: datetime, portion: int, report: Callable[[int], None] | None) -> int:
        """Once over the month, by number.  A parent goes in the pass after its last child."""
        gone, after = 0, ""
        while True:
            async with self._database.transaction() as session:
                values = {"start": start, "end": end, "after": after, "most": portion}
                numbers = (await session.scalars(_FREE, values)).all()
                if not numbers:
                    return gone
                await _delete(session, numbers)
            gone, after = gone + len(numbers), numbers[-1]
            if report:
                report(len(numbers))


async def _delete(session: AsyncSession, numbers: Sequence[str]) -> None:
    for statement in _DELETE:
        await session.execute(statement, {"numbers": list(numbers)})


_MONTHS = text(
    "SELECT to_char(closed_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), count(*) FROM tickets "
    "WHERE status = 'closed' AND closed_at IS NOT NULL GROUP BY 1 ORDER BY 1"
)
_HOLDERS = (
    "ledger_entries AS held WHERE held.ticket_no = old.ticket_no",
    "evidence_items AS held WHERE held.ticket_no = old.ticket_no",
    "chains AS held WHERE held.ticket_no = old.ticket_no",
    "rulings AS held WHERE held.ticket_no = old.ticket_no",
    "rulings AS held WHERE held.about_no = old.ticket_no",
    "ticket_appeals AS held WHERE held.about_no = old.ticket_no",
    "ticket_appeals AS held WHERE held.appeal_no = old.ticket_no",
    "tickets AS held WHERE held.parent_no = old.ticket_no",
    "tickets AS held WHERE held.merged_into = old.ticket_no",
)
"""What a ticket can't go without."""
_IS_FREE = " AND ".join(f"NOT EXISTS (SELECT FROM {holder})" for holder in _HOLDERS)
_FREE = text(
    "SELECT ticket_no FROM tickets AS old WHERE status = 'closed' AND next_tick_at IS NULL AND ticket_no > :after "  # noqa: S608
    f"AND closed_at >= :start AND closed_at < :end AND {_IS_FREE} ORDER BY ticket_no LIMIT :most "
    "FOR UPDATE OF old SKIP LOCKED"
)
_DELETE = tuple(
    text(f"DELETE FROM {table} WHERE ticket_no = ANY(:numbers)")  # noqa: S608
    for table in ("ticket_events", "tickets")
)
