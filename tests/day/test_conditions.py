"""What becomes of the condition of each cohort; expectations are written by hand from the business, hour by hour."""

import pytest
from sqlalchemy import select

from bot.outbox.model import OutgoingEvent
from bot.tickets.settling import Settled
from tests.day.network import GZ9, NB1
from tests.day.parcels import (
    ADMITTED,
    ALL_PROVEN,
    ASKED_IN_TIME,
    ASKED_LATE,
    ASTRAY,
    AT_THE_END,
    BROUGHT_LATE,
    COHORTS,
    FAILED_TWICE,
    HANDLED,
    KEPT,
    LATE_LEG,
    LEFT_LYING,
    LOCKER,
    MISSED,
    ON_TIME,
    REFUSED,
    SENT_BACK,
    SIGNED_UNSEEN,
    TO_AND_FRO,
    VALUABLE,
    moment,
)
from tests.day.reading import day


async def test_there_are_a_thousand_parcels(read):
    assert len(await read.states()) == sum(cohort.count for cohort in COHORTS) == 1_000


async def test_on_schedule_nothing_ever_happens_to_a_parcel(read):
    changes, tickets = await read.changes(), {ticket.waybill_no for ticket in await read.tickets()}
    on_time = [number for cohort in (*ON_TIME, AT_THE_END) for number in cohort.numbers]

    assert len(on_time) == 864 + 8
    assert [number for number in on_time if number in changes or number in tickets] == []


@pytest.mark.parametrize(
    ("cohort", "until"),
    [("01", "05 20:00"), ("03", "04 20:00"), ("05", "03 20:00"), ("07", "06 20:00"), ("35", "05 20:00")],
    ids=["three days across", "two within a province", "one in a city", "picked up a day later", "economy"],
)
async def test_what_is_promised_follows_from_product_and_zone(read, cohort, until):
    states = await read.states()
    numbers = next(each.numbers for each in COHORTS if each.code == cohort)

    assert {day(states[number].promised_at) for number in numbers} == {until}


@pytest.mark.parametrize(
    ("cohort", "history"),
    [
        (LATE_LEG, ["04 11:00 at_risk", "04 13:00 normal"]),
        (BROUGHT_LATE, ["04 16:00 at_risk", "04 21:00 problem", "05 11:00 normal"]),
        (HANDLED, ["04 16:00 at_risk", "04 21:00 problem", "05 10:00 normal"]),
        (SENT_BACK, ["04 16:00 at_risk", "04 21:00 problem", "05 12:00 normal"]),
        (LEFT_LYING, ["04 16:00 at_risk", "04 21:00 problem", "05 15:30 normal"]),
        (ASKED_IN_TIME, ["03 12:00 at_risk", "03 22:00 normal"]),
        (KEPT, ["04 10:00 at_risk", "06 09:00 normal"]),
        (VALUABLE, ["03 21:00 problem", "04 09:00 normal"]),
        (ADMITTED, ["04 16:00 problem", "05 11:00 normal"]),
        (ALL_PROVEN, ["04 16:00 problem", "06 14:00 normal"]),
    ],
    ids=lambda each: each.code if hasattr(each, "code") else "",
)
async def test_every_parcel_of_a_cohort_goes_through_the_same(read, cohort, history):
    changes = await read.changes()

    for number in cohort.numbers:
        assert [f"{day(change.at)} {change.after}" for change in changes[number]] == history


async def test_after_the_agreed_day_it_is_a_problem_and_never_before(read):
    states = await read.states()
    *three, fourth = [(await read.history(number))[2:] for number in MISSED.numbers]

    assert {day(states[number].agreed_at) for number in (*KEPT.numbers, *MISSED.numbers)} == {"06 20:00"}
    assert three == [["06 15:00 at_risk", "06 21:00 problem", "07 10:00 normal"]] * 3
    assert fourth == ["06 15:00 at_risk", "06 21:00 problem", "07 10:30 normal"], "its own ticket was open for longer"


async def test_a_ticket_that_is_reopened_makes_a_problem_of_a_delivered_parcel_again(read):
    _, angry, *others = ASKED_LATE.numbers
    until_closed = ["04 16:00 at_risk", "04 21:00 problem", "05 12:30 normal"]

    assert await read.history(angry) == [*until_closed, "05 14:00 problem", "05 15:00 normal"]
    assert [await read.history(number) for number in others] == [until_closed] * 4


@pytest.mark.parametrize(
    ("cohort", "since", "sign", "until"),
    [
        (TO_AND_FRO, "02 16:00", "risk.loop@v0", "04 15:00"),
        (FAILED_TWICE, "03 18:00", "risk.failed@v0", "04 12:00"),
        (SIGNED_UNSEEN, "03 12:00", "risk.false_delivery@v0", "06 13:00"),
        (LOCKER, "03 12:00", "risk.station@v0", "06 19:00"),
        (REFUSED, "03 17:00", "risk.refused_delivered@v0", "06 18:00"),
        (ASTRAY, "03 10:00", "risk.astray@v0", "04 15:00"),
    ],
    ids=["loop", "failed", "false_delivery", "station", "refused_delivered", "astray"],
)
async def test_a_sign_in_the_track_is_a_risk(read, cohort, since, sign, until):
    for number in cohort.numbers:
        changes = (await read.changes())[number]
        signalled = next(change for change in changes if sign in change.because)

        assert (day(signalled.at), signalled.before, signalled.after) == (since, "normal", "at_risk")
        assert (day(changes[-1].at), changes[-1].after) == (until, "normal")


async def test_the_outlet_that_holds_a_late_parcel_is_told_once(read):
    events = await read.all(select(OutgoingEvent).where(OutgoingEvent.kind == "waybill.at_risk"))
    told = [event for event in events if event.subject in set(LATE_LEG.numbers)]

    assert sorted(event.subject for event in told) == LATE_LEG.numbers
    assert {(event.data["outlet"], event.data["tells_outlet"]) for event in told} == {(GZ9, True)}
    assert {tuple(event.data["because"]) for event in told} == {("condition.past_warning@v0", "leg_warning.sorting@v0")}
    retried = [event for event in events if event.subject in set(HANDLED.numbers)]
    assert {(event.data["outlet"], event.data["tells_outlet"]) for event in retried} == {(NB1, True)}


async def test_a_contact_in_time_ends_with_a_summary_and_no_ticket(world, read):
    numbers = ASKED_IN_TIME.numbers
    outcomes = [world.settled[f"in time {number}"] for number in numbers]

    assert outcomes == [
        Settled("expedite" if place < 5 else "trace", "timeliness.in_time") for place in range(len(numbers))
    ]
    assert [len(await read.summaries(number)) for number in numbers] == [2, *[1] * 9]
    assert [await read.tickets(number) for number in numbers] == [[]] * 10


async def test_before_the_agreed_day_a_contact_is_in_time_though_the_first_promise_is_over(world, read):
    (number, *_), outcome, shown = KEPT.numbers, world.settled["before the day"], world.shown["before the day"]

    assert (await read.states())[number].promised_at < moment("05 10:00")
    assert (day(shown.expected_at), shown.is_late, shown.stalled_for) == ("06 20:00", False, None)
    assert outcome == Settled("redelivery_date_agreed", "timeliness.in_time")
    assert [await read.tickets(each) for each in KEPT.numbers] == [[]] * 4
