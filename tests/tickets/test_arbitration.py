"""Complaints, rulings, appeals, and the ledger that follows them."""

from uuid import UUID

import pytest

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError
from bot.tickets.arbitration import Judgement
from bot.tickets.kinds import RulingEffect, RulingFinding, Side, TicketKind
from bot.tickets.opening import Matter
from bot.tickets.work import Request
from tests.tickets.builders import (
    FENG,
    GD,
    GZ1,
    GZ2,
    HQ,
    LI,
    LINA,
    WANG,
    WAYBILL,
    WU,
    ZHENG,
    hours,
    make_contact,
    make_track,
)

UPHELD = Judgement("通话记录不足以证明，投诉成立。", finding=RulingFinding.upheld, liable_unit=GZ1)
DISMISSED = Judgement("已按约定派送，投诉不成立。", finding=RulingFinding.dismissed)


@pytest.fixture
def local(around):
    """A parcel within Guangdong."""
    around.tracks.tracks[WAYBILL] = make_track(GZ2, GZ1, origin=GZ2)


async def _complaint(services, category: str = "complaint_attitude") -> str:
    contact = make_contact(customer=UUID(int=5))
    reported = await services.tickets.report(
        TicketKind.complaint, category, "态度恶劣", waybill_no=WAYBILL, contact=contact
    )
    return reported.ticket_no


async def _ruled(services, judgement: Judgement = UPHELD, by=WU) -> str:
    number = await _complaint(services)
    await services.arbitration.rule(number, Request(by), judgement)
    return number


async def _get(services, ticket_no: str):
    async with services.core.database.transaction() as session:
        return await services.core.store.find(session, ticket_no)


async def test_a_complaint_within_a_province_waits_for_its_arbitrators(services, local, clock):
    complaint = await _get(services, await _complaint(services))

    assert (complaint.owner_unit, complaint.tier, complaint.outlet) == (GD, "provincial_center", GZ1)
    assert complaint.regulator_due_at == clock() + hours(7 * 24)


async def test_a_complaint_across_provinces_waits_for_headquarters(services):
    number = await _complaint(services)

    assert (await _get(services, number)).owner_unit == HQ
    with pytest.raises(AccessRefusedError):
        await services.arbitration.rule(number, Request(WU), UPHELD)
    ruled = await services.arbitration.rule(number, Request(ZHENG), UPHELD)
    assert ruled.ruled_by == ZHENG.name


async def test_a_complaint_out_of_a_service_ticket_names_it_and_leaves_it_open(services):
    contact = make_contact()
    service = await services.tickets.report(
        TicketKind.service, "not_to_door", "没送上门", waybill_no=WAYBILL, contact=contact
    )
    complaint, appended = await services.arbitration.complain(service.ticket_no, Request(LINA), text="要投诉")

    assert (complaint.kind, complaint.parent_no, appended) == ("complaint", service.ticket_no, False)
    assert (await _get(services, service.ticket_no)).status == "dispatched"
    again, appended = await services.arbitration.complain(service.ticket_no, Request(LINA), text="再投诉")
    assert (again.ticket_no, appended) == (complaint.ticket_no, True)


async def test_a_complaint_is_not_made_out_of_a_complaint(services):
    number = await _complaint(services)

    with pytest.raises(IllegalMoveError, match="不是服务类"):
        await services.arbitration.complain(number, Request(LINA), text="x")


async def test_both_sides_statements_are_kept(services, around, local):
    number = await _complaint(services)
    around.evidence.handed_in[number] = {"b" * 64}
    await services.arbitration.state(number, Request(LINA), text="他骂人")
    await services.arbitration.state(number, Request(WANG), text="没有骂人", evidence=("b" * 64,))
    with pytest.raises(NotFoundError):
        await services.arbitration.state(number, Request(LI), text="路过")
    with pytest.raises(NotFoundError):
        await services.arbitration.state(number, Request(WANG), text="有录音", evidence=("c" * 64,))
    async with services.core.database.transaction() as session:
        events = await services.core.store.events(session, number)

    said = [(event.details["side"], event.details["text"]) for event in events if event.what == "stated"]
    assert said == [(Side.complainant, "他骂人"), (Side.respondent, "没有骂人")]


