"""Service tickets: opened by the system or by customers, worked on, reviewed, escalated, followed up."""

import pytest

from bot.tickets.service import Reported
from bot.tickets.settling import Settled
from tests.day.contacts import AGREED, ASKED_ABOUT
from tests.day.network import HZ9, NB1, SUN, ZHAO, ZJ, at
from tests.day.overdue import OVERDUE
from tests.day.parcels import (
    ASKED_AT_THE_END,
    ASKED_LATE,
    BROUGHT_LATE,
    HANDLED,
    LATE_AT_THE_END,
    LEFT_LYING,
    MISSED,
    PROOF,
    SENT_BACK,
    VALUABLE,
    VIP,
)
from tests.day.reading import day


async def test_past_the_promise_the_system_opens_one_ticket_for_each(read):
    cohorts = (BROUGHT_LATE, HANDLED, SENT_BACK, LEFT_LYING, ASKED_LATE, MISSED, LATE_AT_THE_END)
    late = sorted(number for cohort in cohorts for number in cohort.numbers)
    tickets = await read.tickets(category=OVERDUE)

    assert len(late) == 43
    assert sorted(ticket.waybill_no for ticket in tickets) == late
    assert {(ticket.contacts, ticket.outlet) for ticket in tickets} == {(0, NB1)}


async def test_delivered_after_all_the_ticket_is_withdrawn(read):
    for number in BROUGHT_LATE.numbers:
        assert await read.life(number, OVERDUE) == [
            "04 21:00 opened",
            "04 21:00 dispatched",
            "05 10:00 urged",
            "05 11:00 withdrawn",
        ]


async def test_handled_with_evidence_and_reviewed_by_the_tier_above_it_is_closed(read):
    for number in HANDLED.numbers:
        ticket = await read.ticket(number, OVERDUE)
        (handled,) = [event for event in await read.events(ticket.ticket_no) if event.what == "handled"]

        assert (ticket.handled_by, ticket.reviewed_by) == (at(NB1).name, ZHAO.name)
        assert (ticket.status, ticket.outcome) == ("closed", "resolved")
        assert len(handled.details["evidence"]) == 1
        life = (await read.life(number, OVERDUE))[2:]
        assert life == ["05 09:00 handled", "05 10:00 review_passed", "05 10:00 closed"]


async def test_one_is_sent_back_with_a_reason_and_passes_the_second_time(read):
    ticket = await read.ticket(SENT_BACK.number, OVERDUE)
    events = {event.what: event for event in await read.events(ticket.ticket_no)}

    assert (await read.life(SENT_BACK.number, OVERDUE))[2:] == [
        "05 09:00 admitted",
        "05 09:00 handled",
        "05 10:00 sent_back",
        "05 11:00 handled",
        "05 12:00 review_passed",
        "05 12:00 closed",
    ]
    assert events["sent_back"].details["reason"] == "没有写明何时再送"
    assert day(ticket.due_at) == "05 13:00", "the hour of the review is given back"


async def test_left_lying_it_is_warned_of_urged_and_goes_up_one_tier(read):
    ticket = await read.ticket(LEFT_LYING.number, OVERDUE)

    assert day(ticket.due_at) == "05 12:00", "four hours of the outlet, which opens at eight"
    assert await read.life(LEFT_LYING.number, OVERDUE) == [
        "04 21:00 opened",
        "04 21:00 dispatched",
        "05 10:00 urged",
        "05 11:00 warned",
        "05 12:00 urged",
        "05 13:00 urged",
        "05 14:00 escalated",
        "05 14:30 handled",
        "05 15:30 review_passed",
        "05 15:30 closed",
    ]
    assert (ticket.owner_unit, ticket.tier, ticket.escalations) == (ZJ, "provincial_center", 1)
    assert (ticket.handled_by, ticket.reviewed_by, ticket.outlet) == (ZHAO.name, SUN.name, NB1)


