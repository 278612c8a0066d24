"""What time does to tickets."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select

from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.owners import TrackFacts
from bot.tickets.ports import ChainStart
from bot.tickets.services import TicketServices
from bot.tickets.work import Request
from tests.tickets.builders import (
    CHEN,
    GD,
    GZ1,
    HQ,
    HZ1,
    WANG,
    WAYBILL,
    hours,
    make_contact,
    put_network,
)


async def _report(services, category: str = "not_to_door", *, waybill_no: str | None = WAYBILL, **changes):
    kind = services.core.catalogue().leaf_or_other(category).kind
    contact = make_contact(customer=UUID(int=5))
    return await services.tickets.report(kind, category, "x", waybill_no=waybill_no, contact=contact, **changes)


async def _open(services, *args, **changes) -> str:
    return (await _report(services, *args, **changes)).ticket_no


async def _get(services, ticket_no: str) -> Ticket:
    async with services.core.database.transaction() as session:
        return await services.core.store.find(session, ticket_no)


async def _events(services, ticket_no: str) -> list[TicketEvent]:
    async with services.core.database.transaction() as session:
        return list(await services.core.store.events(session, ticket_no))


async def _names(services, ticket_no: str) -> list[str]:
    return [event.what for event in await _events(services, ticket_no)][2:]


async def _tick(services, clock, after: float) -> int:
    clock.advance(hours(after))
    return await services.clockwork.tick(clock())


async def test_nothing_happens_before_its_time(services, clock):
    await _open(services)

    assert await _tick(services, clock, 1.9) == 0


async def test_nobody_responding_is_urged_the_near_end_warned_the_end_urged_and_then_escalated(services, clock, around):
    number = await _open(services)
    for _ in range(26):
        await _tick(services, clock, 0.25)

    assert await _names(services, number) == ["urged", "warned", "urged", "urged", "escalated"]
    ticket = await _get(services, number)
    assert (ticket.owner_unit, ticket.tier, ticket.escalations) == (GD, "provincial_center", 1)
    assert [(entry.row, entry.unit) for entry in around.ledger.entries] == [
        ("escalated_once", GZ1),
        ("escalated_score", GZ1),
    ]


async def test_every_step_says_which_rule_took_it_from_what(services, clock):
    number = await _open(services)
    await _tick(services, clock, 3)
    await _tick(services, clock, 3.1)

    *_, warned, escalated = await _events(services, number)
    assert (warned.what, warned.because) == ("warned", ["escalation.warn@v0"])
    assert (escalated.what, escalated.because) == ("escalated", ["escalation.overdue_2h@v0"])
    assert escalated.details["facts"]["overdue_minutes"] == pytest.approx(126)


async def test_an_accepted_ticket_is_not_urged_to_respond(services, clock):
    number = await _open(services)
    await services.work.accept(number, Request(WANG))
    await _tick(services, clock, 2.5)

    assert await _names(services, number) == ["accepted"]


async def test_ticking_again_at_the_same_moment_changes_nothing(services, clock):
    number = await _open(services)
    await _tick(services, clock, 6)
    before = await _names(services, number)
    for _ in range(3):
        await services.clockwork.tick(clock())

    assert await _names(services, number) == before


async def test_many_who_tick_at_once_do_everything_once(services, clock):
    numbers = [await _open(services, waybill_no=f"YD20260000000{n}") for n in range(10, 22)]
    clock.advance(hours(4))
    await asyncio.gather(*(services.clockwork.tick(clock()) for _ in range(6)))

    assert [await _names(services, number) for number in numbers] == [["urged", "urged"]] * len(numbers)


async def test_the_time_of_a_pause_is_not_counted_and_its_longest_time_ends_it(services, clock):
    number = await _open(services)
    await services.work.pause(number, Request(WANG), reason="awaiting_partner")
    await _tick(services, clock, 47)
    assert await _names(services, number) == ["paused"]
    await _tick(services, clock, 1)

    assert await _names(services, number) == ["paused", "resumed"]
    assert (await _get(services, number)).due_at > clock()


async def test_a_review_that_nobody_makes_is_asked_for_again_and_again(services, clock):
    number = await _open(services)
    await services.work.handle(number, Request(WANG), done="办了")
    for _ in range(2):
        await _tick(services, clock, 24)

    assert await _names(services, number) == ["handled", "urged", "urged"]


async def test_at_headquarters_it_is_urged_without_end_because_nobody_is_above(services, clock):
    number = await _open(services, waybill_no="YD2026000000099")
    for _ in range(4):
        await _tick(services, clock, 24)
    ticket = await _get(services, number)

    assert (ticket.owner_unit, ticket.escalations) == (HQ, 0)
    assert ticket.urges >= 3


async def test_the_customer_of_a_closed_ticket_is_asked_once_how_it_went(services, clock, around):
    number = await _open(services)
    await services.work.handle(number, Request(WANG), done="办了")
    await services.work.review_pass(number, Request(CHEN))
    for _ in range(3):
        await _tick(services, clock, 1)

    assert around.follow_ups.asked == [number]
    assert (await _names(services, number))[-1] == "follow_up_asked"


async def test_a_customer_who_talks_with_a_person_is_asked_afterwards(services, clock, around):
    number = await _open(services)
    await services.work.handle(number, Request(WANG), done="办了")
    await services.work.review_pass(number, Request(CHEN))
    around.follow_ups.is_with_person = True
    await _tick(services, clock, 1)
    names = await _names(services, number)
    assert "follow_up_asked" not in names

    around.follow_ups.is_with_person = False
    await _tick(services, clock, 1)
    assert around.follow_ups.asked == [number]
    assert await _names(services, number) == [*names, "follow_up_asked"]


async def test_a_ticket_of_a_rule_has_no_customer_to_ask(services, clock, around, database):
    async with database.transaction() as session:
        opened = await services.by_rule.open_for_rule(session, "overdue", [(WAYBILL, ("x@v1",), {})], clock())
    number = opened[WAYBILL]
    await services.work.handle(number, Request(WANG), done="已送达")
    await services.work.review_pass(number, Request(CHEN))
    await _tick(services, clock, 24)

    assert around.follow_ups.asked == []


async def test_the_regulators_clock_warns_by_itself_whatever_the_internal_one_does(services, clock):
    number = await _open(services, "complaint")
    warned = []
    for _ in range(9):
        await _tick(services, clock, 24)
        names = await _names(services, number)
        warned.append(names.count("regulator_warned"))

    assert warned == [0, 0, 0, 0, 1, 2, 3, 4, 5]


async def test_what_nobody_could_dispatch_is_tried_again_once_there_is_somebody(clock, around, database):
    services = TicketServices.build(database, clock, around.surroundings())
    number = await _open(services, "expedite")
    assert (await _get(services, number)).status == "open"
    await _tick(services, clock, 0.6)
    assert (await _get(services, number)).status == "open"
    await put_network(database)
    await _tick(services, clock, 0.6)

    assert (await _get(services, number)).owner_unit == GZ1


async def test_a_chain_that_could_not_be_started_at_once_is_started_later(services, clock, around):
    number = await _open(services, "damage")
    assert (await _get(services, number)).window_until is None
    around.evidence.starts[WAYBILL] = ChainStart(HZ1, clock() + hours(24))
    await _tick(services, clock, 0.6)

    assert (await _get(services, number)).window_until is not None


async def test_the_node_of_a_chain_is_warned_and_nobody_is_urged_or_escalated(services, clock, around):
    around.evidence.starts[WAYBILL] = ChainStart(HZ1, clock() + hours(24))
    number = await _open(services, "damage")
    for _ in range(30):
        await _tick(services, clock, 1)

    assert await _names(services, number) == ["held", "warned"]


async def test_one_ticket_that_cannot_be_moved_does_not_keep_the_others(services, clock, database):
    broken, fine = await _open(services), await _open(services, waybill_no="YD2026000000098")
    async with database.transaction() as session:
        (await session.get(Ticket, broken)).calendar = "nowhere"
    with pytest.raises(ExceptionGroup, match=broken):  # noqa: F821 - a built-in since Python 3.11
        await _tick(services, clock, 4)

    assert await _names(services, fine) == ["urged", "urged"]
    assert await _names(services, broken) == []
    assert await services.clockwork.tick(clock()) == 0


async def test_a_limit_leaves_the_rest_for_the_next_tick(services, clock):
    for n in range(10, 15):
        await _open(services, waybill_no=f"YD20260000000{n}")
    clock.advance(hours(4))

    assert [await services.clockwork.tick(clock(), limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_every_open_ticket_is_looked_at_some_time(services, clock, database):
    for category in ("not_to_door", "damage", "complaint", "fraud", "claim", "redelivery_unreachable"):
        await _open(services, category)
    query = select(func.count()).select_from(Ticket).where(Ticket.next_tick_at.is_(None))
    async with database.transaction() as session:
        assert await session.scalar(query) == 0


async def test_a_complaint_that_the_province_leaves_lying_goes_to_headquarters(services, clock, around):
    around.tracks.tracks[WAYBILL] = TrackFacts(GZ1, GZ1)
    number = await _open(services, "complaint")
    assert (await _get(services, number)).tier == "provincial_center"
    for _ in range(10):
        await _tick(services, clock, 12)

    assert (await _get(services, number)).tier == "headquarters"
