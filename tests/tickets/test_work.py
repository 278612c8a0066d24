"""What people do with tickets, through their door: permissions, versions, effects, once per request."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError
from bot.staff.model import Role
from bot.tickets.kinds import Flow, Outcome, Priority, TicketKind
from bot.tickets.opening import Matter
from bot.tickets.owners import TrackFacts
from bot.tickets.ports import ChainStart
from bot.tickets.work import Request
from tests.tickets.builders import (
    CHEN,
    GD,
    GZ1,
    GZ2,
    HQ,
    HZ1,
    LI,
    LINA,
    SUN,
    WANG,
    WAYBILL,
    ZHAO,
    hours,
    make_contact,
    make_track,
)

CUSTOMER = UUID(int=5)


async def _open(services, category: str = "not_to_door", **changes) -> str:
    kind = services.core.catalogue().leaf_or_other(category).kind
    contact = make_contact(customer=CUSTOMER)
    reported = await services.tickets.report(
        kind, category, "没送上门", contact=contact, **{"waybill_no": WAYBILL, **changes}
    )
    return reported.ticket_no


async def _get(services, ticket_no: str):
    async with services.core.database.transaction() as session:
        return await services.core.store.find(session, ticket_no)


async def _events(services, ticket_no: str) -> list[str]:
    async with services.core.database.transaction() as session:
        return [event.what for event in await services.core.store.events(session, ticket_no)]


async def _handled(services, **changes) -> str:
    number = await _open(services, **changes)
    await services.work.handle(number, Request(WANG), done="已重新派送")
    return number


async def test_a_report_goes_to_the_outlet_that_must_act_with_the_deadline_of_its_working_time(services, clock):
    ticket = await _get(services, await _open(services))

    assert (ticket.status, ticket.owner_unit, ticket.tier, ticket.province) == (
        "dispatched",
        GZ1,
        "outlet",
        "广东省",
    )
    assert (ticket.due_at, ticket.calendar, ticket.cause) == (clock() + hours(4), "outlet", "not_to_door")
    assert ticket.across_provinces


async def test_the_dispatch_says_which_rules_decided_from_what(services):
    number = await _open(services)
    async with services.core.database.transaction() as session:
        _, dispatched = await services.core.store.events(session, number)

    assert dispatched.because == ["category.not_to_door@v0", "deadlines.normal@v0"]
    assert dispatched.details["facts"]["owner"] == "destination_outlet"
    assert dispatched.changed["status"] == ["open", "dispatched"]


async def test_a_ticket_without_a_track_goes_to_headquarters_which_sends_it_on(services):
    number = await _open(services, waybill_no="YD2026000000099")
    assert (await _get(services, number)).owner_unit == HQ
    sent = await services.work.redirect(number, Request(SUN), unit=GZ2, reason="派件网点")

    assert (sent.owner_unit, sent.tier, sent.province) == (GZ2, "outlet", "广东省")


async def test_the_usual_life_through_the_door(services, around):
    number = await _open(services)
    around.evidence.handed_in[number] = {"a" * 64}
    await services.work.accept(number, Request(WANG))
    await services.work.handle(number, Request(WANG), done="已上门", evidence=("a" * 64,))
    closed = await services.work.review_pass(number, Request(CHEN), words="已核实")

    assert (closed.status, closed.outcome, closed.reviewed_by) == ("closed", "resolved", CHEN.name)
    assert await _events(services, number) == [
        "opened",
        "dispatched",
        "accepted",
        "handled",
        "review_passed",
        "closed",
    ]
    assert around.tell.kinds() == ["ticket.opened", "ticket.dispatched", "ticket.handled", "ticket.closed"]
    assert around.conditions.changes == [(WAYBILL, 1, False), (WAYBILL, 0, True)]


async def test_somebody_elses_outlet_does_not_learn_that_a_ticket_exists(services):
    number = await _open(services)

    with pytest.raises(NotFoundError, match=f"没有找到工单 {number}"):
        await services.work.handle(number, Request(LI), done="x")
    with pytest.raises(NotFoundError, match="没有找到工单 GD0"):
        await services.work.handle("GD0", Request(LI), done="x")


async def test_another_province_is_refused_with_a_reason(services):
    number = await _handled(services)

    with pytest.raises(AccessRefusedError, match="不属于您所在的省"):
        await services.work.review_pass(number, Request(ZHAO))


async def test_an_outlet_cannot_review_its_own_work(services):
    number = await _handled(services)

    with pytest.raises(AccessRefusedError, match="您的岗位不能"):
        await services.work.review_pass(number, Request(WANG))


async def test_who_has_seen_an_older_version_does_not_overwrite_the_newer(services):
    number = await _open(services)
    seen = (await _get(services, number)).version
    await services.work.accept(number, Request(WANG, version=seen))

    with pytest.raises(IllegalMoveError, match="请刷新"):
        await services.work.handle(number, Request(WANG, version=seen), done="x")


async def test_of_two_people_who_accept_at_once_one_gets_it(services):
    number = await _open(services)
    others = [replace(WANG, name=f"agent:w{n}") for n in range(8)]
    outcomes = await asyncio.gather(
        *(services.work.accept(number, Request(who)) for who in others), return_exceptions=True
    )

    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert (await _events(services, number)).count("accepted") == 1


async def test_the_same_request_twice_moves_once(services):
    number = await _open(services)
    twice = Request(LINA, turn="api:lina:1")
    await services.work.append(number, twice, text="再催一次")
    again = await services.work.append(number, twice, text="再催一次")

    assert again.contacts == 2


async def test_what_is_sent_back_has_the_time_of_the_review_given_back(services, clock):
    number = await _open(services)
    clock.advance(hours(1))
    await services.work.handle(number, Request(WANG), done="办了")
    clock.advance(hours(2))
    back = await services.work.send_back(number, Request(CHEN), reason="缺照片")

    assert (back.status, back.due_at) == ("dispatched", clock() + hours(3))


async def test_a_pause_moves_the_deadline_by_its_working_time(services, clock):
    number = await _open(services)
    due = (await _get(services, number)).due_at
    await services.work.pause(number, Request(WANG), reason="awaiting_customer")
    clock.advance(hours(2))
    resumed = await services.work.resume(number, Request(WANG))

    assert resumed.due_at == due + hours(2)


async def test_a_pause_needs_a_listed_reason(services):
    number = await _open(services)

    with pytest.raises(IllegalMoveError, match="不能以“懒得办”为由"):
        await services.work.pause(number, Request(WANG), reason="懒得办")


async def test_a_contact_ends_a_pause_that_waited_for_the_customer(services, clock):
    number = await _open(services)
    await services.work.pause(number, Request(WANG), reason="awaiting_customer")
    clock.advance(hours(1))
    await services.tickets.urge(number, "照片给你", make_contact())

    assert (await _get(services, number)).paused_at is None
    assert (await _events(services, number))[-2:] == ["appended", "resumed"]


async def test_handling_a_paused_ticket_lets_the_clock_run_again_first(services):
    number = await _open(services)
    await services.work.pause(number, Request(WANG), reason="police")
    handled = await services.work.handle(number, Request(WANG), done="警方已结案")

    assert (handled.status, handled.paused_at) == ("handled", None)


async def test_escalating_by_hand_goes_to_the_centre_above(services):
    number = await _open(services)
    up = await services.work.escalate(number, Request(CHEN), reason="网点不接电话")

    assert (up.owner_unit, up.tier, up.outlet) == (GD, "provincial_center", GZ1)
    top = await services.work.escalate(number, Request(CHEN), reason="需总部协调")
    assert top.owner_unit == HQ
    with pytest.raises(IllegalMoveError, match="已在总部"):
        await services.work.escalate(number, Request(SUN), reason="再升")


async def test_merging_leaves_one_ticket_with_all_contacts(services, around):
    one, other = await _open(services, "expedite"), await _open(services, "trace")
    merged = await services.work.merge(one, Request(LINA), into=other)

    assert (merged.outcome, merged.merged_into) == (Outcome.merged, other)
    assert (await _get(services, other)).contacts == 2
    assert around.conditions.changes[-1] == (WAYBILL, 1, False)


async def test_two_merges_in_opposite_directions_do_not_lose_both(services):
    one, other = await _open(services, "expedite"), await _open(services, "trace")
    outcomes = await asyncio.gather(
        services.work.merge(one, Request(LINA), into=other),
        services.work.merge(other, Request(LINA), into=one),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, IllegalMoveError) for outcome in outcomes) == 1
    assert {(await _get(services, number)).status for number in (one, other)} == {"closed", "dispatched"}


async def test_admitting_makes_the_owner_liable_and_the_ledger_follows_when_it_closes(services, around):
    number = await _open(services, "false_delivery")
    admitted = await services.work.admit(number, Request(WANG), words="派件员误点签收")
    assert (admitted.liable_unit, admitted.finding) == (GZ1, "admitted")
    await services.work.handle(number, Request(WANG), done="已找回并送达")
    await services.work.review_pass(number, Request(CHEN))

    assert {entry.row for entry in around.ledger.entries} == {"service_admitted", "service_false_delivery"}
    assert {entry.unit for entry in around.ledger.entries} == {GZ1}


async def test_a_dissatisfied_customer_has_the_ticket_reopened_once_at_higher_priority(services):
    number = await _handled(services)
    await services.work.review_pass(number, Request(CHEN))
    again = await services.tickets.answer_follow_up(
        number, make_contact(customer=CUSTOMER), satisfied=False, words="还是没送"
    )

    assert (again.status, again.reopened, again.priority) == ("dispatched", 1, Priority.high)
    await services.work.handle(number, Request(WANG), done="又办了")
    await services.work.review_pass(number, Request(CHEN))
    still = await services.tickets.answer_follow_up(number, make_contact(customer=CUSTOMER), satisfied=False)
    assert (still.status, still.satisfied) == ("closed", False)


async def test_a_customer_answers_for_the_own_ticket_only(services):
    number = await _handled(services)
    await services.work.review_pass(number, Request(CHEN))

    with pytest.raises(NotFoundError):
        await services.tickets.answer_follow_up(number, make_contact(), satisfied=True)


async def test_dissatisfied_with_a_ticket_whose_case_is_open_again_counts_on_that_one(services):
    number = await _handled(services)
    await services.work.review_pass(number, Request(CHEN))
    newer = await _open(services)
    await services.tickets.answer_follow_up(number, make_contact(customer=CUSTOMER), satisfied=False)

    assert (await _get(services, number)).status == "closed"
    assert (await _get(services, newer)).contacts == 2
    with pytest.raises(IllegalMoveError, match="已有未关闭的工单"):
        await services.work.reopen(number, Request(LINA), reason="客户要求")


async def test_a_feedback_is_answered_and_closed_by_headquarters(services):
    number = await _open(services, "praise", waybill_no=None)
    closed = await services.work.close(number, Request(SUN), answer="已转达")

    assert (closed.flow, closed.outcome) == (Flow.feedback, Outcome.settled)


async def test_a_ticket_by_hand_needs_a_listed_category_of_the_right_kind(services):
    for category, why in (("brand_new", "没有“brand_new”"), ("complaint", "不能用于")):
        with pytest.raises(IllegalMoveError, match=why):
            await services.work.open(Matter(TicketKind.service, category, "x"), Request(LINA))


async def test_a_case_that_is_open_already_gets_one_more_contact_from_the_desk_as_well(services):
    number = await _open(services)
    matter = Matter(TicketKind.service, "not_to_door", "客户又来电", waybill_no=WAYBILL)
    ticket, appended = await services.work.open(matter, Request(LINA))

    assert (ticket.ticket_no, appended, ticket.contacts) == (number, True, 2)


async def test_outlets_open_no_tickets(services):
    with pytest.raises(AccessRefusedError, match="不能新建"):
        await services.work.open(Matter(TicketKind.service, "expedite", "x"), Request(WANG))


async def test_damage_starts_a_chain_at_the_sending_outlet_whose_window_is_the_deadline(services, around, clock):
    until = clock() + hours(24)
    around.evidence.starts[WAYBILL] = ChainStart(HZ1, until)
    contact = make_contact()
    reported = await services.tickets.report(TicketKind.service, "damage", "碎了", waybill_no=WAYBILL, contact=contact)

    ticket = await _get(services, reported.ticket_no)
    assert (ticket.owner_unit, ticket.window_until, reported.due_at) == (HZ1, until, until)
    assert await _events(services, reported.ticket_no) == ["opened", "dispatched", "held"]


async def test_damage_to_a_parcel_that_was_nowhere_is_handled_like_anything_else(services):
    number = await _open(services, "damage")
    handled = await services.work.handle(number, Request(replace(WANG, unit=HZ1)), done="已赔付")

    assert handled.status == "handled"


async def test_admitting_while_a_chain_runs_is_the_chains_business(services, around, clock):
    around.evidence.starts[WAYBILL] = ChainStart(HZ1, clock() + hours(24))
    number = await _open(services, "damage")
    sender = replace(WANG, unit=HZ1, name="agent:hz", role=Role.outlet_agent)
    await services.work.admit(number, Request(sender), words="包装不够")

    assert around.evidence.admitted == [(number, "agent:hz")]


async def test_an_undispatched_ticket_is_dispatched_by_hand_to_a_unit_that_exists(services, around, database):
    around.tracks.tracks.clear()
    number = await _open(services)
    with pytest.raises(IllegalMoveError, match="不能派单"):
        await services.work.dispatch(number, Request(SUN), unit=GZ2)
    with pytest.raises(IllegalMoveError, match="没有编号为 XX 的单位"):
        await services.work.redirect(number, Request(SUN), unit="XX", reason="x")


async def test_the_owner_follows_the_track_at_the_time_of_the_report(services, around):
    around.tracks.tracks[WAYBILL] = make_track(HZ1, GZ2)
    assert (await _get(services, await _open(services, "expedite"))).owner_unit == GZ2
    around.tracks.tracks[WAYBILL] = TrackFacts(HZ1, GZ1)
    assert (await _get(services, await _open(services, "trace"))).owner_unit == HZ1
