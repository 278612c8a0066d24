"""Customers who ask: in time, past the promise, about another delivery, after the end; and by how urgent it is."""

from uuid import UUID

from bot.tickets.work import Request
from bot.waybills.service import InstructionKind
from tests.day.feed import phones
from tests.day.network import CHEN, GZ1, HZ9, LINA, NB1, ZHAO, at
from tests.day.parcels import (
    ASKED_AT_THE_END,
    ASKED_IN_TIME,
    ASKED_LATE,
    KEPT,
    LOCKER,
    MISSED,
    PROOF,
    VALUABLE,
    VIP,
)
from tests.day.script import Chapter
from tests.day.world import World

AGREED = "redelivery_date_agreed"
TURNS = [*["expedite"] * 3, *["trace"] * 3]
ASKED_ABOUT = tuple(zip(ASKED_LATE.numbers, TURNS, strict=True))
"""Which of the late parcels is hurried, and which is traced."""
chapter = Chapter()


@chapter.at("03 08:00")
async def no_lockers(world: World) -> None:
    for number in LOCKER.numbers:
        await world.instructs(number, InstructionKind.delivery_preference, preference="别放快递柜，送上门")


@chapter.at("03 12:00")
async def ten_ask_in_time(world: World) -> None:
    for place, number in enumerate(ASKED_IN_TIME.numbers):
        outcome = await world.asks(number, "expedite" if place < 5 else "trace", "到哪了？")
        world.settled[f"in time {number}"] = outcome


@chapter.at("03 12:00")
async def a_stranger_wants_to_know(world: World) -> None:
    """Details are for parties: whoever knows the last four digits of a phone on the waybill."""
    (number, *_), stranger, consignee = ASKED_IN_TIME.numbers, UUID(int=666), UUID(int=667)
    await world.refused("a stranger looks at a parcel", world.waybills.prove(stranger, number, "9999"))
    assert await world.waybills.status_for(stranger, number) is None
    await world.waybills.prove(consignee, number, phones(number)[1][-4:])
    assert await world.waybills.status_for(consignee, number) == "in_transit"


@chapter.at("03 14:00")
async def and_one_of_them_again(world: World) -> None:
    outcome = await world.asks(ASKED_IN_TIME.numbers[0], "expedite", "怎么还没到", party="consignor", channel="phone")
    world.settled["in time again"] = outcome


@chapter.at("03 21:00")
async def a_jewel_is_missing(world: World) -> None:
    await world.reports(VALUABLE.number, "lost_valuable", "金项链不见了", party="consignor", channel="phone")


@chapter.at("03 21:20")
async def the_hub_looks_for_it(world: World) -> None:
    number = await world.ticket_no(VALUABLE.number, "lost_valuable")
    await world.service.tickets.work.accept(number, Request(at(HZ9)))


@chapter.at("03 22:30")
async def and_finds_it(world: World) -> None:
    await world.handles(at(HZ9), await world.ticket_no(VALUABLE.number, "lost_valuable"), "在车上找到，单独保管")


@chapter.at("04 09:00")
async def the_find_is_confirmed(world: World) -> None:
    await world.passes(ZHAO, await world.ticket_no(VALUABLE.number, "lost_valuable"))


@chapter.at("04 10:00")
async def eight_agree_on_friday(world: World) -> None:
    for number in (*KEPT.numbers, *MISSED.numbers):
        await world.instructs(number, InstructionKind.reschedule_delivery, delivery_when="周五")


@chapter.at("04 16:00")
async def a_key_account_and_one_with_time(world: World) -> None:
    await world.reports(VIP.number, "not_to_door", "放在楼下了", vip=True)
    await world.reports(PROOF.number, "proof_of_delivery", "要签收单照片", channel="web")


@chapter.at("04 16:20")
async def the_key_account_is_served_first(world: World) -> None:
    number = await world.ticket_no(VIP.number, "not_to_door")
    await world.service.tickets.work.accept(number, Request(at(GZ1)))
    await world.handles(at(GZ1), number, "已送上楼")
    await world.passes(CHEN, number)


