"""Tickets that rules open and withdraw, many at once, beside people who report."""

import asyncio
import time

from sqlalchemy import func, select

from bot.tickets.by_rule import RuleCase
from bot.tickets.events import By
from bot.tickets.kinds import TicketKind
from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.opening import Matter
from bot.tickets.work import Request
from tests.tickets.builders import GZ1, HQ, HZ1, SUN, WAYBILL, make_contact, make_track

BECAUSE = ("condition.past_promise@v3",)


def _numbers(count: int) -> list[str]:
    return [f"YD2026{n:09d}" for n in range(count)]


def _cases(numbers, because=BECAUSE):
    return [(number, because, {"past_promise": True}) for number in numbers]


async def _open(services, numbers, category: str = "overdue") -> dict[str, str]:
    async with services.core.database.transaction() as session:
        return await services.by_rule.open_for_rule(session, category, _cases(numbers), services.core.clock())


async def _withdraw(services, numbers) -> dict[str, str]:
    async with services.core.database.transaction() as session:
        return await services.by_rule.withdraw_for_rule(
            session, numbers, ("condition.normal@v3",), services.core.clock()
        )


async def _get(services, ticket_no: str) -> Ticket:
    async with services.core.database.transaction() as session:
        return await services.core.store.find(session, ticket_no)


async def _open_of(database, waybill_no: str, category: str) -> int:
    query = select(func.count()).select_from(Ticket)
    mine = (Ticket.waybill_no == waybill_no, Ticket.category == category, Ticket.status != "closed")
    async with database.transaction() as session:
        return await session.scalar(query.where(*mine))


async def test_a_rule_opens_a_system_ticket_with_the_outlet_that_holds_the_parcel(services):
    opened = await _open(services, [WAYBILL])
    ticket = await _get(services, opened[WAYBILL])

    assert (ticket.flow, ticket.owner_unit, ticket.contacts, ticket.customer_id) == ("system", GZ1, 0, None)
    assert "超过承诺" in ticket.text


async def test_it_says_which_rule_wanted_it_from_which_facts(services, database):
    opened = await _open(services, [WAYBILL])
    async with database.transaction() as session:
        first, second = await services.core.store.events(session, opened[WAYBILL])

    assert (first.what, first.because, first.details["facts"]) == ("opened", list(BECAUSE), {"past_promise": True})
    assert (second.what, second.seq) == ("dispatched", 2)


async def test_waybills_that_have_an_open_ticket_of_the_category_are_left_out(services):
    first = await _open(services, _numbers(5))
    again = await _open(services, _numbers(8))

    assert len(first) == 5
    assert sorted(again) == _numbers(8)[5:]


async def test_a_parcel_that_nobody_knows_goes_to_headquarters(services):
    opened = await _open(services, ["YD2026000000077"])

    assert (await _get(services, opened["YD2026000000077"])).owner_unit == HQ


async def test_thousands_are_opened_in_a_few_seconds_in_one_transaction(services, around, database):
    numbers = _numbers(4500)
    around.tracks.tracks = dict.fromkeys(numbers, make_track(HZ1, GZ1))
    began = time.perf_counter()
    opened = await _open(services, numbers)

    assert time.perf_counter() - began < 20
    assert len(opened) == len(set(opened.values())) == 4500
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(TicketEvent)) == 9000
    assert around.tell.kinds().count("ticket.opened") == 4500


async def test_what_is_rolled_back_with_its_judgement_was_never_opened(services, database):
    try:
        async with database.transaction() as session:
            await services.by_rule.open_for_rule(session, "overdue", _cases(_numbers(3)), services.core.clock())
            raise RuntimeError("the sweep fails")
    except RuntimeError:
        pass

    assert await _open_of(database, _numbers(1)[0], "overdue") == 0
    assert len(await _open(services, _numbers(3))) == 3