async def test_a_ruling_ends_the_complaint_and_makes_the_entries_that_the_rules_ask_for(services, around, local):
    number = await _ruled(services)
    complaint = await _get(services, number)

    assert (complaint.status, complaint.outcome, complaint.liable_unit) == ("closed", "ruled", GZ1)
    assert {entry.unit for entry in around.ledger.entries} == {GZ1}
    assert "complaint_upheld" in {entry.row for entry in around.ledger.entries}
    assert around.ledger.asked[-1]["across_provinces"] is False
    assert around.tell.kinds()[-2:] == ["complaint.ruled", "ticket.closed"]


async def test_a_complaint_that_is_dismissed_leaves_nobody_liable(services, around, local):
    complaint = await _get(services, await _ruled(services, DISMISSED))

    assert (complaint.liable_unit, complaint.finding) == (None, "dismissed")
    assert around.ledger.entries == []


async def test_the_ruling_keeps_which_rules_of_the_ledger_followed(services, local):
    number = await _ruled(services)
    async with services.core.database.transaction() as session:
        (ruling,) = await services.arbitration.rulings(session, number)

    assert "ledger.complaint_upheld@v0" in ruling.because
    assert (ruling.effect, ruling.by, ruling.text) == ("first", WU.name, UPHELD.text)


async def test_a_complaint_is_ruled_once(services, local):
    number = await _ruled(services)

    with pytest.raises(IllegalMoveError, match="已关闭"):
        await services.arbitration.rule(number, Request(WU), UPHELD)


async def test_an_appeal_goes_to_headquarters_and_is_ruled_by_somebody_else(services, around):
    number = await _complaint(services)
    await services.arbitration.rule(number, Request(ZHENG), UPHELD)
    appeal, joined = await services.arbitration.appeal(number, Request(WANG), text="有录音")
    assert (appeal.kind, appeal.owner_unit, appeal.parent_no, joined) == ("appeal", HQ, number, False)

    confirms = Judgement("维持原裁决", effect=RulingEffect.confirmed)
    with pytest.raises(AccessRefusedError, match="须由他人裁决"):
        await services.arbitration.rule(appeal.ticket_no, Request(ZHENG), confirms)
    before = around.ledger.balance(GZ1)
    ruled = await services.arbitration.rule(appeal.ticket_no, Request(FENG), confirms)
    assert (ruled.outcome, ruled.liable_unit, ruled.finding) == ("ruled", GZ1, "upheld")
    assert around.ledger.balance(GZ1) - before == 30
    assert not any(entry.reversed for entry in around.ledger.entries)


async def test_reversing_takes_the_entries_back_by_new_ones(services, around, local):
    number = await _ruled(services)
    first = list(around.ledger.entries)
    appeal, _ = await services.arbitration.appeal(number, Request(WANG), text="有录音")
    reverses = Judgement("录音可证，撤销", effect=RulingEffect.reversed)
    ruled = await services.arbitration.rule(appeal.ticket_no, Request(FENG), reverses)

    assert (ruled.finding, ruled.liable_unit) == ("dismissed", None)
    assert around.ledger.entries[: len(first)] == first
    assert around.ledger.balance(GZ1) == 0


async def test_changing_makes_somebody_else_liable_and_enters_anew(services, around, local):
    number = await _ruled(services)
    appeal, _ = await services.arbitration.appeal(number, Request(WANG), text="是另一网点")
    changes = Judgement("改由他网点负责", effect=RulingEffect.changed, liable_unit=GZ2)
    await services.arbitration.rule(appeal.ticket_no, Request(FENG), changes)

    assert around.ledger.balance(GZ1) == 0
    assert around.ledger.balance(GZ2) > 0


async def test_whoever_is_made_liable_by_an_appeal_may_appeal_in_turn_and_only_the_last_entries_are_taken_back(
    services, around, local
):
    number = await _ruled(services)
    appeal, _ = await services.arbitration.appeal(number, Request(WANG), text="是另一网点")
    changes = Judgement("改由他网点负责", effect=RulingEffect.changed, liable_unit=GZ2)
    await services.arbitration.rule(appeal.ticket_no, Request(FENG), changes)
    second, _ = await services.arbitration.appeal(number, Request(LI), text="也不是我")
    with pytest.raises(AccessRefusedError):
        await services.arbitration.rule(second.ticket_no, Request(FENG), Judgement("x", effect=RulingEffect.reversed))
    await services.arbitration.rule(second.ticket_no, Request(ZHENG), Judgement("x", effect=RulingEffect.reversed))

    assert (around.ledger.balance(GZ1), around.ledger.balance(GZ2)) == (0, 0)


