"""A little world: waybills that come in, a customer on a pushed channel and on a page, and somebody who tells."""

from datetime import timedelta

import pytest

from bot.channels import IncomingMessage, MessageKind
from bot.conversations.service import ConversationService
from bot.customers.reach import Doorkeeper
from bot.customers.service import CustomerService
from bot.delivery.channels import Channels
from bot.delivery.ports import Outgoing
from bot.delivery.rows import outgoing_of
from bot.delivery.service import DeliveryService
from bot.notices.catalogue import catalogue
from bot.notices.consents import Said
from bot.notices.quiet import QuietHours
from bot.notices.service import NoticeService
from bot.notices.telling import Teller
from bot.notices.watching import TellingCustomers, WatchedIntake, Watching
from bot.rules.shipped import shipped_rules
from bot.waybills.conditions import Conditions, NoConsequences
from bot.waybills.intake import NoMap
from bot.waybills.schemas import CheckpointRecord, WaybillRecord
from tests.fakes import RecordingChannel

NUMBER = "YD2026000000011"


class World:
    """Everything around notices."""

    def __init__(self, database, clock, words):
        self.database, self.clock = database, clock
        self.deliveries = DeliveryService(
            database, clock, Channels(RecordingChannel("wechat"), RecordingChannel("sms"))
        )
        self.deliveries.when_changed(Doorkeeper(clock))
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        self.customers = CustomerService(database, clock, channels=self.deliveries.channels.names)
        self.notices = NoticeService(database, QuietHours())
        self.teller = Teller(database, clock, self.deliveries, self.conversations, QuietHours())
        self.deliveries.fallback = self.teller
        self.watching = Watching(database, clock, self.notices, self.deliveries)
        conditions = Conditions(shipped_rules, clock)
        conditions.lead_to(TellingCustomers(NoConsequences(), self.watching))
        self.conditions = conditions
        self.intake = WatchedIntake(conditions, shipped_rules, NoMap(), clock, self.watching)
        self.messages = 0

    # -- parcels -----------------------------------------------------------------------------------

    async def waybill(self, number=NUMBER, **changes):
        record = WaybillRecord.model_validate(
            {
                "waybill_no": number,
                "product": "standard",
                "consignor_name": "李明",
                "consignor_phone": "13700005678",
                "consignor_address": "文三路1号",
                "consignee_name": "王芳",
                "consignee_phone": "13900001234",
                "consignee_address": "体育西路2号",
                "weight_kg": 1.5,
                "shipped_at": (self.clock() - timedelta(days=1)).isoformat(),
                **changes,
            }
        )
        async with self.database.transaction() as session:
            await self.intake.waybills(session, [record])

    async def scan(self, kind, number=NUMBER, *, at=None, **changes):
        record = CheckpointRecord.model_validate(
            {
                "waybill_no": number,
                "kind": kind,
                "at": (at or self.clock()).isoformat(),
                "outlet_code": "GZ001",
                "outlet_name": "广州天河网点",
                "text": "快件有新进展",
                **changes,
            }
        )
        async with self.database.transaction() as session:
            await self.intake.scans(session, [record])

    # -- customers -----------------------------------------------------------------------------------

    async def writes(self, channel="wechat", sender="openid-1", text="你好"):
        self.messages += 1
        incoming = IncomingMessage(channel, sender, f"m{self.messages}", MessageKind.text, text, self.clock())
        received = await self.conversations.receive(incoming)
        return await self.conversations.view(received.conversation_id)

    async def verified(self, customer_id, phone="13900001234"):
        async with self.database.transaction() as session:
            return await self.customers.verified(session, customer_id, phone, self.clock())

    async def agrees(self, customer_id, *channels, subject=NUMBER, kinds=None, waybills=None):
        said = Said(
            customer_id=customer_id,
            agreed=True,
            kinds=kinds or catalogue().about("waybill"),
            channels=channels or ("wechat",),
            at=self.clock(),
            subject=subject,
        )
        watched = [subject] if waybills is None and subject else waybills or []
        async with self.database.transaction() as session:
            await self.notices.agree(session, said, waybills=watched)

    async def declines(self, customer_id, *kinds, channels=("*",), subject=""):
        said = Said(customer_id, False, kinds or ("*",), channels, self.clock(), subject)
        async with self.database.transaction() as session:
            await self.notices.decline(session, said)

    # -- what comes of it ------------------------------------------------------------------------------

    async def told(self) -> list[Outgoing]:
        """What the round of this moment gave to the delivery, in order: all there is so far."""
        await self.teller.tick()
        rows = await self.deliveries.found(limit=500)
        return [outgoing_of(row) for row in reversed(rows) if row.notice_kind]

    async def lines(self):
        return [(each.channel, each.notice.kind) for each in await self.told()]

    async def ends(self):
        """What became of each notice, oldest first."""
        rows = await self.notices.found()
        return sorted((row.kind, row.state, row.why) for row in rows)


@pytest.fixture
def world(database, clock, words):
    return World(database, clock, words)


@pytest.fixture
async def agreed(world):
    """A customer who writes on WeChat and agreed to hear of one parcel there."""
    await world.waybill()
    view = await world.writes()
    await world.agrees(view.customer_id)
    return view