@chapter.at("05 09:00")
async def consignees_ask_past_the_promise(world: World) -> None:
    for number, category in ASKED_ABOUT:
        world.settled[f"late {number}"] = await world.asks(number, category, "过了时间还没到")


@chapter.at("05 09:30")
async def consignors_ask_too(world: World) -> None:
    for number, category in ASKED_ABOUT:
        words = "我的客户在等"
        world.settled[f"late again {number}"] = await world.asks(
            number, category, words, party="consignor", channel="phone"
        )


@chapter.at("05 10:00")
async def one_of_those_who_agreed_asks_before_the_day(world: World) -> None:
    world.settled["before the day"] = await world.asks(KEPT.numbers[0], AGREED, "周五能到吧？")
    world.shown["before the day"] = await world.waybills.progress(KEPT.numbers[0])
    number = await world.ticket_no(PROOF.number, "proof_of_delivery")
    await world.handles(at(GZ1), number, "签收单见附件")
    await world.passes(CHEN, number)


@chapter.at("05 10:30")
async def the_outlet_takes_the_reports_up(world: World) -> None:
    for number, category in ASKED_ABOUT:
        ticket_no = await world.ticket_no(number, category)
        await world.service.tickets.work.accept(ticket_no, Request(at(NB1)))


@chapter.at("05 11:30")
async def and_handles_them_once_all_is_delivered(world: World) -> None:
    for number, category in ASKED_ABOUT:
        await world.handles(at(NB1), await world.ticket_no(number, category), f"上午已送达 {number[-1]}")


@chapter.at("05 12:30")
async def they_pass(world: World) -> None:
    for number, category in ASKED_ABOUT:
        await world.passes(ZHAO, await world.ticket_no(number, category))


@chapter.at("05 14:00")
async def one_is_content_and_one_is_not(world: World) -> None:
    (content, _), (angry, _), *_ = ASKED_ABOUT
    await world.answers(await _closed(world, content), content, satisfied=True)
    number = await _closed(world, angry)
    await world.refused("somebody else answers", world.answers(number, content, satisfied=True))
    await world.answers(number, angry, satisfied=False, words="箱子是湿的，没人道歉")


@chapter.at("05 15:00")
async def the_angry_one_is_called(world: World) -> None:
    number = await world.ticket_no(ASKED_LATE.numbers[1], "expedite")
    await world.handles(at(NB1), number, "已致歉并补偿运费，客户接受")
    await world.passes(ZHAO, number)


@chapter.at("06 09:00")
async def and_is_still_angry(world: World) -> None:
    angry = ASKED_LATE.numbers[1]
    number = await _closed(world, angry)
    await world.answers(number, angry, satisfied=False, words="还是不满意")
    again = world.service.tickets.work.reopen(number, Request(LINA), reason="客户要求")
    await world.refused("reopened a second time", again)


@chapter.at("07 08:30")
async def the_agreed_day_went_by(world: World) -> None:
    world.settled["after the day"] = await world.asks(MISSED.numbers[3], AGREED, "说好周五的")


@chapter.at("07 09:00")
async def and_the_outlet_sees_to_it(world: World) -> None:
    await world.handles(at(NB1), await world.ticket_no(MISSED.numbers[3], AGREED), "已安排第一车派送")


@chapter.at("07 10:30")
async def on_a_saturday(world: World) -> None:
    await world.passes(ZHAO, await world.ticket_no(MISSED.numbers[3], AGREED))


@chapter.at("13 10:00")
async def three_ask_at_the_end(world: World) -> None:
    for number in ASKED_AT_THE_END.numbers:
        world.settled[f"at the end {number}"] = await world.asks(number, "expedite", "今天能到吗")


async def _closed(world: World, number: str) -> str:
    """The ticket that was opened for this parcel's customers."""
    tickets = await world.service.tickets.tickets.of_waybill(number)
    return next(ticket.ticket_no for ticket in tickets if ticket.contacts)
