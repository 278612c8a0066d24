"""Every kind of message and event, as the bot and agents get it."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from bot.channels import MessageKind, Reply
from bot.customers.service import customer_for
from bot.delivery.ports import TryAgainError
from bot.errors import UnreadableError
from bot.inbox.ports import Letter
from connectors.wechat.incoming import scanned_text
from connectors.wechat.tables import WeChatFollower
from tests.connectors.wechat.world import OPENID, choices

AMR = b"#!AMR\n" + b"\x3c" * 64
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 64


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
    assert len(world.woken) == 1


async def test_a_letter_read_twice_is_one_message_and_opens_no_new_window(world, database):
    await world.hear("你好")
    await world.say("您好")
    await world.connector.reader.read(world.inbox.letters[0])

    async with database.transaction() as session:
        follower = await session.get_one(WeChatFollower, OPENID)
    assert len(await world.heard()) == 1
    assert follower.message_used == 1


async def test_a_picture_is_kept_before_it_is_heard(world):
    await world.wechat.sends_file("image", png(), "image/png")
    await world.read()

    message = await the_message(world)
    [picture] = message.attachments
    assert (message.kind, picture.kind, picture.content_type) == (MessageKind.image, MessageKind.image, "image/png")
    assert Image.open(io.BytesIO(await world.attachments.content(picture.id))).size == (8, 8)


async def test_recognised_speech_is_words_with_the_recording(world):
    world.wechat.rules.recognises_speech = True
    await world.wechat.sends_file("voice", AMR, "audio/amr")
    await world.read()

    message = await the_message(world)
    assert (message.kind, message.text) == (MessageKind.text, "我的快递到哪了")
    assert message.attachments[0].kind is MessageKind.voice
    assert message.attachments[0].content_type == "audio/amr"


async def test_speech_that_was_not_recognised_is_a_recording(world):
    await world.wechat.sends_file("voice", AMR, "audio/amr")
    await world.read()

    message = await the_message(world)
    assert (message.kind, message.text, message.attachments[0].content_type) == (MessageKind.voice, "", "audio/amr")


@pytest.mark.parametrize("kind", ["video", "shortvideo"])
async def test_a_film_is_fetched_from_the_address_the_platform_answers(world, kind):
    await world.wechat.sends_file(kind, MP4, "video/mp4")
    await world.read()

    message = await the_message(world)
    assert (message.kind, message.attachments[0].content_type) == (MessageKind.video, "video/mp4")


async def test_a_place_is_heard_with_its_coordinates(world):
    await world.wechat.is_at(23.134521, 113.358803, "广东省广州市天河区体育西路1号")
    await world.read()

    message = await the_message(world)
    [place] = message.attachments
    assert (message.kind, message.text) == (MessageKind.location, "广东省广州市天河区体育西路1号")
    assert (place.latitude, place.longitude, place.name) == (23.134521, 113.358803, message.text)


async def test_a_place_chosen_by_the_menu_and_told_twice_is_heard_once(world, clock):
    where = {"Location_X": "23.134521", "Location_Y": "113.358803", "Scale": "20", "Label": "体育西路1号"}
    await world.wechat.event(OPENID, "location_select", EventKey="nearest_outlet", SendLocationInfo=where)
    await world.wechat.is_at(23.134521, 113.358803, "体育西路1号")
    await world.read()
    assert len(await world.heard()) == 1

    clock.advance(timedelta(minutes=5))
    await world.wechat.is_at(23.134521, 113.358803, "体育西路1号")
    await world.read()
    assert len(await world.heard()) == 2


async def test_a_link_is_its_title_and_address(world):
    link = {"Title": "运单详情", "Description": "d", "Url": "https://www.example.com/w"}
    await world.wechat.message(OPENID, "link", link)
    await world.read()

    assert (await the_message(world)).text == "运单详情\nhttps://www.example.com/w"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("CODE_128,YT1234567890123", "YT1234567890123"),
        ("CODE_39,75312345678901", "75312345678901"),
        ("EAN_13,6901234567892", "6901234567892"),
        ("YD8800000000011", "YD8800000000011"),
        ("https://www.example.com/?no=YD8800000000011,1", "https://www.example.com/?no=YD8800000000011,1"),
    ],
)
async def test_a_scanned_code_is_what_the_follower_says(world, result, text):
    await world.wechat.scans(result)
    await world.read()

    assert (await the_message(world)).text == scanned_text(result) == text


async def test_a_tapped_key_of_the_menu_is_a_button(world):
    await world.wechat.clicks("/query_waybill")
    await world.read()

    message = await the_message(world)
    assert (message.kind, message.text, message.payload) == (MessageKind.postback, "输入单号", "/query_waybill")


async def test_a_key_that_is_no_payload_is_words(world):
    await world.wechat.clicks("营业时间")
    await world.read()

    assert ((await the_message(world)).kind, (await the_message(world)).text) == (MessageKind.text, "营业时间")


async def test_who_subscribes_is_welcomed_with_suggestions(world):
    await world.wechat.subscribes(scene="poster7")
    await world.read()
    await world.send()

    assert len(world.screen) == 1
    assert "智能客服" in world.screen[0]
    assert "〔查快递〕" in world.screen[0]


async def test_a_subscription_read_twice_welcomes_once(world):
    await world.wechat.subscribes()
    await world.read()
    await world.connector.reader.read(world.inbox.letters[0])
    await world.send()

    assert len(world.screen) == 1


async def test_who_unsubscribes_is_told_nothing_more(world):
    await world.hear("你好")
    await world.wechat.unsubscribes()
    await world.read()
    await world.say("您好")

    assert world.screen == []
    assert world.doors.shut == {OPENID}
    assert [(row.state, row.code) for row in await world.owed()] == [("dead", "43004")]


async def test_who_comes_back_is_reached_again(world):
    await world.wechat.unsubscribes()
    await world.wechat.subscribes()
    await world.read()
    await world.send()

    assert world.doors.shut == set()
    assert len(world.screen) == 1


async def test_a_tapped_item_of_a_menu_says_its_button(world):
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查快递", "转人工")))
    await world.wechat.taps("转人工")
    await world.read()

    message = (await world.heard())[-1]
    assert (message.kind, message.text, message.payload) == (MessageKind.postback, "转人工", "/intent_2")


async def test_a_tapped_item_of_somebody_elses_menu_is_just_words(world):
    await world.hear("转人工", menu_id="unknown")

    assert ((await the_message(world)).kind, (await the_message(world)).text) == (MessageKind.text, "转人工")


@pytest.mark.parametrize("event", ["VIEW", "LOCATION", "view_miniprogram", "kf_create_session", "brand_new_event"])
async def test_what_needs_no_answer_gets_none(world, event):
    await world.wechat.event(OPENID, event, EventKey="x")
    await world.read()

    assert await world.heard() == []
    assert world.woken == []


async def test_an_unknown_kind_of_message_is_passed_over(world):
    await world.wechat.message(OPENID, "hologram", {})
    await world.read()

    assert await world.heard() == []


async def test_a_withdrawn_authorisation_is_told_to_the_operator(world, caplog):
    await world.wechat.event(OPENID, "user_authorization_revoke", OpenID=OPENID, AppID="wx", RevokeInfo="1")
    await world.read()

    assert "took back" in caplog.text
    assert OPENID not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        {"MsgType": "image", "FromUserName": OPENID, "MsgId": "1"},
        {"MsgType": "location", "FromUserName": OPENID, "MsgId": "1", "Location_X": "north", "Location_Y": "1"},
        {"MsgType": "location", "FromUserName": OPENID, "MsgId": "1", "Location_X": "999", "Location_Y": "1"},
        {"MsgType": "text", "FromUserName": "", "Content": "hi", "MsgId": "1"},
    ],
)
async def test_a_letter_nobody_will_ever_read_is_put_aside(world, clock, body):
    with pytest.raises(UnreadableError):
        await world.connector.reader.read(Letter("wechat", "1", OPENID, body, clock()))


# -- files that cannot be had ------------------------------------------------------------------------------


async def test_a_file_too_big_costs_the_file_not_the_message(world):
    await world.wechat.sends_file("image", png() + b"\0" * 3 * 1024 * 1024, "image/png")
    await world.read()

    [picture] = (await the_message(world)).attachments
    assert picture.id == ""
    assert "文件太大" in picture.name


async def test_a_file_that_is_not_what_it_says_is_refused(world):
    await world.wechat.sends_file("image", b"<html><script>alert(1)</script></html>", "image/png")
    await world.read()

    [picture] = (await the_message(world)).attachments
    assert (picture.id, "没能保存" in picture.name) == ("", True)


async def test_json_in_place_of_a_file_is_an_error_and_no_file(world):
    await world.wechat.message(OPENID, "image", {"MediaId": "expired", "PicUrl": "x"})
    await world.read()

    [picture] = (await the_message(world)).attachments
    assert (picture.id, "素材已失效" in picture.name) == ("", True)


async def test_a_platform_that_is_away_is_asked_again_but_not_for_ever(world, clock):
    await world.wechat.sends_file("image", png(), "image/png")
    world.wechat.rules.answers["media/get"] = ["-1"] * 2
    with pytest.raises(TryAgainError):
        await world.read()
    assert await world.heard() == []

    clock.advance(timedelta(minutes=3))
    await world.connector.reader.read(world.inbox.letters[0])
    assert (await the_message(world)).attachments[0].id == ""


# -- unionid -----------------------------------------------------------------------------------------------


async def test_the_unionid_is_asked_for_once_and_told_to_customers(make_world, database, clock):
    world = make_world(wechat_unionid=True)
    world.phone.unionid = "u-123"
    await world.hear("你好")
    await world.hear("在吗")

    async with database.transaction() as session:
        customer = await customer_for(session, "wechat", OPENID, at=clock())
    assert world.customers.told == [(customer.id, "u-123")]


async def test_a_follower_without_unionid_is_asked_for_again_after_a_week(make_world, clock):
    world = make_world(wechat_unionid=True)
    await world.hear("你好")
    world.phone.unionid = "u-123"
    await world.hear("在吗")
    assert world.customers.told == []

    clock.advance(timedelta(days=8))
    await world.hear("你好")
    assert len(world.customers.told) == 1


async def test_an_account_without_unionids_asks_for_none(world):
    world.phone.unionid = "u-123"
    await world.hear("你好")

    assert world.wechat.calls == []
