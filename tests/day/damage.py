"""Four damaged parcels, each from HZ001 over HZ900 and GZ900 to GZ001, and the chains of evidence about them."""

from sqlalchemy import text

from bot.evidence.chain import Chain
from bot.evidence.model import EvidenceKind
from bot.staff.model import Actor
from bot.tickets.kinds import TicketKind
from bot.tickets.opening import Matter
from bot.tickets.work import Request
from tests.day.network import CHEN, GZ1, GZ9, HZ1, HZ9, ZHAO, at
from tests.day.parcels import ADMITTED, ALL_PROVEN, SILENT, UNPROVEN
from tests.day.script import Chapter
from tests.day.world import World

DAMAGE = "damage"
chapter = Chapter()


@chapter.at("04 16:00")
async def damage_is_reported(world: World) -> None:
    """Three by their consignees, one by the centre of Guangdong that saw it."""
    for cohort in (SILENT, ALL_PROVEN, UNPROVEN):
        await world.reports(cohort.number, DAMAGE, "收到时箱子破了，杯子碎了")
    matter = Matter(TicketKind.service, DAMAGE, "网点上报破损", waybill_no=ADMITTED.number)
    await world.service.tickets.work.open(matter, Request(CHEN))


@chapter.at("04 17:00")
async def not_everything_proves(world: World) -> None:
    number = await world.ticket_no(SILENT.number, DAMAGE)
    words = await world.hand_in(at(HZ1), number, "发出时完好", EvidenceKind.statement)
    await world.refused("words prove", _prove(world, at(HZ1), SILENT.number, words))
    await world.refused("nothing proves", _prove(world, at(HZ1), SILENT.number))
    await world.refused("a later node proves first", _prove(world, at(GZ9), SILENT.number, words))
    await world.refused("a node of the chain handles", _handle(world, at(HZ1), number))
    await world.refused("another outlet sees the chain", world.hand_in(at(GZ1), number, "收件完好"))


@chapter.at("05 10:00")
async def the_sending_outlet_proves(world: World) -> None:
    for cohort in (SILENT, ADMITTED, ALL_PROVEN, UNPROVEN):
        await proves(world, at(HZ1), cohort.number)


@chapter.at("05 11:00")
async def a_hub_admits(world: World) -> None:
    number = await world.ticket_no(ADMITTED.number, DAMAGE)
    work = world.service.tickets.work
    await world.refused("another node admits", work.admit(number, Request(at(GZ9)), words="x"))
    await work.admit(number, Request(at(HZ9)), words="卸车时跌落")
    await world.refused("evidence after the end", world.hand_in(at(HZ9), number, "补充照片"))


@chapter.at("05 14:00")
async def the_hubs_prove(world: World) -> None:
    await proves(world, at(HZ9), SILENT.number)
    await proves(world, at(HZ9), ALL_PROVEN.number)


@chapter.at("05 15:00")
async def a_reviewer_looks_at_a_photo(world: World) -> None:
    number = await world.ticket_no(UNPROVEN.number, DAMAGE)
    chains = world.service.evidence.chains
    await world.refused("a node judges another", _unproven(world, at(HZ9), number))
    async with world.database.transaction() as session:
        await chains.unproven(session, number, 0, "照片看不出是这一件", by=ZHAO, at=world.clock.now)


@chapter.at("06 10:00")
async def the_far_hub_proves_for_one_and_forgets_the_other(world: World) -> None:
    await proves(world, at(GZ9), ALL_PROVEN.number)


@chapter.at("06 11:00")
async def somebody_would_like_other_evidence(world: World) -> None:
    for verb in ("UPDATE evidence_items SET text = 'x'", "DELETE FROM evidence_items"):
        try:
            async with world.database.transaction() as session:
                await session.execute(text(verb))
        except Exception as error:  # whatever the database says
            world.refusals[f"{verb.split()[0]} of evidence"] = error


@chapter.at("06 14:00")
async def the_last_node_proves_too(world: World) -> None:
    await proves(world, at(GZ1), ALL_PROVEN.number)


@chapter.at("07 13:30")
async def the_far_hub_looks_at_its_ticket(world: World) -> None:
    """A photo in time, and rested on it a moment too late, although no clock has struck yet."""
    number = await world.ticket_no(SILENT.number, DAMAGE)
    seq = await world.hand_in(at(GZ9), number, "刚刚拍的")
    world.clock.now = world.clock.now.replace(hour=14)
    await world.refused("proof after the window", _prove(world, at(GZ9), SILENT.number, seq))


async def proves(world: World, actor: Actor, number: str) -> None:
    ticket_no = await world.ticket_no(number, DAMAGE)
    seq = await world.hand_in(actor, ticket_no, "装车照片")
    await _prove(world, actor, number, seq)


async def _prove(world: World, actor: Actor, number: str, *evidence: int) -> Chain:
    chains, ticket_no = world.service.evidence.chains, await world.ticket_no(number, DAMAGE)
    async with world.database.transaction() as session:
        return await chains.prove(session, ticket_no, evidence, by=actor, at=world.clock.now)


async def _unproven(world: World, actor: Actor, ticket_no: str) -> Chain:
    async with world.database.transaction() as session:
        return await world.service.evidence.chains.unproven(
            session, ticket_no, 0, "看不清", by=actor, at=world.clock.now
        )


async def _handle(world: World, actor: Actor, ticket_no: str) -> object:
    return await world.service.tickets.work.handle(ticket_no, Request(actor), done="已赔付")
