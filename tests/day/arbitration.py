"""Complaints and appeals: within a province, across provinces, too late, and with the regulator's clock running."""

from bot.tickets.arbitration import Judgement
from bot.tickets.kinds import RulingEffect, RulingFinding
from bot.tickets.work import Request
from tests.day.network import CHEN, FENG, GZ1, LINA, NB1, SZ1, TANG, WU, ZHENG, at
from tests.day.parcels import CONFIRMED, REGULATED, REVERSED, WITHIN
from tests.day.script import Chapter
from tests.day.world import World

ATTITUDE, DELAY = "complaint_attitude", "complaint_delay"
DISMISSED = Judgement("投诉不成立", finding=RulingFinding.dismissed)
chapter = Chapter()


def upheld(unit: str | None) -> Judgement:
    return Judgement("投诉成立", finding=RulingFinding.upheld, liable_unit=unit)


@chapter.at("04 10:00")
async def one_complains_within_zhejiang(world: World) -> None:
    await world.reports(WITHIN.number, ATTITUDE, "快递员骂人")


@chapter.at("04 11:00")
async def its_own_arbitrator_rules(world: World) -> None:
    arbitration = world.service.tickets.arbitration
    number = await world.ticket_no(WITHIN.number, ATTITUDE)
    await arbitration.state(number, Request(at(NB1)), text="没有骂人")
    await world.refused("a stranger states", arbitration.state(number, Request(at(SZ1)), text="路过"))
    for actor in (TANG, ZHENG, LINA, at(NB1)):
        await world.refused(f"{actor.name} rules in Zhejiang", arbitration.rule(number, Request(actor), DISMISSED))
    await world.refused("handled", world.service.tickets.work.handle(number, Request(at(NB1)), done="已道歉"))
    await arbitration.rule(number, Request(WU), upheld(NB1))
    await world.refused("ruled twice", arbitration.rule(number, Request(WU), DISMISSED))


@chapter.at("04 16:00")
async def one_reports_first(world: World) -> None:
    await world.reports(REVERSED.number, "not_to_door", "没送上门")


@chapter.at("04 17:00")
async def and_complains_of_it(world: World) -> None:
    number = await world.ticket_no(REVERSED.number, "not_to_door")
    complain = world.service.tickets.arbitration.complain
    await complain(number, Request(LINA), text="态度也差")
    await world.handles(at(GZ1), number, "已重新送上门")
    await world.reports(CONFIRMED.number, ATTITUDE, "摔件还骂人", channel="phone")


@chapter.at("05 09:30")
async def the_service_ticket_goes_on_by_itself(world: World) -> None:
    await world.passes(CHEN, await world.ticket_no(REVERSED.number, "not_to_door"))


@chapter.at("05 10:00")
async def headquarters_rules_across_provinces(world: World) -> None:
    arbitration = world.service.tickets.arbitration
    number = await world.ticket_no(REVERSED.number, "complaint")
    await world.refused("a province rules across", arbitration.rule(number, Request(TANG), DISMISSED))
    await world.refused("nobody is liable", arbitration.rule(number, Request(ZHENG), upheld(None)))
    await arbitration.rule(number, Request(ZHENG), upheld(GZ1))
    await arbitration.rule(await world.ticket_no(CONFIRMED.number, ATTITUDE), Request(FENG), upheld(SZ1))
    await world.reports(REGULATED.number, DELAY, "晚了一天，要向邮政局投诉")


@chapter.at("05 11:00")
async def the_police_has_to_look_first(world: World) -> None:
    work, number = world.service.tickets.work, await world.ticket_no(REGULATED.number, DELAY)
    await work.accept(number, Request(ZHENG))
    await world.refused("paused for no listed reason", work.pause(number, Request(ZHENG), reason="busy"))
    await work.pause(number, Request(ZHENG), reason="police", note="司机被扣")


@chapter.at("06 10:00")
async def two_outlets_appeal(world: World) -> None:
    appeal = world.service.tickets.arbitration.appeal
    ruled = await _complaint(world, REVERSED.number), await _complaint(world, CONFIRMED.number)
    await world.refused("no party appeals", appeal(ruled[0], Request(at(SZ1)), text="路见不平"))
    await appeal(ruled[0], Request(at(GZ1)), text="有通话录音，客户同意放门口")
    await appeal(ruled[1], Request(at(SZ1)), text="没有骂人")


@chapter.at("06 13:00")
async def somebody_else_decides_each(world: World) -> None:
    rule = world.service.tickets.arbitration.rule
    reverses = Judgement("录音属实，撤销原裁决", effect=RulingEffect.reversed)
    confirms = Judgement("维持原裁决", effect=RulingEffect.confirmed)
    first, second = [
        await world.ticket_no(f"ruling:{await _complaint(world, number)}", "appeal")
        for number in (REVERSED.number, CONFIRMED.number)
    ]
    await world.refused("who ruled before decides", rule(first, Request(ZHENG), reverses))
    await world.refused("a province decides an appeal", rule(first, Request(TANG), reverses))
    await rule(first, Request(FENG), reverses)
    await rule(second, Request(ZHENG), confirms)


@chapter.at("06 14:00")
async def once_is_enough(world: World) -> None:
    number = await _complaint(world, CONFIRMED.number)
    again = world.service.tickets.arbitration.appeal(number, Request(at(SZ1)), text="再看看")
    await world.refused("a second appeal", again)


@chapter.at("11 14:00")
async def the_police_is_done(world: World) -> None:
    await world.service.tickets.work.resume(await world.ticket_no(REGULATED.number, DELAY), Request(ZHENG))


@chapter.at("11 15:00")
async def before_the_regulators_week_is_over(world: World) -> None:
    number = await world.ticket_no(REGULATED.number, DELAY)
    await world.service.tickets.arbitration.rule(number, Request(ZHENG), DISMISSED)


@chapter.at("12 09:00")
async def eight_days_after_the_ruling(world: World) -> None:
    late = world.service.tickets.arbitration.appeal(
        await _complaint(world, WITHIN.number), Request(at(NB1)), text="刚看到"
    )
    await world.refused("an appeal too late", late)


async def _complaint(world: World, number: str) -> str:
    """The complaint about a waybill, ruled or not."""
    tickets = await world.service.tickets.tickets.of_waybill(number)
    return next(ticket.ticket_no for ticket in tickets if ticket.kind == "complaint")