async def test_a_second_contact_from_the_other_party_is_appended_and_raises_the_priority(world, read):
    for number, category in ASKED_ABOUT:
        first, again = world.settled[f"late {number}"], world.settled[f"late again {number}"]
        ticket = await read.ticket(number, category)
        appended = [event for event in await read.events(ticket.ticket_no) if event.what == "appended"]

        assert isinstance(first, Reported)
        assert isinstance(again, Reported)
        assert again.ticket_no == first.ticket_no == ticket.ticket_no
        assert (first.appended, again.appended, again.contacts) == (False, True, 2)
        assert [event.changed["priority"] for event in appended] == [["normal", "high"]]
        assert ticket.owner_unit == NB1, "the outlet that must act"


async def test_past_the_agreed_day_a_contact_opens_a_ticket_of_that_kind(world, read):
    number = MISSED.numbers[3]
    ticket = await read.ticket(number, AGREED)

    assert isinstance(world.settled["after the day"], Reported)
    assert (ticket.flow, ticket.owner_unit, ticket.outcome) == ("redelivery", NB1, "resolved")
    assert (await read.life(number, AGREED))[:2] == ["07 08:30 opened", "07 08:30 dispatched"]


@pytest.mark.parametrize(
    ("number", "category", "respond", "due"),
    [
        (VALUABLE.number, "lost_valuable", "03 21:30", "03 23:00"),
        (VIP.number, "not_to_door", "04 16:30", "04 18:00"),
        (ASKED_LATE.numbers[0], "expedite", "05 11:00", "05 13:00"),
        (PROOF.number, "proof_of_delivery", "04 20:00", "06 16:00"),
    ],
    ids=["urgent, at night", "key account", "normal", "value-added, in working hours"],
)
async def test_deadlines_follow_from_the_class(read, number, category, respond, due):
    ticket = await read.ticket(number, category)

    assert (day(ticket.respond_due_at), day(ticket.due_at)) == (respond, due)


async def test_the_unit_that_holds_the_parcel_has_to_look_for_it(read):
    ticket = await read.ticket(VALUABLE.number, "lost_valuable")

    assert (ticket.owner_unit, ticket.priority, ticket.outcome) == (HZ9, "urgent", "resolved")


async def test_customers_are_asked_on_the_channel_they_came_from(world, read):
    tickets = [ticket for ticket in await read.tickets() if ticket.conversation_id and ticket.kind == "service"]
    asked = {(ticket_no, conversation_id) for ticket_no, conversation_id, _ in world.follow_ups.asked}
    resolved = {(each.ticket_no, each.conversation_id) for each in tickets if each.outcome == "resolved"}

    assert len(resolved) == 6 + 1 + 4
    assert resolved <= asked
    by_phone = (await read.ticket(VALUABLE.number, "lost_valuable")).ticket_no
    (when,) = [day(moment) for ticket_no, _, moment in world.follow_ups.asked if ticket_no == by_phone]
    assert when == "04 11:00", "on the phone two hours later"


async def test_a_damage_whose_chain_has_ended_is_followed_up_too(world, read):
    reported = {each.ticket_no for each in await read.tickets(category="damage") if each.conversation_id}
    asked = {ticket_no for ticket_no, *_ in world.follow_ups.asked}

    assert len(reported) == 3
    assert reported <= asked, "closed -> followed up with the customer"


async def test_dissatisfied_it_is_reopened_once_at_higher_priority(world, read):
    content, angry, *_ = ASKED_LATE.numbers
    ticket = await read.ticket(angry, "expedite")
    (reopened,) = [event for event in await read.events(ticket.ticket_no) if event.what == "reopened"]

    assert (await read.ticket(content, "expedite")).satisfied is True
    assert reopened.changed["priority"] == ["high", "urgent"]
    assert list(reopened.because) == ["follow_up.dissatisfied@v0"]
    assert (await read.life(angry, "expedite"))[-1] == "06 09:00 follow_up_answered"
    assert (ticket.status, ticket.reopened, ticket.satisfied) == ("closed", 1, False)
    assert "已重启过一次" in str(world.refusals["reopened a second time"])


async def test_at_the_end_three_more_have_asked_in_time(world):
    outcomes = [world.settled[f"at the end {number}"] for number in ASKED_AT_THE_END.numbers]

    assert outcomes == [Settled("expedite", "timeliness.in_time")] * 3
