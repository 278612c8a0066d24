"""What followers see on their phones, and what becomes of what they cannot be told."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from bot.channels import Attachment, MessageKind, Reply
from bot.delivery.model import Delivery, SendState
from bot.delivery.ports import TryAgainError
from bot.delivery.rows import outgoing_of
from tests.connectors.wechat.test_reading import png
from tests.connectors.wechat.world import OPENID, choices
from tests.simulators.wechat import Rules

SEND = "message/custom/send"


async def states(world):
    return [(SendState(row.state), row.code) for row in await world.owed()]


async def test_an_answer_is_shown(world):
    await world.hear("查快递")
    await world.say("运单 **YD123** 已签收，见[官网](https://www.example.com/w?a=1&b=2)。")

    assert world.screen == ['运单 YD123 已签收，见<a href="https://www.example.com/w?a=1&b=2">官网</a>。']
    assert await states(world) == [(SendState.sent, "")]


async def test_bubbles_of_one_answer_are_one_message(world):
    await world.hear("查快递")
    await world.say(
        "运单 YD123 已签收。", "签收人：前台。", Reply(text="还有什么可以帮您？", buttons=choices("查运费", "转人工"))
    )

    assert world.screen == ["运单 YD123 已签收。\n\n签收人：前台。\n\n还有什么可以帮您？\n〔查运费〕\n〔转人工〕"]
    assert await states(world) == [(SendState.sent, "")] * 3


async def test_bubbles_that_do_not_fit_together_are_sent_apart_in_order(world):
    await world.hear("讲讲")
    await world.say("甲" * 500, "乙" * 500, "丙。")

    assert world.screen == ["甲" * 500, "乙" * 500 + "\n\n丙。"]


async def test_nothing_of_a_message_that_failed_counts_as_said(world):
    await world.hear("查快递")
    world.wechat.rules.answers[SEND] = ["45011"]
    await world.say("一", "二")
    assert world.screen == []

    await world.send(minutes=2)
    assert world.screen == ["一\n\n二"]
    assert await states(world) == [(SendState.sent, "")] * 2


async def test_a_long_answer_is_cut_at_sentences_and_nothing_is_lost(world):
    text = "".join(f"这是第{n}句，讲的是同一件事情。" for n in range(150))
    await world.hear("讲讲")
    await world.say(text)

    assert "".join(world.screen) == text
    assert len(world.screen) > 1
    assert all(piece.endswith("。") and len(piece.encode()) <= 2048 for piece in world.screen)


async def test_characters_are_sent_as_they_are(world):
    await world.hear("😀")
    await world.say("您好 😀 “引号” \\ 反斜杠 ]]>")

    assert world.screen == ["您好 😀 “引号” \\ 反斜杠 ]]>"]


async def test_an_account_without_menus_gets_the_choices_by_number(world):
    world.wechat.rules.shows_menus = False
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查快递", "转人工")))

    assert world.screen == ["请选择\n\n1. 查快递\n2. 转人工\n回复数字选择。"]


@pytest.mark.parametrize("typed", ["2", "２", "2.", "选2", "第2个", "二", "转人工"])
async def test_a_typed_number_is_the_button_of_that_number(make_world, typed):
    world = make_world(wechat_msgmenu=False)
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查快递", "转人工")))
    await world.hear(typed)

    message = (await world.heard())[-1]
    assert (message.kind, message.text, message.payload) == (MessageKind.postback, "转人工", "/intent_2")


async def test_a_number_means_nothing_once_something_else_was_asked(make_world):
    world = make_world(wechat_msgmenu=False)
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查运费", "转人工")))
    await world.hear("1")
    await world.say("请问包裹多重？单位公斤。")
    await world.hear("2")

    assert ((await world.heard())[-1].kind, (await world.heard())[-1].text) == (MessageKind.text, "2")


@pytest.mark.parametrize("typed", ["3", "0", "22", "2公斤", "2.5"])
async def test_other_numbers_are_words(make_world, typed):
    world = make_world(wechat_msgmenu=False)
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查运费", "转人工")))
    await world.hear(typed)

    assert (await world.heard())[-1].kind is MessageKind.text


async def test_a_number_means_nothing_where_no_numbers_were_shown(world):
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查运费", "转人工")))
    await world.hear("2")

    assert (await world.heard())[-1].kind is MessageKind.text


async def test_more_choices_than_a_menu_holds_are_written_out(world):
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices(*(f"选项{n}" for n in range(12)))))

    assert "12. 选项11" in world.screen[0]


# -- files -------------------------------------------------------------------------------------------------


async def test_a_picture_is_uploaded_once_and_shown_twice(world):
    picture = await world.picture(png())
    await world.hear("面单")
    await world.say(Reply(text="请看", attachments=(picture,)))
    await world.hear("再发一次")
    await world.say(Reply(text="好的", attachments=(picture,)))

    shown = [line for line in world.screen if line.startswith("[image]")]
    assert len(shown) == 2
    assert len(set(shown)) == 1
    assert world.screen[0] == "请看"


async def test_a_media_id_is_not_used_beyond_its_life(world, clock):
    picture = await world.picture(png())
    await world.hear("面单")
    await world.say(Reply(text="", attachments=(picture,)))
    clock.advance(timedelta(days=3))
    await world.hear("再发一次")
    await world.say(Reply(text="", attachments=(picture,)))

    assert len(set(world.screen)) == 2


async def test_media_the_platform_has_forgotten_is_uploaded_anew(world):
    picture = await world.picture(png())
    await world.hear("面单")
    await world.say(Reply(text="", attachments=(picture,)))
    world.wechat.media.clear()
    await world.hear("再发一次")
    await world.say(Reply(text="", attachments=(picture,)))

    assert len(set(world.screen)) == 2


async def test_a_webp_picture_is_sent_as_jpeg(world):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "#336699").save(out, "WEBP")
    picture = await world.picture(out.getvalue(), "image/webp")
    await world.hear("面单")
    await world.say(Reply(text="", attachments=(picture,)))

    assert [kind for _, kind, _ in world.wechat.media.values()] == ["image/jpeg"]


async def test_what_the_platform_cannot_show_is_told_in_words(world):
    pdf = Attachment(kind=MessageKind.file, id="a" * 64, name="账单.pdf", content_type="application/pdf", size=100)
    place = Attachment(kind=MessageKind.location, name="天河网点", latitude=23.1, longitude=113.3)
    await world.hear("账单")
    await world.say(Reply(text="在这里", attachments=(pdf, place)))

    [shown] = world.screen
    assert "账单.pdf" in shown
    assert "coord:23.1,113.3" in shown


# -- windows and counts --------------------------------------------------------------------------------------


async def test_the_sixth_message_waits_until_the_follower_writes_again(world):
    await world.hear("你好")
    for n in range(6):
        async with world.database.transaction() as session:
            await world.deliveries.enqueue(session, world.outgoing(f"第{n}条"))
        await world.send()

    assert len(world.screen) == 5
    assert (await states(world))[-1] == (SendState.held, "45047")
    assert len(world.wechat.sent) == 5

    await world.hear("继续")
    await world.send()
    assert world.screen[-1] == "第5条"


async def test_after_48_hours_we_do_not_even_try(world):
    await world.hear("你好")
    await world.answer("您好")
    await world.send(hours=48, seconds=1)

    assert (world.screen, await states(world)) == ([], [(SendState.held, "45015")])
    assert world.wechat.calls == []

    await world.hear("在吗")
    await world.send()
    assert world.screen == ["您好"]


async def test_just_within_48_hours_it_is_said(world):
    await world.hear("你好")
    await world.answer("您好")
    await world.send(hours=47, minutes=59)

    assert world.screen == ["您好"]


async def test_a_tap_on_the_menu_gives_three_messages_for_a_minute(world, clock):
    await world.wechat.clicks("/query_waybill")
    await world.read()
    for n in range(4):
        async with world.database.transaction() as session:
            await world.deliveries.enqueue(session, world.outgoing(f"第{n}条"))
        await world.send()

    assert len(world.screen) == 3
    assert (await states(world))[-1][0] is SendState.held


async def test_the_window_of_a_tap_closes_after_a_minute(world):
    await world.wechat.clicks("/query_waybill")
    await world.read()
    await world.answer("请把运单号发给我。")
    await world.send(seconds=61)

    assert world.screen == []


async def test_quotas_are_settings(make_world):
    world = make_world(wechat_quota_messages=20)
    world.wechat.rules = Rules(messages=20)
    await world.hear("你好")
    for n in range(20):
        async with world.database.transaction() as session:
            await world.deliveries.enqueue(session, world.outgoing(f"第{n}条"))
        await world.send()

    assert len(world.screen) == 20


async def test_where_the_platform_counts_otherwise_it_is_believed(world):
    world.wechat.rules.messages = 2
    await world.hear("你好")
    for n in range(3):
        async with world.database.transaction() as session:
            await world.deliveries.enqueue(session, world.outgoing(f"第{n}条"))
        await world.send()

    assert len(world.screen) == 2
    assert (await states(world))[-1] == (SendState.held, "45047")


async def test_what_was_refused_for_another_reason_does_not_count(world):
    await world.hear("你好")
    world.wechat.rules.answers[SEND] = ["-1"] * 5
    await world.answer("您好")
    for _ in range(6):
        await world.send(minutes=15)

    assert world.screen == ["您好"]
    assert world.phone.left == 4


async def test_a_text_the_platform_finds_too_long_after_all_is_sent_in_halves(world):
    world.wechat.rules.text_bytes = 1200
    text = "这是一句不长的话。" * 60
    await world.hear("讲讲")
    await world.say(text)

    assert len(world.screen) == 2
    assert "".join(world.screen) == text


# -- errors of the platform ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("-1", SendState.waiting),
        ("40003", SendState.dead),
        ("40007", SendState.dead),
        ("40013", SendState.waiting),
        ("40033", SendState.dead),
        ("40125", SendState.waiting),
        ("40164", SendState.waiting),
        ("41001", SendState.waiting),
        ("43004", SendState.dead),
        ("43019", SendState.dead),
        ("43101", SendState.dead),
        ("44004", SendState.dead),
        ("45008", SendState.dead),
        ("45009", SendState.waiting),
        ("45011", SendState.waiting),
        ("45015", SendState.held),
        ("45047", SendState.held),
        ("47001", SendState.dead),
        ("47003", SendState.dead),
        ("48001", SendState.waiting),
        ("48002", SendState.dead),
        ("48004", SendState.waiting),
        ("50005", SendState.dead),
        ("61451", SendState.waiting),
        ("61459", SendState.waiting),
        ("65400", SendState.waiting),
        ("99999", SendState.waiting),
    ],
)
async def test_each_error_of_the_platform_has_its_consequence(world, code, state):
    await world.hear("你好")
    world.wechat.rules.answers[SEND] = [code]
    await world.say("您好")

    [row] = await world.owed()
    assert (SendState(row.state), row.code) == (state, code)
    assert row.error.strip()


async def test_an_account_without_the_right_is_told_what_to_do(world):
    world.wechat.rules.may_send = False
    await world.hear("你好")
    await world.say("您好")

    [row] = await world.owed()
    assert "BOT_WECHAT_REPLY" in row.error


async def test_a_platform_that_is_away_is_tried_again(world):
    await world.hear("你好")
    world.wechat.rules.answers[SEND] = ["-1"]
    await world.say("您好")
    assert world.screen == []

    await world.send(minutes=1)
    assert world.screen == ["您好"]


# -- typing, and what may have arrived -----------------------------------------------------------------------


async def test_typing_is_shown_and_its_refusal_harms_nobody(world, clock):
    await world.hear("你好")
    await world.channel.typing(OPENID, on=True)
    assert world.phone.typing_until is not None
    await world.channel.typing(OPENID, on=True)
    clock.advance(timedelta(minutes=1))
    await world.channel.typing(OPENID, on=True)
    world.wechat.rules.rejects_tokens = True
    await world.channel.typing(OPENID, on=False)


async def test_nobody_knows_whether_a_message_arrived_where_no_records_are_kept(world, clock):
    await world.hear("你好")

    assert await world.channel.was_sent(world.outgoing("您好"), 0, since=clock()) is None


async def test_bubbles_that_went_out_before_the_process_died_are_not_said_again(make_world, clock):
    world = make_world(wechat_records=True)
    await world.hear("你好")
    await world.answer("一", "二")
    [first, _] = await world.owed()
    await world.channel.send(outgoing_of(first), 0)
    async with world.database.transaction() as session:
        row = await session.get_one(Delivery, first.id)
        row.state, row.sending_since, row.parts = SendState.sending.value, clock(), 1

    await world.send(seconds=5)
    assert world.screen == ["一\n\n二"]
    assert await states(world) == [(SendState.sent, "")] * 2


async def test_bubbles_whose_message_never_left_are_all_said(make_world, clock):
    world = make_world(wechat_records=True)
    await world.hear("你好")
    await world.answer("一", "二")
    [first, _] = await world.owed()
    world.wechat.rules.answers[SEND] = ["-1"]
    with pytest.raises(TryAgainError):
        await world.channel.send(outgoing_of(first), 0)
    async with world.database.transaction() as session:
        row = await session.get_one(Delivery, first.id)
        row.state, row.sending_since, row.parts = SendState.sending.value, clock(), 1

    await world.send(seconds=5)
    assert world.screen == ["一\n\n二"]


async def test_the_same_words_said_before_do_not_pass_for_these(make_world, clock):
    world = make_world(wechat_records=True)
    await world.hear("你好")
    await world.say("好的")
    clock.advance(timedelta(seconds=10))

    assert await world.channel.was_sent(world.outgoing("好的"), 0, since=clock()) is False
    assert await world.channel.was_sent(world.outgoing("好"), 0, since=clock() - timedelta(seconds=10)) is False


async def test_records_tell_whether_a_message_arrived(make_world, clock):
    world = make_world(wechat_records=True)
    await world.hear("你好")
    await world.say("您好，在的。")

    assert await world.channel.was_sent(world.outgoing("您好，在的。"), 0, since=clock()) is True
    assert await world.channel.was_sent(world.outgoing("别的话"), 0, since=clock()) is False
    world.wechat.rules.keeps_records = False
    assert await world.channel.was_sent(world.outgoing("您好，在的。"), 0, since=clock()) is None
