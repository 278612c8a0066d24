from datetime import timedelta

import pytest

from bot.channels import Attachment, Button, MessageKind
from bot.delivery.ports import (
    ContentRefusedError,
    MisconfiguredError,
    Notice,
    QuotaError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.sms.channel import GOODBYE, Limits, SmsChannel
from connectors.sms.composing import Composer
from connectors.sms.numbers import parse_number
from connectors.sms.segments import segments
from tests.connectors.sms.conftest import ABROAD, CONVERSATION, MOBILE

STATUS = "运单 YD2026000000011 **派送中**\n今天 09:00 快递员正在派送\n\n预计今天送达。"
SIGNED = "【云递速运】"


# -- mainland China: templates only ------------------------------------------------------------------


async def test_an_answer_becomes_the_template_that_says_it(world):
    sent = await world.say(STATUS)

    assert world.handsets.of(MOBILE) == [
        f"{SIGNED}您的快件YD2026000000011目前派送中，详情请打开 https://chat.example.com/c/abcdefgh0001 查看。"
    ]
    assert sent.platform_id == f"aliyun:{world.aliyun.sent[0]['biz_id']}"


async def test_any_other_answer_becomes_a_link_into_the_same_conversation(world):
    await world.say("寄到新疆一般要 5 到 7 天，首重 18 元。")

    assert world.handsets.of(MOBILE) == [
        f"{SIGNED}您咨询的问题已有答复，请打开 https://chat.example.com/c/abcdefgh0001 查看，可在网页里继续咨询。"
    ]
    assert world.links.made == [(CONVERSATION, world.clock())]


async def test_several_answers_to_one_question_are_one_link(world):
    await world.came(MOBILE, "寄到新疆多少钱")
    world.clock.advance(timedelta(seconds=2))

    await world.say("运费 18 元。")
    covered = await world.say("还可以保价。")

    assert len(world.handsets.of(MOBILE)) == 1
    assert covered.details == {"covered_by": "link"}


async def test_the_next_question_is_answered_by_a_link_of_its_own(world):
    await world.say("运费 18 元。")
    world.clock.advance(timedelta(seconds=5))
    await world.came(MOBILE, "那要几天")
    world.clock.advance(timedelta(seconds=5))

    await world.say("5 到 7 天。")

    assert len(world.handsets.of(MOBILE)) == 2


async def test_what_an_agent_says_much_later_is_told_again(world):
    await world.say("运费 18 元。")
    world.clock.advance(timedelta(minutes=31))

    await world.say("您好，查到了。", author="agent")

    assert len(world.handsets.of(MOBILE)) == 2


async def test_words_of_an_agent_are_never_put_into_a_template(world):
    await world.say(STATUS, author="agent")

    assert "已有答复" in world.handsets.of(MOBILE)[0]


async def test_a_picture_is_seen_behind_the_link(world):
    picture = Attachment(kind=MessageKind.image, id="a1")

    await world.say(STATUS, attachments=(picture,))

    assert "已有答复" in world.handsets.of(MOBILE)[0]


async def test_without_links_customers_are_sent_to_the_web_site(world, catalogue):
    world.channel = SmsChannel(
        world.routes, Composer(catalogue, None, max_segments=3), world.book, world.clock, Limits()
    )

    await world.say(STATUS)

    assert world.handsets.of(MOBILE) == [f"{SIGNED}您咨询的问题已有答复，请到我们的官网或公众号联系在线客服查看。"]


async def test_a_value_too_long_for_tencent_leads_to_the_web_instead(tencent_world):
    world = tencent_world
    await world.say("运单 YD2026000000011 在 **广州天河体育西路菜鸟驿站**，取件码 **3-2-1015**，凭码就可以领取。")

    assert "已有答复，请打开 https://chat.example.com/c/abcdefgh0001" in world.handsets.of(MOBILE)[0]
    assert world.tencent.sent[0]["TemplateParamSet"] == ["abcdef", "gh0001"]


async def test_tencent_gets_a_waybill_number_in_pieces(tencent_world):
    world = tencent_world
    sent = await world.say(STATUS)

    assert "您的快件YD2026000000011目前派送中" in world.handsets.of(MOBILE)[0]
    assert sent.platform_id == f"tencent:{world.tencent.sent[0]['serial']}"


async def test_a_notice_goes_by_the_template_of_its_kind(world):
    await world.tell("station", waybill_no="YD2026000000011", place="天河驿站")

    assert world.handsets.of(MOBILE) == [f"{SIGNED}您的快件YD2026000000011已到天河驿站，请及时领取。"]
    assert world.links.made == []


async def test_a_notice_without_an_approved_template_is_refused_so_that_it_can_go_another_way(world):
    with pytest.raises(ContentRefusedError) as refused:
        await world.tell("birthday", name="王芳")

    assert refused.value.code == "birthday"


async def test_a_code_is_sent_by_the_template_for_codes(world):
    await world.tell("phone_code", code="042137", minutes="5")

    assert world.handsets.of(MOBILE) == [f"{SIGNED}您的验证码是042137，5分钟内有效，请勿告诉他人。"]


# -- abroad: any text ----------------------------------------------------------------------------------


async def test_abroad_the_answer_itself_is_sent(world):
    sent = await world.say(STATUS, to=ABROAD)

    assert world.handsets.of(ABROAD) == ["运单 YD2026000000011 派送中\n今天 09:00 快递员正在派送\n预计今天送达。"]
    assert sent.platform_id == f"twilio:{world.twilio.sent[0]['sid']}"
    assert world.twilio.sent[0]["StatusCallback"] == "https://chat.example.com/sms/twilio/status"


async def test_abroad_a_long_answer_is_cut_to_a_link_within_its_segments(world):
    await world.say("这是一句话。" * 60, to=ABROAD)

    text = world.handsets.of(ABROAD)[0]
    assert segments(text) <= 3
    assert text.endswith("。…全文：https://chat.example.com/c/abcdefgh0001")
    assert len(text) > 150


async def test_abroad_a_long_answer_outside_a_conversation_is_only_cut(world):
    await world.say("word " * 200, to=ABROAD, conversation_id=None)

    assert segments(world.handsets.of(ABROAD)[0]) <= 3
    assert world.handsets.of(ABROAD)[0].endswith("…")


async def test_abroad_choices_are_numbered_and_the_number_is_understood(world):
    buttons = (
        Button(title="催派送", payload='/urge_delivery{"waybill_no": "YD1"}'),
        Button(title="转人工", payload="/request_human"),
    )
    await world.say("还在路上。", to=ABROAD, buttons=buttons)

    await world.came(ABROAD, " ２ ")

    assert world.handsets.of(ABROAD) == ["还在路上。\n1 催派送\n2 转人工"]
    assert [(each.kind, each.text, each.payload) for each in world.conversations.received] == [
        (MessageKind.postback, "转人工", "/request_human")
    ]


async def test_a_number_means_itself_once_something_else_was_said(world):
    await world.say("要哪个？", to=ABROAD, buttons=(Button(title="转人工", payload="/request_human"),))
    await world.say("包裹几公斤？", to=ABROAD)

    await world.came(ABROAD, "1")

    assert [(each.kind, each.text) for each in world.conversations.received] == [(MessageKind.text, "1")]


async def test_abroad_a_picture_is_seen_behind_a_link(world):
    await world.say("请看图", to=ABROAD, attachments=(Attachment(kind=MessageKind.image, id="a1"),))

    assert world.handsets.of(ABROAD) == ["请看图\n请打开 https://chat.example.com/c/abcdefgh0001 查看"]


async def test_abroad_a_code_is_said_in_full(world):
    await world.tell("phone_code", to=ABROAD, code="042137", minutes="5")

    assert world.handsets.of(ABROAD) == ["您的验证码是042137，5分钟内有效，请勿告诉他人。"]


# -- whom, and how often ---------------------------------------------------------------------------------


async def test_a_number_that_opted_out_is_never_written_to(world):
    await world.came(MOBILE, "TD")

    with pytest.raises(RecipientGoneError) as refused:
        await world.say(STATUS)
    with pytest.raises(RecipientGoneError):
        await world.tell("phone_code", code="042137", minutes="5")

    assert refused.value.code == "opted_out"
    assert world.handsets.of(MOBILE) == []


async def test_only_the_confirmation_reaches_a_number_that_opted_out(world):
    await world.came(MOBILE, "退订")

    await world.tell(GOODBYE)

    assert world.handsets.of(MOBILE) == [f"{SIGNED}已收到您的请求，今后不再向您发送短信。需要恢复时，请回复“订阅”。"]


async def test_twilio_21610_means_gone_and_is_remembered(world):
    world.twilio.opted_out.add(ABROAD)

    with pytest.raises(RecipientGoneError) as refused:
        await world.say("hello", to=ABROAD)

    assert refused.value.code == "21610"
    assert await world.book.is_opted_out(parse_number(ABROAD))


async def test_the_blacklist_of_tencent_means_gone_and_is_remembered(tencent_world):
    world = tencent_world
    world.tencent.blacklist.add(MOBILE)

    with pytest.raises(RecipientGoneError):
        await world.say(STATUS)

    assert await world.book.is_opted_out(parse_number(MOBILE))


@pytest.mark.parametrize("recipient", ["oOpenId", "10086", "+8602088888888"])
async def test_what_is_no_number_is_gone(world, recipient):
    with pytest.raises(RecipientGoneError) as refused:
        await world.say(STATUS, to=recipient)

    assert refused.value.code == "no_number"


async def test_a_country_without_a_gateway_is_gone(world):
    from connectors.sms.channel import Routes

    only_china = SmsChannel(Routes({}), world.composer, world.book, world.clock, Limits())

    with pytest.raises(RecipientGoneError, match="no gateway"):
        await only_china.send(world.outgoing("x"), 0)


async def test_the_rest_of_the_world_does_not_include_mainland_china(world):
    from connectors.sms.channel import Routes

    abroad_only = Routes({"*": world.routes.to(parse_number(ABROAD))})

    assert abroad_only.to(parse_number("+447911123456")).gateway.name == "twilio"
    with pytest.raises(RecipientGoneError):
        abroad_only.to(parse_number(MOBILE))


async def test_the_longest_country_code_decides(world):
    from connectors.sms.channel import Routes

    aliyun, twilio = world.routes.to(parse_number(MOBILE)), world.routes.to(parse_number(ABROAD))
    routes = Routes({"1": twilio, "1415": aliyun})

    assert routes.to(parse_number(ABROAD)) is aliyun
    assert routes.to(parse_number("+12025550100")) is twilio


async def test_a_number_is_sent_only_so_much_in_a_day_of_china(world):
    world.channel = SmsChannel(world.routes, world.composer, world.book, world.clock, Limits(per_day=2))
    await world.tell("delivered", waybill_no="YD1")
    await world.tell("delivered", waybill_no="YD2")

    with pytest.raises(QuotaError):
        await world.tell("delivered", waybill_no="YD3")
    await world.tell("phone_code", code="042137", minutes="5")
    world.clock.advance(timedelta(hours=14))  # midnight of China, 10:00 before

    await world.tell("delivered", waybill_no="YD3")

    assert len(world.handsets.of(MOBILE)) == 4


# -- what may go wrong on the way --------------------------------------------------------------------


async def test_an_answer_that_got_lost_is_found_at_aliyun(world):
    outgoing = world.outgoing(STATUS)
    world.aliyun.lose_answers = 1
    with pytest.raises(TryAgainError) as trouble:
        await world.channel.send(outgoing, 0)

    assert trouble.value.may_have_arrived
    assert await world.channel.was_sent(outgoing, 0, since=world.clock()) is True
    assert await world.channel.was_sent(world.outgoing(STATUS), 0, since=world.clock()) is False


async def test_aliyun_is_asked_page_by_page_and_for_both_days_around_midnight(world):
    first = world.outgoing(notice=Notice("delivered", {"waybill_no": "YD0"}), conversation_id=None)
    world.clock.advance(timedelta(hours=13, minutes=59))
    since = world.clock()
    world.channel = SmsChannel(world.routes, world.composer, world.book, world.clock, Limits(per_day=1000))
    world.aliyun.per_day = 1000
    await world.channel.send(first, 0)
    for place in range(60):
        await world.tell("delivered", waybill_no=f"YD{place}")
    world.clock.advance(timedelta(minutes=2))

    assert await world.channel.was_sent(first, 0, since=since) is True


async def test_an_answer_that_got_lost_is_found_at_twilio(world):
    outgoing = world.outgoing("这是一句话。" * 60, to=ABROAD)
    await world.say("这是一句话。", to=ABROAD)
    world.clock.advance(timedelta(minutes=1))
    before = world.clock()
    assert await world.channel.was_sent(outgoing, 0, since=before) is False
    world.twilio.lose_answers = 1

    with pytest.raises(TryAgainError):
        await world.channel.send(outgoing, 0)

    assert await world.channel.was_sent(outgoing, 0, since=before) is True


async def test_tencent_cannot_tell(tencent_world):
    assert await tencent_world.channel.was_sent(tencent_world.outgoing(STATUS), 0, since=tencent_world.clock()) is None


async def test_a_gateway_that_does_not_answer_the_question_leaves_it_open(world):
    world.aliyun.secret_key = "changed"

    assert await world.channel.was_sent(world.outgoing(STATUS), 0, since=world.clock()) is None


async def test_a_wrong_key_is_our_own_fault(world, tencent_world):
    for each in (world.aliyun, tencent_world.tencent):
        each.secret_key = "changed"
    world.twilio.auth_token = "changed"

    for attempt in (world.say(STATUS), world.say("hi", to=ABROAD), tencent_world.say(STATUS)):
        with pytest.raises(MisconfiguredError):
            await attempt


async def test_there_is_one_part_and_typing_does_nothing(world):
    assert world.channel.parts(world.outgoing("x" * 5000)) == 1
    await world.channel.typing(MOBILE, on=True)
