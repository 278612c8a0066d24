"""A dialogue that is tried asks, decides and answers as ever, and leaves nothing behind."""

from typing import Any

import pytest
from sqlalchemy import func, select

from actions import Services, build_actions
from actions.webhook import make_executor
from bot.db import Base, Database
from bot.errors import IllegalMoveError
from bot.orders.service import NewOrder
from bot.studio.sets.acting import Acting, standing_in
from bot.studio.sets.drawing import REHEARSAL
from bot.tickets.kinds import TicketKind
from bot.tickets.service import Contact
from bot.waybills.model import PartyRole, WaybillStatus
from bot.waybills.service import InstructionKind
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill

NEW = NewOrder("13800000000", "杭州市西湖区文三路1号", "北京", "文件", "明天上午")


@pytest.fixture
def trying(services: Services, database: Database) -> Services:
    return standing_in(services, database)


async def contact_of(services: Services, channel: str = REHEARSAL, turn: str = "t") -> Contact:
    view = await services.conversations.open(channel, "somebody", greet=False)
    return Contact(view.customer_id, view.id, f"{view.id}:1:{turn}", channel=channel)


async def counts(database: Database) -> dict[str, int]:
    """Rows of every table."""
    async with database.transaction() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


async def report(services: Services, contact: Contact, kind: TicketKind = TicketKind.complaint) -> str:
    reported = await services.tickets.report(kind, "service", "态度不好", waybill_no=None, contact=contact)
    return reported.ticket_no


async def test_a_ticket_has_a_number_and_is_not_there(
    trying: Services,
    services: Services,
    database: Database,
) -> None:
    contact = await contact_of(services)
    before = await counts(database)

    number = await report(trying, contact)
    await trying.tickets.summarise("complain", "态度不好", waybill_no=None, contact=contact)

    assert number
    assert await counts(database) == before


async def test_the_same_with_the_true_services_would_have_left_something(
    services: Services,
    database: Database,
) -> None:
    contact = await contact_of(services)
    before = await counts(database)

    await report(services, contact)

    after = await counts(database)
    assert after["tickets"] == before["tickets"] + 1


async def test_an_open_ticket_of_the_same_matter_is_not_touched(
    trying: Services,
    services: Services,
) -> None:
    contact = await contact_of(services, "web")
    number = await report(services, contact)
    again = Contact(contact.customer_id, contact.conversation_id, "later", channel="web")

    urged = await trying.tickets.urge(number, "怎么还没处理", again)

    assert (urged.ticket_no, urged.contacts) == (number, 2)
    assert (await services.tickets.get_own(number, contact.customer_id)).contacts == 1


async def test_an_order_has_a_number_and_is_not_there(
    trying: Services,
    services: Services,
    database: Database,
) -> None:
    contact = await contact_of(services)
    before = await counts(database)

    order = await trying.orders.place(NEW, customer_id=contact.customer_id, turn="t")

    assert order.order_no
    assert await counts(database) == before


async def test_an_own_order_is_not_cancelled(trying: Services, services: Services) -> None:
    contact = await contact_of(services)
    order = await services.orders.place(NEW, customer_id=contact.customer_id, turn="t")

    assert (await trying.orders.cancel(order.order_no, contact.customer_id)).status == "cancelled"
    assert (await services.orders.get_own(order.order_no, contact.customer_id)).status == "placed"


async def test_a_parcel_takes_no_instruction_and_is_still_told_when_it_is_too_late(
    trying: Services,
    services: Services,
    waybills: InMemoryWaybillSource,
    database: Database,
) -> None:
    contact = await contact_of(services)
    moving = make_waybill("YD2026000000011")
    gone = make_waybill("YD2026000000022", status=WaybillStatus.delivered)
    for waybill in (moving, gone):
        waybills.add(waybill)
    who = {"customer_id": contact.customer_id, "conversation_id": contact.conversation_id, "turn": "t"}
    before = await counts(database)

    await trying.waybills.instruct(InstructionKind.intercept, moving.waybill_no, {}, party=PartyRole.consignee, **who)
    with pytest.raises(IllegalMoveError):
        await trying.waybills.instruct(InstructionKind.intercept, gone.waybill_no, {}, party=PartyRole.consignee, **who)

    assert await counts(database) == before


class OneRelease:
    """What `Arms` has of a release."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._executor = make_executor(build_actions(services))

    def executor(self, release: str) -> Any:
        return self._executor

    def services(self, release: str | None) -> Services:
        return self._services


@pytest.mark.parametrize(("channel", "tickets"), [(REHEARSAL, 0), ("web", 1)])
async def test_only_actions_of_a_conversation_that_is_tried_leave_nothing(
    services: Services,
    database: Database,
    channel: str,
    tickets: int,
) -> None:
    contact = await contact_of(services, channel)
    metadata = {
        "turn": f"{contact.conversation_id}:1",
        "conversation_id": str(contact.conversation_id),
        "customer_id": str(contact.customer_id),
        "seq": 1,
        "channel": channel,
    }
    message = {
        "text": "你们态度太差了",
        "intent": {"name": "suggest", "confidence": 0.9},
        "entities": [],
        "metadata": metadata,
    }
    tracker = {
        "sender_id": str(contact.conversation_id),
        "slots": {"description": "希望晚上也能寄件"},
        "latest_message": message,
        "events": [],
        "active_loop": {},
    }
    acting = Acting(OneRelease(services), database)

    said = await acting.executor("x").run({"next_action": "action_suggest", "tracker": tracker, "domain": {}})

    assert said is not None
    assert (await counts(database))["tickets"] == tickets
