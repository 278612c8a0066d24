"""Complaints, appeals, and the regulator's clock."""

from sqlalchemy import select

from bot.errors import AccessRefusedError, IllegalMoveError
from bot.tickets.rulings import Ruling
from tests.day.arbitration import ATTITUDE, DELAY
from tests.day.network import FENG, GZ1, HQ, NB1, SZ1, WU, ZHENG, ZJ
from tests.day.parcels import CONFIRMED, REGULATED, REVERSED, WITHIN
from tests.day.reading import day, yuan


async def _rulings(read, number):
    tickets = {ticket.ticket_no for ticket in await read.tickets(number)}
    rulings = await read.all(select(Ruling).order_by(Ruling.at))
    mine = [ruling for ruling in rulings if ruling.ticket_no in tickets]
    return [(ruling.effect, ruling.finding, ruling.liable_unit, ruling.by) for ruling in mine]


async def _entries(world, read, number, category):
    ticket = await read.ticket(number, category)
    return await world.service.ledger.of_ticket(ticket.ticket_no)


async def test_within_a_province_its_own_arbitrator_rules(world, read):
    complaint = await read.ticket(WITHIN.number, ATTITUDE)
    entries = await _entries(world, read, WITHIN.number, ATTITUDE)

    assert (complaint.owner_unit, complaint.across_provinces) == (ZJ, False)
    assert await _rulings(read, WITHIN.number) == [("first", "upheld", NB1, WU.name)]
    assert {(entry.unit, entry.entry, entry.amount, entry.rule) for entry in entries} == {
        (NB1, "fine", yuan(-100), "ledger.complaint_upheld@v0"),
        (NB1, "score", yuan(-5), "ledger.complaint_upheld_score@v0"),
        (NB1, "fine", yuan(-200), "ledger.complaint_attitude@v0"),
    }
    for name in ("tang", "zheng", "lina", "nb001"):
        assert isinstance(world.refusals[f"agent:{name} rules in Zhejiang"], AccessRefusedError)


async def test_across_provinces_headquarters_rules(world, read):
    complaint = await read.ticket(CONFIRMED.number, ATTITUDE)
    entries = await _entries(world, read, CONFIRMED.number, ATTITUDE)

    assert (complaint.owner_unit, complaint.across_provinces) == (HQ, True)
    assert {(entry.unit, entry.entry, entry.amount) for entry in entries} == {
        (SZ1, "fine", yuan(-100)),
        (SZ1, "score", yuan(-5)),
        (SZ1, "fine", yuan(-200)),
        (SZ1, "fine", yuan(-50)),
    }
    assert isinstance(world.refusals["a province rules across"], AccessRefusedError)


async def test_a_complaint_out_of_a_service_ticket_leaves_it_to_go_on(read):
    service = await read.ticket(REVERSED.number, "not_to_door")
    complaint = await read.ticket(REVERSED.number, "complaint")

    assert complaint.parent_no == service.ticket_no
    assert (service.outcome, complaint.outcome) == ("resolved", "ruled")


async def test_an_appeal_ruled_by_somebody_else_reverses_and_so_does_the_ledger(world, read):
    entries = await _entries(world, read, REVERSED.number, "complaint")
    back = {entry.reverses: entry for entry in entries if entry.reverses}

    assert await _rulings(read, REVERSED.number) == [
        ("first", "upheld", GZ1, ZHENG.name),
        ("reversed", "dismissed", None, FENG.name),
    ]
    assert "裁决过此案" in str(world.refusals["who ruled before decides"])
    assert len(entries) == 6, "nothing is deleted"
    assert {entry.id: -entry.amount for entry in entries if not entry.reverses} == {
        reversed_id: entry.amount for reversed_id, entry in back.items()
    }
    assert sum(entry.amount for entry in entries) == 0
    assert {entry.by for entry in back.values()} == {FENG.name}


async def test_an_appeal_that_is_confirmed_costs_who_appealed(world, read):
    (fine,) = await _entries(world, read, CONFIRMED.number, "appeal")

    assert await _rulings(read, CONFIRMED.number) == [
        ("first", "upheld", SZ1, FENG.name),
        ("confirmed", "upheld", SZ1, ZHENG.name),
    ]
    assert (fine.unit, fine.amount, fine.rule) == (SZ1, yuan(-30), "ledger.appeal_confirmed@v0")


async def test_one_appeals_once_and_in_time_and_only_as_a_party(world, read):
    assert "只能申诉一次" in str(world.refusals["a second appeal"])
    assert "已经过期" in str(world.refusals["an appeal too late"])
    assert isinstance(world.refusals["an appeal too late"], IllegalMoveError)
    assert world.refusals["no party appeals"] is not None
    assert len(await read.tickets(category="appeal")) == 2


async def test_the_regulators_clock_does_not_stand_still_with_the_internal_one(read):
    ticket = await read.ticket(REGULATED.number, DELAY)
    opened = (await read.events(ticket.ticket_no))[1]

    assert opened.what == "dispatched"
    assert day(ticket.due_at) == "11 17:00", "four hours of headquarters, of which three were left after the police"
    assert day(ticket.regulator_due_at) == "12 10:00", "seven days to the hour"
    assert (await read.life(REGULATED.number, DELAY))[2:] == [
        "05 11:00 accepted",
        "05 11:00 paused",
        "10 10:00 regulator_warned",
        "11 10:00 regulator_warned",
        "11 14:00 resumed",
        "11 15:00 ruled",
    ]


async def test_a_complaint_that_is_dismissed_costs_nobody_anything(world, read):
    assert await _rulings(read, REGULATED.number) == [("first", "dismissed", None, ZHENG.name)]
    assert await _entries(world, read, REGULATED.number, DELAY) == []
