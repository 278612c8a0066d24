"""What becomes of letters: conversations, orders, reports; and of a flood."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels import MessageKind
from bot.customers.model import ClosedDoor
from bot.errors import UnreadableError
from bot.inbox.ports import Letter
from connectors.sms.numbers import parse_number
from connectors.sms.tables import SmsTraffic
from tests.connectors.sms.conftest import ABROAD, ALIYUN_URL, CONVERSATION, MOBILE, TENCENT_URL, TWILIO_URL

STATUS = "运单 YD2026000000011 **派送中**\n"


async def is_opted_out(world, number=MOBILE) -> bool:
    return await world.book.is_opted_out(parse_number(number))


async def closed_doors(world) -> list[tuple[str, str]]:
    async with world.database.transaction() as session:
        return [(door.channel, door.address) for door in await session.scalars(select(ClosedDoor))]


async def test_a_message_goes_into_the_conversation_of_its_number_and_is_answered(world):
    await world.came(MOBILE, " 查SF1234567890123 ")

    message = world.conversations.received[0]
    assert (message.channel, message.sender, message.text, message.kind) == (
        "sms",
        MOBILE,
        "查SF1234567890123",
        MessageKind.text,
    )
    assert message.received_at == world.clock()
    assert world.woken == [CONVERSATION]


async def test_each_gateway_is_read(world, tencent_world):
    await world.came(MOBILE, "阿里")
    await world.came(ABROAD, "twilio")
    await tencent_world.tencent.write(tencent_world.http, TENCENT_URL, MOBILE, "腾讯")
    await tencent_world.read_all()

    assert world.conversations.texts == ["阿里", "twilio"]
    assert tencent_world.conversations.texts == ["腾讯"]
    assert [each.sender for each in world.conversations.received] == [MOBILE, ABROAD]


async def test_a_letter_read_twice_is_one_message(world):
    await world.aliyun.write(world.http, ALIYUN_URL, MOBILE, "查件")
    letter = world.inbox.letters[0]

    await world.reader.read(letter)
    await world.reader.read(letter)

    assert world.conversations.texts == ["查件"]
    assert world.woken == [CONVERSATION]


async def test_a_picture_without_words_is_a_picture(world):
    form = world.twilio.up(
        ABROAD, "", NumMedia="1", MediaUrl0="https://api.twilio.com/x", MediaContentType0="image/png"
    )
    await world.twilio.call(world.http, f"{TWILIO_URL}/up", form)
    await world.read_all()

    assert world.conversations.received[0].kind is MessageKind.image


# -- orders --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["TD", "t", "退订", " stop "])
async def test_opting_out_is_confirmed_once_and_no_message(world, word):
    await world.came(MOBILE, word)
    await world.came(MOBILE, "TD")

    assert await is_opted_out(world)
    assert world.deliveries.notices == ["sms_opted_out"]
    assert world.deliveries.enqueued[0].recipient == MOBILE
    assert world.conversations.received == []
    assert await closed_doors(world) == [("sms", MOBILE)]


async def test_a_confirmation_nobody_approved_is_not_said(world):
    approved = world.routes.to(parse_number(MOBILE)).approved
    del approved.codes["opted_out"]

    await world.came(MOBILE, "TD")

    assert await is_opted_out(world)
    assert world.deliveries.notices == []


async def test_an_opt_out_read_twice_is_confirmed_once(world):
    await world.aliyun.write(world.http, ALIYUN_URL, MOBILE, "TD")
    letter = world.inbox.letters[0]

    await world.reader.read(letter)
    await world.reader.read(letter)

    assert world.deliveries.notices == ["sms_opted_out"]


async def test_a_customer_who_wants_a_cancelled_order_is_no_opt_out(world):
    await world.came(MOBILE, "我要退订单")

    assert not await is_opted_out(world)
    assert world.conversations.texts == ["我要退订单"]


async def test_asking_for_sms_again_opens_the_way(world):
    await world.came(MOBILE, "TD")
    await world.came(MOBILE, "订阅")

    assert not await is_opted_out(world)
    assert world.deliveries.notices == ["sms_opted_out", "sms_opted_in"]
    assert await closed_doors(world) == []
    assert world.conversations.received == []
    await world.say(STATUS)
    assert len(world.handsets.of(MOBILE)) == 1


async def test_start_of_somebody_who_never_left_is_a_message(world):
    await world.came(MOBILE, "start")

    assert world.conversations.texts == ["start"]


async def test_a_message_of_somebody_who_opted_out_is_stored_all_the_same(world):
    await world.came(MOBILE, "TD")
    await world.came(MOBILE, "我的快递呢")

    assert await is_opted_out(world)
    assert world.conversations.texts == ["我的快递呢"]


async def test_what_twilio_obeys_itself_is_not_confirmed_again(world):
    await world.came(ABROAD, "STOP")
    await world.came(ABROAD, "START")

    assert world.deliveries.notices == []
    assert not await is_opted_out(world, ABROAD)


async def test_a_word_that_twilio_does_not_know_is_obeyed_and_confirmed_by_us(world):
    await world.came(ABROAD, "退订")

    assert await is_opted_out(world, ABROAD)
    assert world.deliveries.notices == ["sms_opted_out"]


async def test_a_word_of_the_twilio_account_is_obeyed(world):
    form = world.twilio.up(ABROAD, "ARRET", OptOutType="STOP")
    await world.twilio.call(world.http, f"{TWILIO_URL}/up", form)
    await world.read_all()

    assert await is_opted_out(world, ABROAD)
    assert world.deliveries.notices == []


# -- a flood -------------------------------------------------------------------------------------------


async def test_a_flood_from_one_number_is_read_to_a_limit_and_answered_once(world):
    for place in range(30):
        world.clock.advance(timedelta(seconds=1))
        await world.came(MOBILE, f"第{place}条")
    await world.came("+8613900000002", "另一位客户")

    assert world.conversations.texts == ["第0条", "第1条", "第2条", "第3条", "第4条", "另一位客户"]
    assert world.deliveries.notices == ["sms_slow_down"]


async def test_after_an_hour_the_number_is_read_again(world):
    for place in range(10):
        await world.came(MOBILE, f"第{place}条")
    world.clock.advance(timedelta(hours=1, seconds=1))

    await world.came(MOBILE, "现在呢")

    assert world.conversations.texts[-1] == "现在呢"


async def test_opting_out_works_in_the_middle_of_a_flood_and_silently(world):
    for place in range(10):
        await world.came(MOBILE, f"第{place}条")
    await world.came(MOBILE, "TD")
    await world.came(MOBILE, "TD")

    assert await is_opted_out(world)
    assert world.deliveries.notices == ["sms_slow_down"]


async def test_a_flood_of_repetitions_counts_once(world):
    await world.aliyun.write(world.http, ALIYUN_URL, MOBILE, "查件")
    letter = world.inbox.letters[0]
    for _ in range(20):
        await world.reader.read(letter)
    world.inbox.letters.clear()

    await world.came(MOBILE, "还有一件")

    assert world.conversations.texts == ["查件", "还有一件"]


async def test_numbers_flooding_at_once_do_not_lock_each_other_out(world):
    letters = []
    for place in range(12):
        await world.aliyun.write(world.http, ALIYUN_URL, f"+861390000{place:04d}", "查件")
    letters, world.inbox.letters = world.inbox.letters, []

    await asyncio.gather(*(world.reader.read(letter) for letter in letters))

    assert len(world.conversations.received) == 12


async def test_what_no_longer_counts_is_forgotten(world):
    for place in range(5):
        await world.came(f"+861390000{place:04d}", "查件")
    world.clock.advance(timedelta(days=3))

    await world.came(MOBILE, "查件")

    async with world.database.transaction() as session:
        assert len((await session.scalars(select(SmsTraffic))).all()) == 1


# -- what became of ours ---------------------------------------------------------------------------------


async def test_reports_of_aliyun_are_passed_on_by_the_id_that_sending_gave(world):
    sent = await world.say(STATUS)
    row = world.aliyun.sent[0]
    await world.aliyun.pusher.push(world.http, f"{ALIYUN_URL}/report", [world.aliyun.report(row)])
    await world.aliyun.pusher.push(world.http, f"{ALIYUN_URL}/report", [world.aliyun.report(row)])
    await world.read_all()

    assert world.deliveries.reports == [(sent.platform_id, "delivered", "DELIVERED")]


async def test_reports_of_failures_name_the_code(world, tencent_world):
    first = await world.say(STATUS)
    second = await tencent_world.say(STATUS)
    failed = world.aliyun.report(world.aliyun.sent[0], success=False, code="MOBILE_NOT_ON_SERVICE")
    await world.http.post(f"{ALIYUN_URL}/report", json=[failed])
    status = tencent_world.tencent.status(tencent_world.tencent.sent[0], success=False, errmsg="UNDELIV")
    await tencent_world.http.post(f"{TENCENT_URL}/status", json=[status])
    await world.read_all()
    await tencent_world.read_all()

    assert world.deliveries.reports == [(first.platform_id, "failed", "MOBILE_NOT_ON_SERVICE")]
    assert tencent_world.deliveries.reports == [(second.platform_id, "failed", "UNDELIV")]


async def test_a_status_of_twilio_with_21610_closes_the_number(world):
    sent = await world.say("hello", to=ABROAD)
    form = world.twilio.status(world.twilio.sent[0], "failed", "21610")
    await world.twilio.call(world.http, f"{TWILIO_URL}/status", form)
    await world.read_all()

    assert world.deliveries.reports == [(sent.platform_id, "failed", "21610")]
    assert await is_opted_out(world, ABROAD)


# -- what cannot be read -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"gateway": "aliyun", "what": "up"},
        {"gateway": "aliyun", "what": "up", "item": {}},
        {"gateway": "aliyun", "what": "up", "item": {"phone_number": "10086", "content": "您的话费"}},
        {"gateway": "aliyun", "what": "report", "item": {"phone_number": "1", "biz_id": "1", "success": "maybe"}},
        {"gateway": "twilio", "what": "up", "item": {"From": "+1", "NumMedia": "many"}},
        {"gateway": "twilio", "what": "status", "item": {"To": "+1"}},
        {"gateway": "pigeon", "what": "up", "item": {}},
    ],
)
async def test_what_cannot_be_read_is_put_aside_without_quoting_it(world, body):
    letter = Letter("sms", "k", "lane", body, world.clock())

    with pytest.raises(UnreadableError) as refused:
        await world.reader.read(letter)

    assert "10086" not in str(refused.value)
    assert world.conversations.received == []
