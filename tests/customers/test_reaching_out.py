"""The parts put together: an event of the outbox becomes something the customer is told."""

from datetime import datetime, time, timedelta, timezone
from uuid import UUID

import pytest

from actions.follow_up import AskInConversation
from actions.preferred import AskWherePreferred
from bot.channels import IncomingMessage, MessageKind
from bot.conversations.service import ConversationService
from bot.customers.model import Customer
from bot.customers.reach import prefer
from bot.delivery.channels import Channels
from bot.delivery.service import DeliveryService
from bot.jobs import Jobs
from bot.notices.catalogue import catalogue
from bot.notices.consents import Said
from bot.outbox import emit
from bot.outbox.service import Outbox
from bot.reaching_out import ReachingOut
from bot.settings import Settings
from tests.fakes import RecordingChannel


class House:
    def __init__(self, database, clock, words):
        self.database, self.clock = database, clock
        self.deliveries = DeliveryService(database, clock, Channels(RecordingChannel("wechat")))
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        settings = Settings(_env_file=None, notice_quiet_from=time(0), notice_quiet_until=time(0))
        self.parts = ReachingOut.build(settings, database, clock, self.deliveries, self.conversations, secret="s" * 40)

    async def writes(self, channel, sender):
        incoming = IncomingMessage(channel, sender, f"{sender}-1", MessageKind.text, "你好", self.clock())
        received = await self.conversations.receive(incoming)
        return await self.conversations.view(received.conversation_id)

    async def said(self, view):
        return [each.text for each in await self.conversations.messages_after(view.id, 0)]


@pytest.fixture
def house(database, clock, words):
    return House(database, clock, words)


async def test_an_event_of_a_ticket_is_told_by_the_job_that_runs_every_minute(house, database, clock, things):
    clock.now = datetime.now(timezone.utc)  # what the night's jobs forget is told from the real time
    view = await house.writes("wechat", "openid-1")
    number = await things.ticket(view.customer_id)
    said = Said(view.customer_id, True, catalogue().about("ticket"), ["wechat"], clock(), number)
    jobs = Jobs(database)
    outbox = Outbox(database, clock, jobs, sender=None)
    house.parts.register(jobs, outbox.subscribers)
    async with database.transaction() as session:
        await house.parts.notices.agree(session, said)
        await emit(session, "ticket.handled", number, {"ticket_no": number}, at=clock())

    await jobs.run_due()
    await jobs.stop()
    await house.parts.teller.tick()

    (row,) = [row for row in await house.deliveries.found() if row.notice_kind]
    assert (row.recipient, row.notice_kind) == ("openid-1", "ticket_progress")


async def test_refused_notices_come_back_to_whoever_tells(house):
    assert house.deliveries.fallback is house.parts.teller


async def test_phones_are_bound_only_where_sms_can_be_sent(house, database, clock):
    from actions.binding import BindingEngine
    from actions.noticing import NoticeEngine

    class Services:
        waybills = tickets = None
        conversations = house.conversations

    around = (object(), Services(), database, clock, house.deliveries)
    assert isinstance(house.parts.listening(*around), NoticeEngine)
    house.deliveries.channels.add(RecordingChannel("sms"))
    assert isinstance(house.parts.listening(*around), BindingEngine)


async def test_a_follow_up_is_asked_where_the_customer_wants_to_hear_from_us(house, database, clock):
    page, wechat = await house.writes("web", "visitor-1"), await house.writes("wechat", "openid-1")
    clock.advance(timedelta(minutes=1))
    asking = AskWherePreferred(AskInConversation(house.conversations))
    async with database.transaction() as session:
        one = await house.parts.customers.unionid(session, page.customer_id, "u1", clock())
        one = await house.parts.customers.unionid(session, wechat.customer_id, "u1", clock())
        assert isinstance(await session.get(Customer, one), Customer)

    async with database.transaction() as session:
        await asking.ask(session, "GD2600000001", page.id, at=clock())
    assert "GD2600000001" in (await house.said(page))[-1]

    async with database.transaction() as session:
        await prefer(session, one, "wechat", at=clock())
        await asking.ask(session, "GD2600000002", page.id, at=clock())
    assert "GD2600000002" in (await house.said(wechat))[-1]
    assert "GD2600000002" not in str(await house.said(page))
    assert isinstance(one, UUID)
