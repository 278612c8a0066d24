"""Agreeing to notices in the middle of a chat."""

from datetime import timedelta

import pytest

from actions.noticing import NOTIFY, NOTIFY_ALL, NOTIFY_TICKET, OFF, NoticeEngine
from bot.channels import Reply
from bot.dialogue.engine import EngineAnswer, Turn
from bot.tickets.service import TicketService
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from tests.customers.builders import Things
from tests.notices.conftest import NUMBER


class Engine:
    def __init__(self):
        self.answer = EngineAnswer((Reply(text="engine"),))

    async def respond(self, turn):
        return self.answer


class Chat:
    """A customer whose engine knows notices."""

    def __init__(self, world, channel, sender):
        self.world, self.channel, self.sender, self.seq = world, channel, sender, 0
        database, clock = world.database, world.clock
        access = WaybillAccess(database, clock, GuessLimit())
        self.waybills = WaybillService(PostgresWaybillSource(database), access, database, clock)
        self.inner = Engine()
        self.engine = NoticeEngine(
            self.inner,
            database,
            clock,
            world.notices,
            self.waybills,
            TicketService(database, clock),
            world.conversations,
            world.deliveries.channels,
        )

    async def open(self):
        self.view = await self.world.writes(self.channel, self.sender)
        return self

    async def proves(self, number=NUMBER):
        await self.waybills.prove(self.view.customer_id, number, "1234")
        await self.world.conversations.remember_waybill(self.view.id, number)

    async def answers(self, text, payload=""):
        self.seq += 1
        turn = Turn(self.view.id, self.view.customer_id, self.channel, self.seq, "text", text, payload)
        return await self.engine.respond(turn)

    async def says(self, text, payload=""):
        return "\n".join(reply.text for reply in (await self.answers(text, payload)).replies)

    async def offers(self, text):
        """The buttons under the engine's answer."""
        self.inner.answer = EngineAnswer((Reply(text=text),))
        return [button.payload for reply in (await self.answers("到哪了")).replies for button in reply.buttons]


@pytest.fixture
async def chat(world):
    await world.waybill()
    await world.scan("arrived", at=world.clock() - timedelta(hours=1))
    chat = await Chat(world, "wechat", "openid-1").open()
    await chat.proves()
    return chat


BUTTON = f'{NOTIFY}{{"waybill_no": "{NUMBER}"}}'


async def test_an_answer_about_a_parcel_on_its_way_comes_with_the_offer(chat):
    assert await chat.offers(f"运单 {NUMBER} 运输中") == [BUTTON]


async def test_who_taps_it_is_told_from_then_on_and_not_asked_again(chat, world):
    assert NUMBER in await chat.says("派送时通知我", BUTTON)
    await world.scan("out_for_delivery")

    assert await world.lines() == [("wechat", "out_for_delivery")]
    assert await chat.offers(f"运单 {NUMBER} 运输中") == []


async def test_it_can_be_said_in_words(chat, world):
    assert NUMBER in await chat.says("派送的时候通知我")
    (row, *_) = (await world.notices.consents(chat.view.customer_id)).rows
    assert row.how == "words"


async def test_nobody_hears_of_a_parcel_that_is_not_theirs(chat, world):
    stranger = await Chat(world, "wechat", "openid-2").open()

    assert "隐私" in await stranger.says("派送时通知我", BUTTON)
    assert await stranger.offers(f"运单 {NUMBER} 运输中") == []
    await world.scan("out_for_delivery")
    assert await world.told() == []


async def test_nothing_is_offered_for_what_has_arrived(chat, world):
    await world.scan("delivered")

    assert await chat.offers(f"运单 {NUMBER} 已签收") == []
    assert "结束" in await chat.says("派送时通知我", BUTTON)


async def test_nothing_is_offered_where_the_parcel_is_not_the_matter(chat):
    assert await chat.offers("寄充电宝可以吗") == []


async def test_enough_of_a_kind_turns_off_that_kind(chat, world):
    await chat.says("派送时通知我", BUTTON)
    await world.scan("out_for_delivery")
    await world.told()

    assert "派送提醒" in await chat.says("不再通知")
    world.clock.advance(timedelta(hours=1))
    await world.scan("delivery_failed")
    assert await world.lines() == [("wechat", "out_for_delivery"), ("wechat", "failed_attempt")]
    world.clock.advance(timedelta(hours=1))
    await world.scan("out_for_delivery")
    assert len(await world.told()) == 2


async def test_enough_before_anything_was_told_turns_off_everything(chat, world):
    await chat.says("派送时通知我", BUTTON)

    assert "不再主动通知" in await chat.says("别再通知我了")
    await world.scan("out_for_delivery")
    assert await world.told() == []


async def test_everything_can_be_turned_off_by_a_button(chat, world):
    await chat.says("派送时通知我", BUTTON)

    assert "不再主动通知" in await chat.says("关闭全部通知", OFF)
    assert await chat.offers(f"运单 {NUMBER} 运输中") == []


async def test_on_the_page_sms_is_part_of_what_is_agreed_to_when_the_phone_is_proven(world, chat):
    page = await Chat(world, "web", "visitor-1").open()
    await world.verified(page.view.customer_id)

    assert "139****1234" in await page.says("派送时通知我", BUTTON)

    rows = (await world.notices.consents(page.view.customer_id)).rows
    assert {row.channel for row in rows} == {"web", "sms"}


async def test_on_a_pushed_channel_sms_is_not_taken_for_granted(world, chat):
    await world.verified(chat.view.customer_id)
    await chat.says("派送时通知我", BUTTON)

    rows = (await world.notices.consents(chat.view.customer_id)).rows
    assert {row.channel for row in rows} == {"wechat"}


async def test_all_of_ones_parcels_can_be_wanted_once_the_phone_is_bound(chat, world):
    assert "绑定手机号" in await chat.says("名下快件都通知我", NOTIFY_ALL)
    await world.verified(chat.view.customer_id)
    assert "名下的快件" in await chat.says("名下快件都通知我", NOTIFY_ALL)
    await world.waybill("YD2026000000022")
    await world.scan("out_for_delivery")
    await world.scan("out_for_delivery", "YD2026000000022")

    (told,) = await world.told()
    assert NUMBER in told.text
    assert "YD2026000000022" in told.text


async def test_progress_of_ones_own_ticket_can_be_wanted(chat, world):
    number = await Things(world.database, world.clock).ticket(chat.view.customer_id)
    payload = f'{NOTIFY_TICKET}{{"ticket_no": "{number}"}}'

    assert await chat.offers(f"已为您登记，工单 {number}") == [payload]
    assert number in await chat.says("有进展时通知我", payload)
    assert await chat.offers(f"工单 {number} 处理中") == []


async def test_somebody_elses_ticket_cannot_be_followed(chat, world):
    number = await Things(world.database, world.clock).ticket(await Things(world.database, world.clock).customer())
    payload = f'{NOTIFY_TICKET}{{"ticket_no": "{number}"}}'

    assert number not in await chat.says("有进展时通知我", payload)
    assert (await world.notices.consents(chat.view.customer_id)).rows == []


@pytest.mark.parametrize("payload", [f"{NOTIFY}{{broken", NOTIFY, f"{NOTIFY}[1]", f'{NOTIFY}{{"waybill_no": 7}}'])
async def test_a_button_nobody_can_read_does_no_harm(chat, world, payload):
    await chat.says("x", payload)

    assert (await world.notices.consents(chat.view.customer_id)).rows == []


async def test_other_turns_go_on_to_the_engine(chat):
    assert await chat.says("你好") == "engine"
    assert await chat.says("通知") == "engine"
