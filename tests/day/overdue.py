"""Parcels past their promise: the system opens tickets, an outlet works on them, the centre above reviews."""

from bot.tickets.work import Request
from tests.day.network import CHEN, HZ1, LINA, NB1, SUN, ZHAO, at
from tests.day.parcels import HANDLED, LEFT_LYING, SENT_BACK
from tests.day.script import Chapter
from tests.day.world import World

OVERDUE = "overdue"
chapter = Chapter()


@chapter.at("05 08:30")
async def strangers_try(world: World) -> None:
    """Another outlet neither sees nor touches a ticket; other roles see it and may not."""
    work = world.service.tickets.work
    number = await world.ticket_no(SENT_BACK.number, OVERDUE)
    other = at(HZ1)
    await world.refused("another outlet accepts", work.accept(number, Request(other)))
    await world.refused("another outlet handles", work.handle(number, Request(other), done="代为处理"))
    await world.refused("another outlet admits", work.admit(number, Request(other)))
    await world.refused("another outlet hands in evidence", world.hand_in(other, number, "路过"))
    await world.refused("the call centre handles", work.handle(number, Request(LINA), done="已处理"))
    await world.refused("another province redirects", work.redirect(number, Request(CHEN), unit=HZ1, reason="顺路"))
    await world.refused("an outlet redirects", work.redirect(number, Request(at(NB1)), unit=HZ1, reason="顺路"))


@chapter.at("05 09:00")
async def the_outlet_works_on_what_it_has(world: World) -> None:
    work, agent = world.service.tickets.work, at(NB1)
    for number in HANDLED.numbers:
        await world.handles(agent, await world.ticket_no(number, OVERDUE), f"已联系收件人，下午再送 {number[-2:]}")
    number = await world.ticket_no(SENT_BACK.number, OVERDUE)
    await world.refused("closed without review", work.close(number, Request(agent), answer="已处理"))
    await world.refused("handled without a word", work.handle(number, Request(agent), done=" "))
    await work.admit(number, Request(agent), words="漏派，是我们的责任")
    await world.handles(agent, number, "已处理")


@chapter.at("05 10:00")
async def the_centre_reviews(world: World) -> None:
    work = world.service.tickets.work
    for number in HANDLED.numbers:
        await world.passes(ZHAO, await world.ticket_no(number, OVERDUE))
    number = await world.ticket_no(SENT_BACK.number, OVERDUE)
    await world.refused("who handled reviews", work.review_pass(number, Request(at(NB1))))
    await world.refused("another province reviews", work.review_pass(number, Request(CHEN)))
    await world.refused("sent back without a reason", work.send_back(number, Request(ZHAO), reason=" "))
    await work.send_back(number, Request(ZHAO), reason="没有写明何时再送")


@chapter.at("05 11:00")
async def the_outlet_tries_again(world: World) -> None:
    await world.handles(at(NB1), await world.ticket_no(SENT_BACK.number, OVERDUE), "已约今天下午三点再送，收件人同意")


@chapter.at("05 12:00")
async def and_passes(world: World) -> None:
    work = world.service.tickets.work
    number = await world.ticket_no(SENT_BACK.number, OVERDUE)
    await world.passes(ZHAO, number)
    await world.refused("a closed ticket is handled", work.handle(number, Request(at(NB1)), done="再处理一次"))
    await world.refused("a closed ticket is reviewed", work.review_pass(number, Request(ZHAO)))


@chapter.at("05 14:30")
async def the_centre_handles_what_came_up_to_it(world: World) -> None:
    work = world.service.tickets.work
    number = await world.ticket_no(LEFT_LYING.number, OVERDUE)
    await world.refused("an escalated ticket is handled below", work.handle(number, Request(at(NB1)), done="来了"))
    await world.handles(ZHAO, number, "已责成网点立即派送")
    await world.refused("the centre reviews itself", work.review_pass(number, Request(ZHAO)))


@chapter.at("05 15:30")
async def headquarters_reviews_the_centre(world: World) -> None:
    await world.passes(SUN, await world.ticket_no(LEFT_LYING.number, OVERDUE))
