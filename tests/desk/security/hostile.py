"""Everything that people can write, written by somebody who means harm."""

from datetime import timedelta

from sqlalchemy import update

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.customers.model import Customer
from bot.desk.ticket_lists import Asked, TicketList
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.staff.model import Actor, Role
from bot.staff.schemas import AccountChange
from bot.tickets.model import Ticket
from bot.tickets.work import Request
from bot.waybills.importing import rows_of_json
from tests.day.network import GZ1, at
from tests.desk.builders import PASSWORD, make_waiting
from tests.desk.security.house import emptied
from tests.desk.ticket_work.site import NUMBER, TicketSite, fill
from tests.evidence.builders import make_picture

MARK = "取走"
"""Stands in everything hostile, so that a page that shows it is known."""

HOSTILE = (
    f"{MARK}\"'><img src=x onerror=take()><script>take()</script><svg onload=take()>"
    "[a](javascript:take()) javascript:take() {{take()}} <a href='javascript:take()' onclick=take()>b</a>"
)
SHORT = f'{MARK}"><img src=x onerror=take()>'
"""Where no more fits."""


async def put_hostile_things(site: TicketSite) -> dict[str, str]:
    """Fill an empty database.  Returns what the addresses of pages need, by name."""
    await emptied(site.database)
    await fill(site)
    boss = await site.desk.agents.create("boss", "管理员", PASSWORD, Role.admin)
    await _people(site, boss.actor)
    await _waybill(site)
    conversation_id = await _conversation(site)
    number, complaint = await _tickets(site)
    zhou = await _person(site, "zhou")
    kept = Asked(text=SHORT)
    await site.tickets.arrangements.save(zhou, SHORT[:40], TicketList.all, kept)
    return {"ticket_no": number, "complaint": complaint, "conversation": conversation_id, "waybill_no": NUMBER}


async def _person(site: TicketSite, username: str) -> Actor:
    _, token = await site.desk.agents.log_in(username, PASSWORD)
    person = await site.desk.agents.of_session(token)
    assert person is not None
    return person.actor


async def _people(site: TicketSite, boss: Actor) -> None:
    agents = site.desk.agents
    await agents.teams.create("claims", SHORT[:40], purpose=HOSTILE[:300], by=boss)
    for username in ("lina", "gz001"):
        await agents.accounts.change(username, AccountChange(name=SHORT[:40]), by=boss)
    for username in ("zhou", "boss"):
        _, token = await agents.log_in(username, PASSWORD)
        person = await agents.of_session(token)
        assert person is not None
        await agents.tokens.create(person, SHORT[:40], role=person.role, days=1, by=person.actor)


async def _waybill(site: TicketSite) -> None:
    """What the carrier's system sends is not trusted either."""
    scan = {
        "waybill_no": NUMBER,
        "at": site.clock() - timedelta(hours=1),
        "kind": "out_for_delivery",
        "outlet_code": GZ1,
        "outlet_name": SHORT,
        "city": SHORT,
        "text": HOSTILE,
    }
    taken = await site.service.importer.checkpoints(rows_of_json([scan]))
    assert taken.rejected == []


async def _conversation(site: TicketSite) -> str:
    desk = site.desk
    photo = await site.service.evidence.attachments.upload(make_picture(), "image/jpeg", SHORT, by=Actor("customer"))
    conversation_id = await make_waiting(desk, says=HOSTILE, summary=HOSTILE, waybill_no=NUMBER)
    sent = Attachment(kind=MessageKind.image, id=photo.sha256, content_type="image/jpeg", name=SHORT)
    file = Attachment(kind=MessageKind.file, id=photo.sha256, content_type="text/html", name=SHORT)
    view = await desk.conversations.view(conversation_id)
    message = IncomingMessage(
        "web", view.reply_address, "hostile-files", MessageKind.image, HOSTILE, desk.clock(), attachments=(sent, file)
    )
    await desk.conversations.receive(message)
    async with site.database.transaction() as session:
        await session.execute(update(Customer).where(Customer.id == view.customer_id).values(name=SHORT))
    await desk.conversations.accept(conversation_id, "zhou", SHORT)
    await desk.conversations.say_as_agent(conversation_id, "zhou", HOSTILE, external_id="desk:hostile1")
    await make_waiting(desk, visitor="visitor-2", says=HOSTILE, summary=HOSTILE)
    return str(conversation_id)


async def _tickets(site: TicketSite) -> tuple[str, str]:
    """One that an outlet handled with evidence, and a complaint with what both sides say."""
    work, evidence, outlet = site.service.tickets.work, site.service.evidence, at(GZ1)
    number = (await site.open(text=HOSTILE)).ticket_no
    photo = await evidence.attachments.upload(make_picture(), "image/jpeg", SHORT, by=outlet)
    async with site.database.transaction() as session:
        new = NewEvidence(EvidenceKind.photo, HOSTILE, photo)
        await evidence.items.add(session, number, new, by=outlet, at=site.clock(), turn="add-hostile")
    await work.handle(number, Request(outlet), done=HOSTILE)
    complaint = (await site.open("complaint_attitude", HOSTILE)).ticket_no
    await site.service.tickets.arbitration.state(complaint, Request(outlet), text=HOSTILE)
    await site.open("damage", HOSTILE)
    async with site.database.transaction() as session:
        await session.execute(update(Ticket).values(text=HOSTILE))
    return number, complaint
