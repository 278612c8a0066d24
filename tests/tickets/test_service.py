import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg.errors
import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import IllegalMoveError, NotFoundError
from bot.network.model import Tier
from bot.tickets.events import By
from bot.tickets.model import Priority, Ticket, TicketKind
from bot.tickets.opening import Matter
from bot.tickets.owners import Owner
from bot.tickets.service import Contact, TicketService
from bot.tickets.settling import CaseFacts, Settled
from bot.tickets.transactions import attempt

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


async def test_a_category_that_nobody_listed_opens_a_ticket_all_the_same(tickets):
    reported = await _report(tickets, category="brand_new")
    (ticket,) = await tickets.of_waybill(WAYBILL)

    assert (ticket.ticket_no, ticket.category, ticket.cause) == (reported.ticket_no, "brand_new", "consultation")


async def test_a_key_account_is_answered_sooner(tickets):
    usual = await _report(tickets)
    vip = await tickets.report(TicketKind.service, "trace", "急", waybill_no=WAYBILL, contact=_contact("t2"), vip=True)

    assert vip.due_at < usual.due_at


async def test_a_complaint_carries_the_regulators_clock_and_a_service_ticket_does_not(tickets, clock):
    await _report(tickets)
    await tickets.report(TicketKind.complaint, "complaint", "投诉", waybill_no=WAYBILL, contact=_contact("t2"))
    complaint, service = sorted(await tickets.of_waybill(WAYBILL), key=lambda ticket: ticket.kind)

    assert (complaint.regulator_due_at, service.regulator_due_at) == (clock() + timedelta(days=7), None)


def _case(clock, late: bool, **changes) -> CaseFacts:
    promised_at = clock() + timedelta(hours=-1 if late else 1)
    return CaseFacts("expedite", clock(), promised_at, **changes)


async def test_in_time_a_hurry_ends_with_a_summary_and_late_with_a_ticket(tickets, clock):
    contact = _contact("t1")
    settled = await tickets.settle(_case(clock, late=False), "预计明天送达", waybill_no=WAYBILL, contact=contact)
    assert isinstance(settled, Settled)
    assert [one.wrap_up_code for one in await tickets.summaries_of(contact.conversation_id)] == ["expedite"]
    assert await tickets.of_waybill(WAYBILL) == []

    ticketed = await tickets.settle(_case(clock, late=True), "怎么还没到", waybill_no=WAYBILL, contact=_contact("t2"))
    again = await tickets.settle(_case(clock, late=True), "还没到", waybill_no=WAYBILL, contact=_contact("t3"))
    assert (ticketed.appended, again.appended, again.ticket_no) == (False, True, ticketed.ticket_no)
    assert (await tickets.of_waybill(WAYBILL))[0].priority == Priority.high


async def test_an_appeal_is_one_case_a_ruling_and_a_complaint_one_case_a_waybill(tickets):
    async def report(kind: TicketKind, turn: str, parent_no: str | None = None) -> str:
        values = {"waybill_no": WAYBILL, "contact": _contact(turn), "parent_no": parent_no}
        return (await tickets.report(kind, kind.value, "不服", **values)).ticket_no

    first = await report(TicketKind.complaint, "t1")
    assert await report(TicketKind.complaint, "t2") == first
    appeal = await report(TicketKind.appeal, "t3", first)
    assert await report(TicketKind.appeal, "t4", first) == appeal


async def test_a_closed_ticket_is_not_urged(tickets, database):
    reported = await _report(tickets)
    async with database.transaction() as session:
        ticket = await tickets.core.store.take(session, reported.ticket_no)
        ticket.dispatch(Owner("X", Tier.outlet), ticket.clock, By.rule(ticket.opened_at, ()))
        ticket.merge(await _other(tickets, session), By.rule(ticket.opened_at, ()))
        await tickets.core.store.keep(session, ticket)

    with pytest.raises(IllegalMoveError, match="已关闭"):
        await tickets.urge(reported.ticket_no, "快点", _contact("t9"))


async def _other(tickets, session) -> Ticket:
    matter = Matter(TicketKind.service, "trace", "x", waybill_no=WAYBILL)
    other = await tickets.core.opener.open(session, matter, By.rule(tickets.core.clock(), ()))
    await tickets.core.store.keep(session, other)
    return other


async def test_what_the_database_gave_up_to_let_others_pass_is_tried_again(database):
    tries = []

    async def work(session):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("x", {}, psycopg.errors.DeadlockDetected())
        return "done"

    assert await attempt(database, work) == "done"
    assert len(tries) == 3


async def test_an_error_that_is_no_race_is_not_tried_again(database):
    tries = []

    async def work(session):
        tries.append(1)
        raise OperationalError("x", {}, psycopg.errors.DiskFull())

    with pytest.raises(OperationalError):
        await attempt(database, work)
    assert len(tries) == 1
