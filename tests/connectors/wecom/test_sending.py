"""What is said: in few messages, counted, known to the platform by our ids, and what its refusals come to."""

import io
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.channels import Attachment, Button, MessageKind, Reply
from bot.delivery.model import SendState, Trouble
from bot.delivery.ports import (
    ContentRefusedError,
    MisconfiguredError,
    Outgoing,
    QuotaError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.wecom.composing import TextPart, as_wecom_text, compose
from tests.connectors.wecom.test_reading import AMR, MP4, PDF, png
from tests.connectors.wecom.world import choices
from tests.simulators.wecom import KFID, USER

SEND = "kf/send_msg"


def bodies(world):
    return world.called(SEND)


# -- what a message looks like -----------------------------------------------------------------------------


async def test_an_answer_goes_to_the_account_the_customer_wrote_to(world):
    await world.hear("你好")
    await world.say("**您好** 请看[官网](https://www.example.com/a)。")

    [body] = bodies(world)
    assert (body["touser"], body["open_kfid"], body["msgtype"]) == (USER, KFID, "text")
    assert world.screen == ["您好 请看官网 https://www.example.com/a 。"]


async def test_our_own_id_is_one_the_platform_takes(world):
    await world.hear("你好")
    await world.say("您好")

    [row] = await world.owed()
    assert row.state == SendState.sent
    assert re.fullmatch(r"[0-9a-zA-Z_-]{1,32}", bodies(world)[0]["msgid"])


async def test_quick_replies_are_a_menu(world):
    await world.hear("你好")
    await world.say(Reply(text="请选择", buttons=choices("查快递", "转人工")))

    assert world.screen == ["请选择\n〔查快递〕\n〔转人工〕"]
    assert len({item["click"]["id"] for item in bodies(world)[0]["msgmenu"]["list"]}) == 2


async def test_more_choices_than_a_menu_holds_are_numbered_and_may_be_typed(world):
    await world.hear("你好")
    await world.say(Reply(text="哪一票？", buttons=choices(*(f"运单{number}" for number in range(1, 13)))))
    assert "12. 运单12" in world.screen[0]
    await world.hear("12")

    message = (await world.heard())[-1]
    assert (message.text, message.payload) == ("运单12", "/intent_12")


async def test_a_menu_the_platform_will_not_have_is_written_out(world):
    await world.hear("你好")
    world.wecom.rules.answers[SEND] = ["95009"]
    await world.say(Reply(text="请选择", buttons=choices("查快递", "转人工")))

    assert world.screen == ["请选择\n\n1. 查快递\n2. 转人工\n回复数字选择。"]
    await world.hear("2")
    assert (await world.heard())[-1].payload == "/intent_2"


async def test_a_long_text_is_cut_where_sentences_end(world):
    await world.hear("你好")
    await world.say("您的快件正在派送途中，请保持电话畅通。" * 60)

    assert len(world.screen) == 2
    assert all(text.endswith("。") and len(text.encode()) <= 2048 for text in world.screen)
    assert len({body["msgid"] for body in bodies(world)}) == 2


@pytest.mark.parametrize(
    ("kind", "content", "content_type", "shown"),
    [
        (MessageKind.image, png(), "image/png", "image"),
        (MessageKind.voice, AMR, "audio/amr", "voice"),
        (MessageKind.video, MP4, "video/mp4", "video"),
        (MessageKind.file, PDF, "application/pdf", "file"),
    ],
)
async def test_files_are_uploaded_and_shown_as_what_they_are(world, kind, content, content_type, shown):
    await world.hear("你好")
    file = await world.file(content, content_type, kind, name="面单")
    await world.say(Reply(text="", attachments=(file,)))

    assert world.screen[0].startswith(f"[{shown}]")
    media_id = world.screen[0].split()[1]
    assert world.wecom.media[media_id][1] == content_type


async def test_a_moving_picture_is_sent_as_one_that_stands_still(world):
    out = io.BytesIO()
    Image.new("P", (4, 4)).save(out, "WEBP")
    await world.hear("你好")
    await world.say(Reply(text="", attachments=(await world.file(out.getvalue(), "image/webp", MessageKind.image),)))

    assert [content_type for _, content_type, _, _ in world.wecom.media.values()] == ["image/jpeg"]


async def test_a_file_is_uploaded_once_in_three_days(world, clock):
    picture = await world.file(png(), "image/png", MessageKind.image)
    for _ in range(2):
        await world.hear("图")
        await world.say(Reply(text="", attachments=(picture,)))
    assert len(world.wecom.media) == 1

    clock.advance(timedelta(days=3))
    await world.hear("图")
    await world.say(Reply(text="", attachments=(picture,)))
    assert len(world.wecom.media) == 2


async def test_a_file_the_platform_has_forgotten_is_uploaded_anew_once(world):
    picture = await world.file(png(), "image/png", MessageKind.image)
    await world.hear("图")
    await world.say(Reply(text="", attachments=(picture,)))
    world.wecom.media.clear()
    await world.hear("图")
    await world.say(Reply(text="", attachments=(picture,)))

    assert len(world.screen) == 2


async def test_a_place_is_a_place(world):
    where = Attachment(kind=MessageKind.location, latitude=23.13, longitude=113.36, name="天河网点")
    await world.hear("最近的网点")
    await world.say(Reply(text="最近的网点：", attachments=(where,)))

    assert world.screen == ["最近的网点：", "[location] 天河网点"]


def test_what_cannot_be_shown_is_named():
    gone = Attachment(kind=MessageKind.file, name="合同.docx")
    [part] = compose(outgoing("请看", attachments=(gone,)))

    assert isinstance(part, TextPart)
    assert "合同.docx" in part.text


@given(st.text(max_size=3000), st.integers(0, 12))
def test_every_part_keeps_to_the_limits(text, number):
    buttons = tuple(Button(title=f"选项{each}" * 5, payload=f"/p{each}") for each in range(number))
    parts = compose(outgoing(text, buttons=buttons))

    assert parts == compose(outgoing(text, buttons=buttons))
    for part in parts:
        assert isinstance(part, TextPart)
        assert len(part.numbered().encode()) <= 2048 or part.fits_menu
        assert not part.fits_menu or len(part.menu()["head_content"].encode()) <= 1024


def test_an_address_stands_alone_so_that_it_can_be_tapped():
    assert as_wecom_text("[https://a.cn/x](https://a.cn/x)，谢谢") == "https://a.cn/x ，谢谢"
    assert as_wecom_text("[查件](https://a.cn)") == "查件 https://a.cn"


# -- five in 48 hours --------------------------------------------------------------------------------------


async def test_the_sixth_message_waits_until_the_customer_writes_again(world):
    await world.hear("你好")
    await world.say(*(str(number) for number in range(1, 7)))
    assert world.screen == list("12345")
    assert (await world.owed())[-1].state == SendState.held

    await world.hear("还有呢")
    await world.send()
    assert world.screen == list("123456")


async def test_after_48_hours_nothing_is_sent(world, clock):
    await world.hear("你好")
    await world.answer("您好")
    await world.send(hours=48)

    assert world.screen == []
    assert [(row.state, row.code) for row in await world.owed()] == [(SendState.held, "95002")]
    assert bodies(world) == []


async def test_other_limits_can_be_set(make_world):
    world = await make_world(wecom_quota_messages=2, wecom_quota_hours=1)
    await world.hear("你好")
    await world.say("1", "2", "3")

    assert world.screen == ["1", "2"]


async def test_who_never_wrote_cannot_be_written_to(world):
    with pytest.raises(QuotaError):
        await world.channel.send(world.outgoing(), 0)


async def test_a_limit_the_platform_finds_first_is_believed(world):
    await world.hear("你好")
    world.wecom.rules.answers[SEND] = ["95001"]
    await world.say("1", "2")

    assert [row.state for row in await world.owed()] == [SendState.held, SendState.held]
    assert (await world.session()).used == 5
    assert world.screen == []


async def test_a_refused_message_does_not_count(world):
    await world.hear("你好")
    world.wecom.rules.answers[SEND] = ["-1"]
    await world.say("您好")
    assert (await world.session()).used == 0

    await world.send(seconds=5)
    assert (world.screen, (await world.session()).used) == (["您好"], 1)


# -- taken and yet not delivered ---------------------------------------------------------------------------


async def test_a_sixth_message_the_platform_takes_and_drops_is_told_and_waits(make_world):
    """Our own count is wrong; the platform's is right."""
    world = await make_world(wecom_quota_messages=100)
    await world.hear("你好")
    await world.say(*(str(number) for number in range(1, 7)))
    assert [row.state for row in await world.owed()] == [SendState.sent] * 6
    await world.wecom.ring()
    await world.read(seconds=3)

    last = (await world.owed())[-1]
    assert (last.state, last.trouble, last.code) == (SendState.held, Trouble.quota, "fail_type 6")
    assert "条数用完了" in last.error

    await world.hear("还有呢")
    await world.send()
    assert world.screen == list("123456")
    ids = [body["msgid"] for body in bodies(world)]
    assert len(ids) == len(set(ids)) == 7


async def test_a_message_that_failed_twice_has_a_third_id(make_world):
    world = await make_world(wecom_quota_messages=100)
    await world.hear("你好")
    await world.say("您好")
    for _ in range(2):
        await world.wecom.fails(bodies(world)[-1]["msgid"], 6)
        await world.read(seconds=3)
        await world.hear("喂")
        await world.send()

    ids = [body["msgid"] for body in bodies(world)]
    assert ids == [ids[0], f"{ids[0]}-1", f"{ids[0]}-2"]


async def test_who_rejects_us_is_gone(world):
    world.phone.rejects = True
    await world.hear("你好")
    await world.say("您好")
    await world.wecom.ring()
    await world.read(seconds=3)

    [row] = await world.owed()
    assert (row.state, row.trouble, row.code) == (SendState.dead, Trouble.reported, "fail_type 10")
    assert "拒收" in row.error
    assert world.doors.shut == {USER}


@pytest.mark.parametrize(("fail_type", "state"), [(0, "dead"), (2, "dead"), (4, "held"), (5, "held"), (99, "dead")])
async def test_every_reason_of_a_failure_is_told(world, fail_type, state):
    await world.hear("你好")
    await world.say("您好")
    await world.wecom.fails(bodies(world)[0]["msgid"], fail_type)
    await world.read(seconds=3)

    [row] = await world.owed()
    assert row.state == state
    assert "没有送达" in row.error


async def test_a_failure_of_something_unknown_changes_nothing(world):
    await world.hear("你好")
    await world.say("您好")
    await world.wecom.fails("unknown", 6)
    await world.read(seconds=3)

    assert [row.state for row in await world.owed()] == [SendState.sent]


# -- once, whoever dies ------------------------------------------------------------------------------------


async def test_sending_again_after_a_kill_shows_it_once_and_counts_it_once(world, clock):
    await world.hear("你好")
    outgoing = world.outgoing("您好")
    await world.channel.send(outgoing, 0)

    assert await world.channel.was_sent(outgoing, 0, since=clock()) is False
    await world.channel.send(outgoing, 0)
    assert (world.screen, (await world.session()).used) == (["您好"], 1)


async def test_an_answer_that_got_lost_has_it_sent_again_and_shown_once(world, monkeypatch):
    await world.hear("你好")
    call = world.api.__class__.call
    lost = [True]

    async def losing(api, path, body):
        answer = await call(api, path, body)
        if path == SEND and lost:
            lost.pop()
            raise TryAgainError("企业微信没有应答", may_have_arrived=True)
        return answer

    monkeypatch.setattr(world.api.__class__, "call", losing)
    await world.say("您好")
    await world.send(seconds=5)

    assert world.screen == ["您好"]
    assert len(bodies(world)) == 2
    assert [row.state for row in await world.owed()] == [SendState.sent]


# -- what refusals come to ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("-1", TryAgainError),
        ("45009", TryAgainError),
        ("98765", TryAgainError),
        ("40003", RecipientGoneError),
        ("45002", ContentRefusedError),
        ("47001", ContentRefusedError),
        ("48002", MisconfiguredError),
        ("95000", MisconfiguredError),
        ("95001", QuotaError),
        ("95017", MisconfiguredError),
    ],
)
async def test_every_code_comes_to_what_is_written_for_it(world, code, error):
    await world.hear("你好")
    world.wecom.rules.answers[SEND] = [code]
    with pytest.raises(error) as caught:
        await world.channel.send(world.outgoing(), 0)

    assert caught.value.code == code


