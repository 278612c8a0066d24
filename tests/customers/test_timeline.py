"""One line of time, and who may see what of it over HTTP."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from bot.channels import IncomingMessage, MessageKind
from bot.conversations.model import HandOffReason, Message
from bot.conversations.service import ConversationService
from bot.customer_history import HISTORIES, CustomerSight
from bot.customers.endpoints import make_router
from bot.customers.service import CustomerService
from bot.customers.timeline import Place, mask_phones
from bot.delivery.channels import Channels
from bot.delivery.service import DeliveryService
from bot.errors import BadQueryError
from bot.notices.endpoints import make_router as make_notices_router
from bot.notices.service import NoticeService
from bot.staff.model import Actor, Role
from bot.tickets.model import Ticket, TicketEvent
from tests.fakes import RecordingChannel

PHONE = "13900001234"


class House:
    """Customers with a past, and the API as somebody calls it."""

    def __init__(self, database, clock, words, things):
        self.database, self.clock, self.things = database, clock, things
        deliveries = DeliveryService(database, clock, Channels(RecordingChannel("wechat")))
        self.conversations = ConversationService(database, clock, words, deliveries)
        self.customers = CustomerService(database, clock, histories=HISTORIES, channels=lambda: ("wechat", "sms"))
        self.sight = CustomerSight(database)
        self.actor = Actor("agent:chen", Role.supervisor)
        app = FastAPI()
        app.include_router(make_router(self.customers, self.who, self.sight))
        app.include_router(make_notices_router(NoticeService(database), self.who, self.sight))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")
        self.messages = 0

    async def who(self):
        return self.actor

    async def writes(self, channel, sender, text):
        self.messages += 1
        self.clock.advance(timedelta(seconds=1))
        incoming = IncomingMessage(channel, sender, f"m{self.messages}", MessageKind.text, text, self.clock())
        received = await self.conversations.receive(incoming)
        return await self.conversations.view(received.conversation_id)

    async def ticket(self, customer_id, **changes):
        self.messages += 1
        number = await self.things.ticket(customer_id, category=f"matter-{self.messages}")
        async with self.database.transaction() as session:
            if changes:
                await session.execute(update(Ticket).where(Ticket.ticket_no == number).values(**changes))
            event = TicketEvent(
                ticket_no=number,
                seq=1,
                turn=None,
                what="open",
                by="customer",
                why="",
                because=[],
                changed={},
                details={"text": f"没收到，电话{PHONE}"},
                at=self.clock(),
            )
            session.add(event)
        return number

    async def get(self, path, status=200):
        answer = await self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def house(database, clock, words, things):
    house = House(database, clock, words, things)
    yield house
    await house.http.aclose()


@pytest.fixture
async def customer(house):
    """Somebody who wrote on WeChat, then on the web, was found to be one, has a ticket and a notice."""
    view = await house.writes("wechat", "openid-1", f"我的电话是{PHONE}")
    page = await house.writes("web", "visitor-1", "我的快递呢")
    async with house.database.transaction() as session:
        await house.customers.verified(session, view.customer_id, PHONE, house.clock())
        await house.customers.verified(session, page.customer_id, PHONE, house.clock())
    house.clock.advance(timedelta(seconds=1))
    await house.ticket(view.customer_id)
    await house.things.notice(view.customer_id, "YD2026000000011")
    return view.customer_id


async def test_all_channels_tickets_and_notices_stand_on_one_line(house, customer):
    line = (await house.customers.timeline(customer)).entries

    said = [(entry.source, entry.channel) for entry in line if entry.by not in ("bot", "system") or entry.title]
    assert set(said) == {("message", "wechat"), ("message", "web"), ("ticket", "web"), ("notice", "")}
    assert [entry.at for entry in line] == sorted((entry.at for entry in line), reverse=True)


async def test_phones_are_masked_wherever_they_were_written(house, customer):
    shown = str(await house.get(f"/api/v1/customers/{customer}/timeline"))
    shown += str(await house.get(f"/api/v1/customers/{customer}"))

    assert PHONE not in shown
    assert "139****1234" in shown
    assert "openid-1" not in shown.replace('"openid', "")


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_give_every_entry_once_even_when_all_happened_at_the_same_moment(house, customer, limit):
    for number in range(4):
        await house.ticket(customer, text=str(number))
    async with house.database.transaction() as session:
        await session.execute(update(TicketEvent).values(at=house.clock()))

        await session.execute(update(Message).values(created_at=house.clock()))
    whole = (await house.customers.timeline(customer, limit=200)).entries
    pages, before = [], None
    for _ in range(100):
        path = f"/api/v1/customers/{customer}/timeline"
        page = (await house.http.get(path, params={"limit": limit} | ({"before": before} if before else {}))).json()
        pages += page["entries"]
        before = page["next"]
        if before is None:
            break

    assert [entry["key"] for entry in pages] == [entry.key for entry in whole]
    assert len({entry.key for entry in whole}) == len(whole)


@pytest.mark.parametrize("bad", ["x", "2026-03-04T02:00:00|message|k", ""])
def test_a_place_that_makes_no_sense_is_refused(bad):
    with pytest.raises(BadQueryError):
        Place.of(bad)


async def test_a_place_that_makes_no_sense_is_a_bad_request(house, customer):
    await house.get(f"/api/v1/customers/{customer}/timeline?before=x", status=400)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13900001234。", "电话139****1234。"),
        ("139 0000 1234", "139****1234"),
        ("运单YD2026000000011", "运单YD2026000000011"),
        ("139000012345678", "139000012345678"),
    ],
)
def test_mobiles_are_masked_and_other_numbers_are_not(text, masked):
    assert mask_phones(text) == masked


# -- who may see what ------------------------------------------------------------------------------


async def test_supervisors_see_everybody(house, customer):
    await house.get(f"/api/v1/customers/{customer}")
    await house.get(f"/api/v1/customers/{customer}/merges")


async def test_an_agent_sees_whose_conversation_waits_or_is_theirs(house):
    view = await house.writes("wechat", "openid-5", "你好")
    house.actor = Actor("agent:li", Role.agent)
    await house.get(f"/api/v1/customers/{view.customer_id}", status=404)

    await house.conversations.hand_off(view.id, HandOffReason.asked, intent=None, summary="", seq=view.last_seq)
    await house.get(f"/api/v1/customers/{view.customer_id}")
    await house.conversations.accept(view.id, "wang", "小王")
    await house.get(f"/api/v1/customers/{view.customer_id}", status=404)
    house.actor = Actor("agent:wang", Role.agent)
    await house.get(f"/api/v1/customers/{view.customer_id}")


async def test_an_outlet_sees_its_own_ticket_and_nothing_that_was_said(house, customer):
    own = await house.ticket(customer, owner_unit="GZ001")
    house.actor = Actor("agent:gz", Role.outlet_agent, unit="GZ001")
    page = await house.get(f"/api/v1/customers/{customer}/timeline")

    assert {(entry["source"], entry["subject"]) for entry in page["entries"]} == {("ticket", own)}
    await house.get(f"/api/v1/notices?customer_id={customer}", status=403)


@pytest.mark.parametrize("role", [Role.trainer, Role.outlet_agent, Role.provincial_arbitrator])
async def test_who_has_no_part_in_it_does_not_learn_that_there_is_such_a_customer(house, customer, role):
    house.actor = Actor("agent:x", role, unit="BJ001")

    for path in ("", "/timeline", "/merges"):
        await house.get(f"/api/v1/customers/{customer}{path}", status=404)


async def test_an_unknown_customer_is_not_found(house):
    await house.get("/api/v1/customers/00000000-0000-0000-0000-000000000001", status=404)


async def test_a_supervisor_undoes_a_merge_with_a_reason(house, customer):
    (merge,) = await house.get(f"/api/v1/customers/{customer}/merges")
    path = f"/api/v1/customers/merges/{merge['id']}/undo"
    assert (await house.http.post(path, json={"why": " "})).status_code == 422

    answer = await house.http.post(path, json={"why": "两个人"})

    assert (answer.status_code, answer.json()["undone_by"]) == (200, "agent:chen")
    assert (await house.http.post(path, json={"why": "两个人"})).status_code == 409
    unknown = "/api/v1/customers/merges/00000000-0000-0000-0000-000000000001/undo"
    assert (await house.http.post(unknown, json={"why": "x"})).status_code == 404


async def test_an_agent_undoes_nothing(house, customer):
    (merge,) = await house.get(f"/api/v1/customers/{customer}/merges")
    house.actor = Actor("agent:li", Role.agent)

    answer = await house.http.post(f"/api/v1/customers/merges/{merge['id']}/undo", json={"why": "两个人"})

    assert answer.status_code == 403


async def test_notices_and_their_kinds_can_be_looked_at(house, customer):
    (notice,) = await house.get("/api/v1/notices?subject=YD2026000000011")
    assert (notice["state"], notice["title"]) == ("waiting", "签收提醒")
    assert len(await house.get("/api/v1/notices/kinds")) == 8
    assert await house.get(f"/api/v1/notices/consents?customer_id={customer}") == []
    house.actor = Actor("agent:li", Role.agent)
    await house.get("/api/v1/notices", status=403)


async def test_staff_can_note_by_which_channel_a_customer_wants_to_hear(house, customer):
    answer = await house.http.put(f"/api/v1/customers/{customer}/preference", json={"channel": "sms"})

    assert answer.status_code == 204
    (first, *_) = (await house.get(f"/api/v1/customers/{customer}"))["reachable"]
    assert (first["channel"], first["preferred"]) == ("sms", True)
