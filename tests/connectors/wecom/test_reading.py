"""Every kind of message and event, as the bot and agents get it."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from bot.channels import MessageKind, Reply
from bot.customers.service import customer_for
from bot.inbox.model import LetterState
from connectors.wecom.account import WeComState
from tests.connectors.wecom.world import choices
from tests.simulators.wecom import USER

AMR = b"#!AMR\n" + b"\x3c" * 64
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 64
PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def png(side: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "#336699").save(out, "PNG")
    return out.getvalue()


async def the_message(world):
    [message] = await world.heard()
    return message


async def test_a_text_is_heard_and_owed_an_answer(world):
    await world.hear(" 我的快递到哪了 ")

    message = await the_message(world)
    assert (message.text, message.kind) == ("我的快递到哪了", MessageKind.text)
    assert len(await world.conversations.owed()) == 1


async def test_a_message_read_twice_is_one_and_opens_no_new_window(world):
    await world.hear("你好")
    await world.say("您好")
    letter = (await world.letters())[-1]
    await world.connector.reader.read(letter)

    assert len(await world.heard()) == 1
    assert (await world.session()).used == 1


async def test_the_customer_is_known_by_the_external_userid(world, database, clock):
    await world.hear("你好")

    async with database.transaction() as session:
        customer = await customer_for(session, "wecom", USER, at=clock())
    assert (await world.conversation()).customer_id == customer.id


@pytest.mark.parametrize(
    ("kind", "content", "content_type", "name"),
    [
        ("image", png(), "image/png", ""),
        ("voice", AMR, "audio/amr", ""),
        ("video", MP4, "video/mp4", ""),
        ("file", PDF, "application/pdf", "面单.pdf"),
    ],
)
async def test_a_file_is_kept_before_it_is_heard(world, kind, content, content_type, name):
    await world.wecom.sends_file(kind, content, content_type, name=name)
    await world.read()

    message = await the_message(world)
    [file] = message.attachments
    assert (message.kind, file.kind, file.content_type) == (MessageKind(kind), MessageKind(kind), content_type)
    assert await world.attachments.content(file.id)
    assert not name or file.name == name


async def test_a_place_is_heard_with_its_coordinates(world):
    where = {"latitude": 23.134521, "longitude": 113.358803, "name": "天河城", "address": "广州市天河路208号"}
    await world.wecom.message("location", where)
    await world.read()

    message = await the_message(world)
    [place] = message.attachments
    assert (message.kind, message.text) == (MessageKind.location, "天河城 广州市天河路208号")
    assert (place.latitude, place.longitude) == (23.134521, 113.358803)


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("link", {"title": "运单详情", "url": "https://www.example.com/w"}, "运单详情\nhttps://www.example.com/w"),
        ("miniprogram", {"title": "云递速运", "appid": "wx1", "pagepath": "p"}, "（对方发来一个小程序：云递速运）"),
        ("business_card", {"userid": "zhangsan"}, "（对方发来一张名片）"),
        ("channels_shop_order", {"order_id": "3719"}, "（对方发来一个订单：3719）"),
        ("channels_shop_product", {"product_id": "7"}, "（对方发来一件商品：7）"),
        ("hologram", {}, "（对方发来一条这里看不了的消息：hologram）"),
        ("link", {}, "（对方发来一条这里看不了的消息：link）"),
    ],
)
async def test_what_is_neither_words_nor_file_is_told_in_words(world, kind, content, text):
    await world.wecom.message(kind, content)
    await world.read()

    assert (await the_message(world)).text == text


async def test_a_menu_of_somebody_is_its_lines(world):
    items = [
        {"type": "click", "click": {"id": "1", "content": "查快递"}},
        {"type": "text", "text": {"content": "或者"}},
    ]
    await world.wecom.message("msgmenu", {"head_content": "请选择", "list": items, "tail_content": "谢谢"})
    await world.read()

    assert (await the_message(world)).text == "请选择\n查快递\n或者\n谢谢"


async def test_a_tapped_item_of_a_menu_says_its_button(world):
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查快递", "转人工")))
    await world.wecom.taps("转人工")
    await world.read(seconds=1)

    message = (await world.heard())[-1]
    assert (message.kind, message.text, message.payload) == (MessageKind.postback, "转人工", "/intent_2")


async def test_a_tapped_item_of_somebody_elses_menu_is_just_words(world):
    await world.hear("转人工", menu_id="unknown")

    assert ((await the_message(world)).kind, (await the_message(world)).text) == (MessageKind.text, "转人工")


@pytest.mark.parametrize(
    "event",
    [
        {"event_type": "user_recall_msg", "recall_msgid": "m"},
        {"event_type": "servicer_status_change", "servicer_userid": "a", "status": 1},
        {"event_type": "session_status_change", "change_type": 99},
        {"event_type": "brand_new_event"},
        {},
    ],
)
async def test_what_needs_no_answer_gets_none(world, event):
    await world.wecom.tells(USER, "wkDemoAccount", event)
    await world.read()

    assert await world.log() == []
    assert {letter.state for letter in await world.letters()} == {LetterState.done.value}


async def test_an_event_about_no_customer_is_passed_over(world):
    await world.wecom.tells("", "wkDemoAccount", {"event_type": "servicer_status_change"})
    await world.read()

    assert {letter.state for letter in await world.letters()} == {LetterState.done.value}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image", {}),
        ("location", {"latitude": "north", "longitude": 1}),
        ("location", {"latitude": 999, "longitude": 1}),
        ("location", {"latitude": "nan", "longitude": "nan"}),
    ],
)
async def test_a_message_nobody_will_ever_read_is_put_aside(world, kind, content):
    await world.wecom.message(kind, content)
    await world.read()

    assert [letter.state for letter in await world.letters()] == [LetterState.done.value, LetterState.aside.value]


# -- welcome -----------------------------------------------------------------------------------------------


async def test_who_comes_in_is_welcomed_by_the_code_of_the_event(world):
    code = await world.wecom.enters()
    await world.read()
    await world.send(seconds=3)

    [sent] = world.called("kf/send_msg_on_event")
    assert sent["code"] == code
    assert sent["msgtype"] == "msgmenu"
    assert "智能客服" in world.screen[0]
    assert "〔查快递〕" in world.screen[0]


async def test_an_entry_read_twice_welcomes_once(world):
    await world.wecom.enters()
    await world.read()
    await world.connector.reader.read((await world.letters())[-1])
    await world.send()

    assert len(world.screen) == 1


async def test_nobody_is_welcomed_after_twenty_seconds(world):
    await world.wecom.enters()
    await world.read(seconds=20)
    await world.send()

    assert world.screen == []
    assert await world.owed() == []


async def test_a_welcome_that_got_late_waits_for_the_customer(world):
    await world.wecom.enters()
    await world.read()
    await world.send(seconds=25)
    assert (world.screen, world.called("kf/send_msg_on_event")) == ([], [])
    assert [row.state for row in await world.owed()] == ["held"]

    await world.hear("你好")
    await world.send()
    assert len(world.screen) == 1


async def test_who_wrote_lately_has_no_welcome_code_and_is_not_welcomed(world):
    await world.hear("你好")
    assert await world.wecom.enters() == ""
    await world.read()
    await world.send()

    assert world.screen == []


async def test_a_welcome_does_not_count(world):
    await world.wecom.enters()
    await world.read()
    await world.send()
    for number in range(5):
        await world.hear(f"第{number}问")
        await world.say(f"第{number}答")

    assert (await world.session()).used == 1
    assert len(world.screen) == 6


async def test_a_code_the_platform_will_not_have_costs_an_ordinary_message(world):
    await world.wecom.enters()
    await world.read()
    world.wecom._codes.clear()
    await world.hear("你好")
    await world.send()

    assert len(world.screen) == 1
    assert (await world.session()).used == 1


# -- files that cannot be had ------------------------------------------------------------------------------


async def test_a_file_too_big_costs_the_file_not_the_message(world):
    await world.wecom.sends_file("image", png() + b"\0" * 3 * 1024 * 1024, "image/png")
    await world.read()

    [picture] = (await the_message(world)).attachments
    assert (picture.id, "文件太大" in picture.name) == ("", True)


async def test_a_file_that_is_not_what_it_says_is_refused(world):
    await world.wecom.sends_file("image", b"<html><script>alert(1)</script></html>", "image/png")
    await world.read()

    [picture] = (await the_message(world)).attachments
    assert (picture.id, "没能保存" in picture.name) == ("", True)


async def test_json_in_place_of_a_file_is_an_error_and_no_file(world):
    await world.wecom.message("image", {"media_id": "expired"})
    await world.read()

    [picture] = (await the_message(world)).attachments
    assert (picture.id, "素材已失效" in picture.name) == ("", True)


async def test_a_file_the_platform_cannot_give_now_is_asked_for_again_but_not_for_ever(world):
    await world.wecom.sends_file("image", png(), "image/png")
    world.wecom.rules.answers["media/get"] = ["-1"] * 50
    await world.read()
    assert await world.heard() == []

    for _ in range(12):
        await world.read(seconds=20)
    [picture] = (await the_message(world)).attachments
    assert picture.id == ""


# -- unionid -----------------------------------------------------------------------------------------------


async def test_the_unionid_is_asked_for_once_and_told_to_customers(make_world, database, clock):
    world = await make_world(wecom_unionid=True)
    world.phone.unionid = "u-123"
    await world.hear("你好")
    await world.hear("在吗")

    async with database.transaction() as session:
        customer = await customer_for(session, "wecom", USER, at=clock())
    assert world.customers.told == [(customer.id, "u-123")]
    assert len(world.called("kf/customer/batchget")) == 1


async def test_a_customer_without_unionid_is_asked_for_again_after_a_week(make_world, clock):
    world = await make_world(wecom_unionid=True)
    await world.hear("你好")
    world.phone.unionid = "u-123"
    await world.hear("在吗")
    assert world.customers.told == []

    clock.advance(timedelta(days=8))
    await world.hear("你好")
    assert len(world.customers.told) == 1


async def test_a_company_without_unionids_asks_for_none(world):
    await world.hear("你好")

    assert world.called("kf/customer/batchget") == []


async def test_a_nickname_merges_nobody(make_world):
    """Everybody is called the same by this platform."""
    world = await make_world(wecom_unionid=True)
    world.wecom.phone("wmOther")
    await world.hear("你好")
    first = (await world.conversation()).customer_id
    await world.hear("你好", user="wmOther")

    assert (await world.conversation()).customer_id != first
    assert world.customers.told == []


async def test_a_new_session_is_the_bots(world):
    await world.hear("你好")

    assert world.wecom.session().state == WeComState.bot
    assert (await world.session()).state == WeComState.bot
