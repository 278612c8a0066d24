"""What is told after the window has closed: by template, or by the subscription notices followers agreed to."""

from datetime import timedelta

import pytest

from bot.delivery.model import SendState
from bot.errors import DataFileError
from connectors.wechat.notices import read_layouts
from tests.connectors.wechat.world import OPENID

LAYOUTS = """
notices:
  delivered:
    fields: {character_string1: "{waybill_no}", thing2: "{text}", time3: "{at}"}
    url: "https://www.example.com/w/{waybill_no}"
  ticket_closed:
    via: subscribe
    fields: {thing1: "{text}"}
"""
VALUES = {"waybill_no": "YD8800000000011", "at": "2026-03-04 10:00"}


@pytest.fixture
def world(make_world, tmp_path):
    path = tmp_path / "notices.yml"
    path.write_text(LAYOUTS, encoding="utf-8")
    templates = {"delivered": "TMPL-1", "ticket_closed": "TMPL-2"}
    return make_world(wechat_templates=templates, wechat_notices=path)


async def state(world):
    [*_, row] = await world.owed()
    return SendState(row.state), row.code


async def agree(world, status="accept", template="TMPL-2"):
    item = {"TemplateId": template, "SubscribeStatusString": status, "PopupScene": "2"}
    await world.wechat.event(OPENID, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": item})
    await world.read()


async def test_within_the_window_a_notice_is_a_message_like_any_other(world):
    await world.hear("你好")
    await world.notify("delivered", "您的快件**已签收**。", **VALUES)

    assert world.screen == ["您的快件已签收。"]


async def test_after_48_hours_it_goes_out_by_template(world, clock):
    await world.hear("你好")
    clock.advance(timedelta(days=3))
    await world.notify("delivered", "您的快件已由前台代为签收，请您尽快前去领取。", **VALUES)

    assert world.screen == ["[通知] YD8800000000011；您的快件已由前台代为签收，请您尽快前去…；2026-03-04 10:00"]
    path, body = world.wechat.calls[-1]
    assert path == "message/template/send"
    assert body["template_id"] == "TMPL-1"
    assert body["url"] == "https://www.example.com/w/YD8800000000011"


@pytest.mark.parametrize(
    ("status", "state_after"),
    [
        ("success", SendState.delivered),
        ("failed:user block", SendState.dead),
        ("failed: system failed", SendState.dead),
    ],
)
async def test_what_became_of_a_template_message_is_heard_afterwards(world, clock, status, state_after):
    world.wechat.phone(OPENID)
    await world.notify("delivered", "已签收", **VALUES)
    assert (await state(world))[0] is SendState.sent

    await world.wechat.report_templates(status)
    await world.read()
    await world.read()
    assert (await state(world))[0] is state_after
    [row] = await world.owed()
    assert ("拒收" in row.error) == ("block" in status)


async def test_sending_a_template_message_again_after_a_crash_does_no_harm(world, clock):
    world.wechat.phone(OPENID)
    await world.notify("delivered", "已签收", **VALUES)
    [row] = await world.owed()
    from bot.delivery.rows import outgoing_of

    assert await world.channel.was_sent(outgoing_of(row), 0, since=clock()) is False
    await world.channel.send(outgoing_of(row), 0)
    assert len(world.screen) == 1


async def test_a_notice_without_a_template_waits(world, clock):
    world.wechat.phone(OPENID)
    await world.notify("unheard_of", "别的事情")

    assert await state(world) == (SendState.held, "45015")


async def test_a_subscription_notice_needs_a_consent_and_uses_it_up(world, clock):
    await agree(world)
    clock.advance(timedelta(days=3))
    await world.notify("ticket_closed", "工单已处理完毕", ticket_no="T1")
    assert world.screen == ["[通知] 工单已处理完毕"]
    assert world.wechat.calls[-1][0] == "message/subscribe/bizsend"

    await world.notify("ticket_closed", "又一张工单", ticket_no="T2")
    assert await state(world) == (SendState.held, "43101")
    assert len(world.screen) == 1


async def test_a_consent_read_twice_is_one_consent(world, clock):
    await agree(world)
    await world.connector.reader.read(world.inbox.letters[-1])
    clock.advance(timedelta(days=3))
    await world.notify("ticket_closed", "一")
    await world.notify("ticket_closed", "二")

    assert world.screen == ["[通知] 一"]


async def test_a_refusal_takes_back_what_was_agreed(world, clock):
    await agree(world)
    clock.advance(timedelta(seconds=1))
    await agree(world, "reject")
    clock.advance(timedelta(days=3))
    await world.notify("ticket_closed", "一")

    assert world.screen == []


async def test_a_notice_that_was_refused_gives_the_consent_back(world, clock):
    await agree(world)
    clock.advance(timedelta(days=3))
    world.wechat.rules.answers["message/subscribe/bizsend"] = ["-1"]
    await world.notify("ticket_closed", "一")
    await world.send(minutes=5)

    assert world.screen == ["[通知] 一"]


@pytest.mark.parametrize("content", ["notices: {a: {via: pigeon, fields: {}}}", "a: [", "notices: []"])
def test_a_file_of_notices_that_makes_no_sense_is_named(tmp_path, content):
    path = tmp_path / "notices.yml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataFileError, match=r"notices\.yml"):
        read_layouts(path)


def test_the_shipped_layouts_are_in_order_and_fill_what_notices_have():
    from bot.notices.catalogue import catalogue

    layouts = read_layouts()
    kinds = {kind.template or name for name, kind in catalogue().kinds.items()}
    assert kinds <= set(layouts)
