"""Old tickets go by the month, and nothing goes that something else stands on."""

from datetime import datetime, timezone
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from bot.errors import RefusedError
from bot.tickets.keeping import OldTickets
from bot.tickets.kinds import TicketStatus
from bot.tickets.model import Ticket, TicketEvent
from tests.tickets.builders import NOW, make_ticket

IN_JULY = datetime(2026, 7, 1, tzinfo=timezone.utc)


@pytest.fixture
def old(database, clock):
    clock.now = IN_JULY
    return OldTickets(database, clock)


@pytest.fixture
async def put(services, database):
    """Stores a ticket of March; a closed one has been followed up."""

    async def store(number: str, status: TicketStatus = TicketStatus.closed, **columns: object) -> None:
        ticket = make_ticket(status, ticket_no=number, waybill_no=f"YD{number}")
        async with database.transaction() as session:
            await services.core.store.keep(session, ticket)
            changes = ({"next_tick_at": None} if status is TicketStatus.closed else {}) | columns
            for name, value in changes.items():
                await session.execute(
                    text(f"UPDATE tickets SET {name} = :value WHERE ticket_no = :no"), {"value": value, "no": number}
                )

    return store


async def _left(database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(select(Ticket.ticket_no).order_by(Ticket.ticket_no)))


async def test_closed_tickets_of_the_month_go_with_their_events(old, put, database):
    await put("GD1")
    await put("GD2")

    assert await old.months() == {"2026-03": 2}
    assert await old.drop("2026-03", portion=1) == 2
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(TicketEvent)) == 0
    assert await _left(database) == []


async def test_an_open_ticket_never_goes_nor_one_of_another_month_nor_one_the_clock_still_has(old, put, database):
    await put("GD1", TicketStatus.dispatched)
    await put("GD2", closed_at=datetime(2026, 2, 27, tzinfo=timezone.utc))
    await put("GD3", next_tick_at=NOW)

    assert await old.drop("2026-03") == 0
    assert await _left(database) == ["GD1", "GD2", "GD3"]


async def test_a_parent_goes_after_its_child_and_stays_with_an_open_one(old, put, database):
    for parent in ("GD1", "GD2"):
        await put(parent)
    await put("GD3", parent_no="GD1")
    await put("GD4", TicketStatus.dispatched, parent_no="GD2")
    await put("GD5", merged_into="GD3")

    assert await old.drop("2026-03") == 3
    assert await _left(database) == ["GD2", "GD4"]


async def test_what_evidence_a_ruling_or_the_ledger_stands_on_stays(old, put, database):
    for number in ("GD1", "GD2", "GD3", "GD4"):
        await put(number)
    async with database.transaction() as session:
        for statement in HELD:
            await session.execute(text(statement), {"id": UUID(int=1), "at": NOW})

    assert await old.drop("2026-03") == 1
    assert await _left(database) == ["GD1", "GD2", "GD3"]


@pytest.mark.parametrize("month", ["2026-05", "2027-01", "March"])
async def test_a_young_or_misspelt_month_is_refused(old, month):
    with pytest.raises(RefusedError):
        await old.drop(month)


HELD = (
    "INSERT INTO evidence_items (ticket_no, seq, kind, text, snapshot, by, at, previous_hash, hash) "
    "VALUES ('GD1', 1, 'text', 'x', '{}', 'agent:wang', :at, '', 'h')",
    "INSERT INTO rulings (ticket_no, about_no, effect, finding, text, reference, because, by, at) "
    "VALUES ('GD2', 'GD2', 'ruled', 'dismissed', 'x', 'r', '[]', 'agent:wu', :at)",
    "INSERT INTO chains (ticket_no, waybill_no, window_seconds, calendar, opened_at, because, facts) "
    "VALUES ('GD3', 'YD1', 60, 'always', :at, '[]', '{}')",
)