async def test_a_ticket_whose_cause_has_vanished_is_withdrawn(services):
    opened = await _open(services, [WAYBILL])
    withdrawn = await _withdraw(services, [WAYBILL])

    ticket = await _get(services, opened[WAYBILL])
    assert withdrawn == opened
    assert (ticket.status, ticket.outcome, ticket.version) == ("closed", "withdrawn", 3)


async def test_what_somebody_works_on_or_a_customer_asked_about_stays(services):
    accepted, asked, untouched = numbers = _numbers(3)
    opened = await _open(services, numbers)
    await services.work.accept(opened[accepted], Request(SUN))
    await services.tickets.report(TicketKind.service, "overdue", "到哪了", waybill_no=asked, contact=make_contact())

    assert list(await _withdraw(services, numbers)) == [untouched]


async def test_a_ticket_that_somebody_holds_at_this_moment_is_left_to_them(services, database):
    opened = await _open(services, [WAYBILL])
    async with database.transaction() as session:
        await services.core.store.take(session, opened[WAYBILL])
        assert await _withdraw(services, [WAYBILL]) == {}


async def test_other_categories_and_other_peoples_tickets_are_not_withdrawn(services):
    await services.tickets.report(TicketKind.service, "expedite", "快点", waybill_no=WAYBILL, contact=make_contact())

    assert await _withdraw(services, [WAYBILL]) == {}


async def test_twenty_writers_of_all_kinds_open_one_ticket_of_a_category_on_a_waybill(services, database):
    async def report(n: int):
        contact = make_contact(f"t{n}")
        return await services.tickets.report(TicketKind.service, "overdue", "x", waybill_no=WAYBILL, contact=contact)

    async def sweep(_: int):
        return await _open(services, [WAYBILL])

    outcomes = await asyncio.gather(*((report if n % 2 else sweep)(n) for n in range(20)), return_exceptions=True)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert await _open_of(database, WAYBILL, "overdue") == 1
    (ticket,) = await services.tickets.of_waybill(WAYBILL)
    assert ticket.contacts >= 10


async def test_sweeps_over_the_same_waybills_in_any_order_do_not_wait_for_each_other_in_a_circle(services, database):
    numbers = _numbers(300)
    outcomes = await asyncio.gather(
        _open(services, numbers), _open(services, numbers[::-1]), _open(services, numbers[100:] + numbers[:100])
    )

    assert sum(len(outcome) for outcome in outcomes) == 300


async def test_the_port_of_the_judges_answers_with_waybills(services, database, clock):
    cases = [RuleCase(WAYBILL, "overdue", BECAUSE), RuleCase("YD2026000000077", "stalled", BECAUSE)]
    async with database.transaction() as session:
        opened = await services.by_rule.open_tickets(session, cases, at=clock())
        closed = await services.by_rule.close_tickets(session, [WAYBILL], at=clock())

    assert (sorted(opened), closed) == (sorted([WAYBILL, "YD2026000000077"]), [WAYBILL])


async def test_a_case_that_somebody_is_just_reporting_is_left_to_them_without_waiting(services, database):
    async with database.transaction() as session:
        await services.core.store.case_lock(session, WAYBILL, "overdue")
        opened = await asyncio.wait_for(_open(services, [WAYBILL, *_numbers(3)]), timeout=5)

    assert sorted(opened) == _numbers(3)


async def test_a_ticket_that_is_being_opened_meanwhile_keeps_only_its_own_waybill_from_the_sweep(services, database):
    """Somebody inserts without having taken the case's lock, as reopening does."""
    matter = Matter(TicketKind.service, "overdue", "x", waybill_no=_numbers(20)[7])
    async with database.transaction() as session:
        ticket = await services.core.opener.open(session, matter, By.rule(services.core.clock(), ()))
        await services.core.store.keep(session, ticket)
        opened = await asyncio.wait_for(_open(services, _numbers(20)), timeout=20)

    assert len(opened) == 19
    assert _numbers(20)[7] not in opened