async def test_each_party_appeals_once(services, local):
    number = await _ruled(services)
    appeal, _ = await services.arbitration.appeal(number, Request(WANG), text="有录音")
    with pytest.raises(IllegalMoveError, match="只能申诉一次"):
        await services.arbitration.appeal(number, Request(WANG), text="再来")

    joined, was_open = await services.arbitration.appeal(number, Request(LINA), text="客户也不服")
    assert (joined.ticket_no, was_open, joined.contacts) == (appeal.ticket_no, True, 2)


async def test_a_second_appeal_of_a_party_leaves_no_trace(services, local):
    number = await _ruled(services)
    appeal, _ = await services.arbitration.appeal(number, Request(WANG), text="有录音")
    with pytest.raises(IllegalMoveError):
        await services.arbitration.appeal(number, Request(WANG), text="再来")

    assert (await _get(services, appeal.ticket_no)).contacts == 1


async def test_after_the_window_there_is_no_appeal(services, local, clock):
    number = await _ruled(services)
    clock.advance(hours(7 * 24 + 1))

    with pytest.raises(IllegalMoveError, match="裁决后 7 天"):
        await services.arbitration.appeal(number, Request(WANG), text="晚了")


async def test_what_was_not_ruled_cannot_be_appealed_against(services, local):
    number = await _complaint(services)

    with pytest.raises(IllegalMoveError, match="还没有裁决"):
        await services.arbitration.appeal(number, Request(WANG), text="x")


async def test_who_is_no_party_cannot_appeal_nor_learn_of_the_complaint(services, local):
    number = await _ruled(services)

    with pytest.raises(NotFoundError):
        await services.arbitration.appeal(number, Request(LI), text="x")


async def test_an_appeal_that_the_bot_took_without_a_ruling_is_ruled_as_well(services, around, local):
    contact = make_contact()
    reported = await services.tickets.report(
        TicketKind.appeal, "appeal", "对处理结果不服", waybill_no=WAYBILL, contact=contact
    )
    judgement = Judgement("成立", effect=RulingEffect.changed, liable_unit=GZ1)
    ruled = await services.arbitration.rule(reported.ticket_no, Request(ZHENG), judgement)

    assert (ruled.status, ruled.liable_unit) == ("closed", GZ1)
    assert around.ledger.balance(GZ1) > 0


async def test_the_parties_see_an_appeal_and_may_state_their_case(services, around, local):
    number = await _ruled(services)
    appeal, _ = await services.arbitration.appeal(number, Request(LINA), text="赔得太少")
    assert (appeal.outlet, appeal.province) == (GZ1, "广东省")
    stated = await services.arbitration.state(appeal.ticket_no, Request(WANG), text="已足额赔付")

    assert stated.version == 3
    with pytest.raises(NotFoundError):
        await services.arbitration.state(appeal.ticket_no, Request(LI), text="路过")


async def test_an_appeal_through_the_bot_hangs_on_the_ruling_and_counts_as_the_customers(services, local):
    number = await _ruled(services)
    reported = await services.tickets.report(
        TicketKind.appeal, "appeal", "不服", waybill_no=WAYBILL, contact=make_contact()
    )

    assert (await _get(services, reported.ticket_no)).parent_no == number
    with pytest.raises(IllegalMoveError, match="只能申诉一次"):
        await services.arbitration.appeal(number, Request(LINA), text="再来")


async def test_an_appeal_is_not_opened_by_hand_without_a_ruling(services, local):
    number = await _ruled(services)
    appeal, _ = await services.arbitration.appeal(number, Request(LINA), text="不服")
    matter = Matter(TicketKind.appeal, "appeal", "我也申诉", waybill_no=WAYBILL)

    for actor in (LI, LINA):
        with pytest.raises(IllegalMoveError, match="已裁决的投诉"):
            await services.work.open(matter, Request(actor))
    assert (await _get(services, appeal.ticket_no)).contacts == 1
