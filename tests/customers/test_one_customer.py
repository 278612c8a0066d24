"""The same customer on WeChat and on the web: one timeline, waybills known, told by the best way, and undone."""

import asyncio
from datetime import timedelta
from itertools import count

import pytest

from actions.binding import BindingEngine
from actions.noticing import NoticeEngine
from bot.channels import IncomingMessage, MessageKind, Reply
from bot.conversations.answering import Answering
from bot.customer_history import HISTORIES
from bot.customers.phone_codes import PhoneCodes
from bot.customers.service import CustomerService
from bot.delivery.sending import Sending
from bot.dialogue.engine import EngineAnswer, ScriptedEngine
from bot.tickets.service import TicketService
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from tests.notices.conftest import NUMBER, World


class Platform(World):
    """The platform with a fake WeChat and a fake gateway; the engine knows a waybill's state for its parties alone."""

    def __init__(self, database, clock, words):
        super().__init__(database, clock, words)
        self.customers = CustomerService(database, clock, histories=HISTORIES, channels=self.deliveries.channels.names)
        numbers = count(111111)
        self.codes = PhoneCodes(
            database, clock, self.customers, self.deliveries.enqueue, secret="s" * 40, make=lambda: str(next(numbers))
        )
        access = WaybillAccess(database, clock, GuessLimit())
        self.waybills = WaybillService(PostgresWaybillSource(database), access, database, clock)
        tickets = TicketService(database, clock)
        inner = NoticeEngine(
            _Parcels(self),
            database,
            clock,
            self.notices,
            self.waybills,
            tickets,
            self.conversations,
            self.deliveries.channels,
        )
        engine = BindingEngine(inner, database, clock, self.codes, self.waybills, self.conversations)
        self.answering = Answering(self.conversations, database, engine, ScriptedEngine())

    async def hears(self, channel, sender, text, payload=""):
        """One message and its answers."""
        self.messages += 1
        self.clock.advance(timedelta(seconds=1))
        kind = MessageKind.postback if payload else MessageKind.text
        incoming = IncomingMessage(channel, sender, f"m{self.messages}", kind, text, self.clock(), payload=payload)
        received = await self.conversations.receive(incoming)
        self.answering.wake(received.conversation_id)
        await self.answering.drain()
        return await self.conversations.messages_after(received.conversation_id, received.seq)

    async def deliver(self):
        """Send all that is owed."""
        sending = Sending(self.deliveries)
        await sending.start()
        for _ in range(500):
            rows = await self.deliveries.found(limit=500)
            if all(row.state not in ("waiting", "sending") for row in rows):
                break
            await asyncio.sleep(0.02)
        await sending.stop()

    def shown(self, channel, recipient):
        return self.deliveries.channels.of(channel).shown_to(recipient)


class _Parcels:
    """Stands for the engine: says how a waybill is to its parties, asks everybody else for a proof."""

    def __init__(self, platform):
        self.platform = platform

    async def respond(self, turn):
        if NUMBER not in turn.says:
            return EngineAnswer((Reply(text="您好"),))
        await self.platform.conversations.remember_waybill(turn.conversation_id, NUMBER)
        if await self.platform.waybills.party(turn.customer_id, NUMBER) is None:
            return EngineAnswer((Reply(text=f"请提供运单 {NUMBER} 手机号的后四位。"),))
        return EngineAnswer((Reply(text=f"运单 {NUMBER} 运输中"),))


@pytest.fixture
async def platform(database, clock, words):
    platform = Platform(database, clock, words)
    await platform.waybill()
    await platform.scan("arrived", at=clock() - timedelta(hours=1))
    return platform


async def bound_on_wechat(platform):
    (asked,) = await platform.hears("wechat", "openid-1", f"{NUMBER}到哪了")
    offer = next(button for button in asked.buttons if button.title == "绑定手机号")
    await platform.hears("wechat", "openid-1", offer.title, offer.payload)
    await platform.hears("wechat", "openid-1", "13900001234")
    await platform.deliver()
    ((outgoing, _),) = platform.deliveries.channels.of("sms").sent
    (bound,) = await platform.hears("wechat", "openid-1", outgoing.notice.values["code"])
    return bound


async def test_from_a_refused_question_to_one_timeline_and_back(platform, clock):
    page = await platform.conversations.open("web", "visitor-1")
    await platform.hears("web", "visitor-1", "你好")
    bound = await bound_on_wechat(platform)
    assert "绑定成功" in bound.text
    (known,) = [button for button in bound.buttons if button.title == NUMBER]
    (status,) = await platform.hears("wechat", "openid-1", known.title, known.payload)
    assert "运输中" in status.text

    # On the web the same person binds the same phone by a code of its own.
    clock.advance(timedelta(minutes=2))
    await platform.hears("web", "visitor-1", "绑定手机号")
    await platform.hears("web", "visitor-1", "13900001234")
    await platform.deliver()
    code = platform.deliveries.channels.of("sms").sent[-1][0].notice.values["code"]
    await platform.hears("web", "visitor-1", code)
    (status,) = await platform.hears("web", "visitor-1", f"{NUMBER}到哪了")
    assert "运输中" in status.text

    one = (await platform.conversations.view(page.id)).customer_id
    line = (await platform.customers.timeline(one, limit=200)).entries
    assert {entry.channel for entry in line} == {"wechat", "web"}
    assert not [entry for entry in line if "13900001234" in entry.text]

    # Told on WeChat of what was agreed to there.
    (offer,) = [button for button in status.buttons if button.title == "派送时通知我"]
    clock.advance(timedelta(hours=1))
    await platform.hears("wechat", "openid-1", offer.title, offer.payload)
    await platform.scan("out_for_delivery")
    await platform.teller.tick()
    await platform.deliver()
    assert any("正在派送" in text for text in platform.shown("wechat", "openid-1"))

    # And it was somebody else after all.
    (merge,) = await platform.customers.merges(one)
    await platform.customers.undo(merge.id, by="agent:chen", why="共用手机")
    owners = {(await platform.conversations.view(page.id)).customer_id}
    owners.add((await platform.conversations.open("wechat", "openid-1")).customer_id)
    assert owners == {merge.survivor_id, merge.merged_id}


async def test_a_signed_account_brings_both_together_without_a_code(platform, database, clock):
    await bound_on_wechat(platform)
    wechat = await platform.conversations.open("wechat", "openid-1")
    async with database.transaction() as session:
        await platform.customers.account(session, wechat.customer_id, "member-7", clock())
    page = await platform.conversations.open("web", "visitor-1")
    async with database.transaction() as session:
        await platform.customers.note_identity(session, page.customer_id, "account", "member-7", clock())

    (status,) = await platform.hears("web", "visitor-1", f"{NUMBER}到哪了")

    assert "运输中" in status.text
    line = (await platform.customers.timeline(wechat.customer_id, limit=200)).entries
    assert {entry.channel for entry in line} == {"wechat", "web"}