async def test_a_platform_that_answers_nonsense_is_tried_again(make_world, monkeypatch):
    import httpx

    world = await make_world()
    await world.hear("你好")
    world.to_wecom._transport = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    with pytest.raises(TryAgainError):
        await world.channel.send(world.outgoing(), 0)

    world.to_wecom._transport = httpx.MockTransport(lambda _: httpx.Response(502, text="bad gateway"))
    with pytest.raises(TryAgainError):
        await world.channel.send(world.outgoing(), 0)


async def test_a_platform_that_cannot_be_reached_keeps_secrets_out_of_errors(world, monkeypatch):
    import httpx

    def refuse(request):
        raise httpx.ConnectError(f"cannot reach {request.url}")

    world.to_wecom._transport = httpx.MockTransport(refuse)
    await world.wecom.writes("你好")
    with pytest.raises(TryAgainError) as caught:
        await world.api.call(SEND, {})

    assert "kf-secret" not in str(caught.value)


async def test_typing_is_nothing_here(world):
    before = len(world.wecom.calls)
    await world.channel.typing(USER, on=True)

    assert len(world.wecom.calls) == before


async def test_a_notice_is_one_message(world):
    await world.hear("你好")
    await world.notify("delivered", "您的快件已签收。" * 400, waybill_no="YD1")

    assert len(world.screen) == 1


def outgoing(text: str, **changes) -> Outgoing:
    from datetime import datetime, timezone
    from uuid import UUID

    at = datetime(2026, 3, 4, tzinfo=timezone.utc)
    return Outgoing(id=UUID(int=1), channel="wecom", recipient=USER, author="bot", text=text, created_at=at, **changes)
