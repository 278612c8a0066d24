import asyncio
from uuid import UUID, uuid4

import pytest

from bot.errors import NotFoundError
from bot.tickets.model import Priority, Ticket, TicketKind
from bot.tickets.service import Contact, TicketService

WAYBILL = "YD2026000000011"


@pytest.fixture
def tickets(database, clock) -> TicketService:
    return TicketService(database, clock)


def _contact(turn: str = "t1", customer: UUID | None = None) -> Contact:
    return Contact(customer or uuid4(), uuid4(), turn)


async def _report(tickets, turn="t1", category="stalled", waybill_no=WAYBILL, customer=None):
    return await tickets.report(
        TicketKind.service, category, "三天没动", waybill_no=waybill_no, contact=_contact(turn, customer)
    )


async def test_a_report_opens_a_ticket_with_a_deadline(tickets, clock):
    reported = await _report(tickets)

    assert reported.ticket_no.startswith("GD")
    assert (reported.appended, reported.due_at > clock()) == (False, True)


async def test_a_second_contact_is_appended_and_raises_the_priority(tickets):
    first = await _report(tickets)
    second = await _report(tickets, turn="t2")

    (ticket,) = await tickets.of_waybill(WAYBILL)
    assert (second.ticket_no, second.appended) == (first.ticket_no, True)
    assert (ticket.contacts, ticket.priority) == (2, Priority.high)


async def test_another_category_is_another_case(tickets):
    assert (await _report(tickets)).ticket_no != (await _report(tickets, "t2", "damage")).ticket_no


async def test_the_same_turn_reports_once(tickets):
    first = await _report(tickets)
    again = await _report(tickets)

    assert (again.ticket_no, again.contacts) == (first.ticket_no, 1)


async def test_twenty_reports_at_once_open_one_ticket(tickets):
    reported = await asyncio.gather(*(_report(tickets, f"t{n}") for n in range(20)))

    assert len({r.ticket_no for r in reported}) == 1
    assert (await tickets.of_waybill(WAYBILL))[0].contacts == 20


async def test_without_a_waybill_a_case_belongs_to_its_customer(tickets):
    first = await _report(tickets, "t1", waybill_no=None)
    second = await _report(tickets, "t2", waybill_no=None)

    assert first.ticket_no != second.ticket_no


async def test_a_closed_ticket_is_not_appended_to(tickets, database):
    first = await _report(tickets)
    async with database.transaction() as session:
        (await session.get(Ticket, first.ticket_no)).status = "closed"

    assert (await _report(tickets, "t2")).ticket_no != first.ticket_no


async def test_somebody_elses_ticket_is_as_good_as_unknown(tickets):
    mine = uuid4()
    reported = await _report(tickets, customer=mine)

    assert (await tickets.get_own(reported.ticket_no, mine)).waybill_no == WAYBILL
    with pytest.raises(NotFoundError):
        await tickets.get_own(reported.ticket_no, uuid4())


async def test_a_summary_is_written_once_per_turn(tickets):
    contact = _contact()
    for _ in range(2):
        await tickets.summarise("query_waybill", "已告知物流", waybill_no=WAYBILL, contact=contact)

    assert len(await tickets.summaries_of(contact.conversation_id)) == 1
