"""Changed rules are tried on what was really decided."""

from uuid import UUID

from bot.rules.shipped import shipped_rules
from bot.tickets.cases import TicketCases
from bot.tickets.kinds import TicketKind
from tests.tickets.builders import WAYBILL, hours, make_contact


async def cases_of(services, clock, table):
    source = TicketCases(services.core.database, clock)
    return [subject async for cases in source.cases(shipped_rules().table(table)) for subject in cases.subjects]


async def test_an_escalation_is_a_case_for_the_table_that_decided_it(services, clock):
    contact = make_contact(customer=UUID(int=5))
    reported = await services.tickets.report(
        TicketKind.service, "not_to_door", "x", waybill_no=WAYBILL, contact=contact
    )
    before = await cases_of(services, clock, "escalation")
    clock.advance(hours(30))
    await services.clockwork.tick(clock())

    assert before == []
    assert set(await cases_of(services, clock, "escalation")) == {reported.ticket_no}
    assert await cases_of(services, clock, "risk") == []


async def test_what_is_long_past_is_no_case(services, clock):
    contact = make_contact(customer=UUID(int=5))
    await services.tickets.report(TicketKind.service, "not_to_door", "x", waybill_no=WAYBILL, contact=contact)
    clock.advance(hours(30))
    await services.clockwork.tick(clock())
    clock.advance(hours(24 * 70))

    assert await cases_of(services, clock, "escalation") == []
