"""The ``sync_msg`` loop: everything once, in order, whatever page is empty and whoever dies."""

from datetime import timedelta

import pytest

from bot.db import Database
from bot.inbox.model import LetterState
from connectors.wecom.api import WeComApi
from connectors.wecom.syncing import Ring, StillFetchingError, Syncing
from connectors.wecom.tables import WeComCursor
from tests.connectors.wecom.world import World
from tests.simulators.wecom import KFID


async def texts(world: World) -> list[str]:
    return [each.text for each in await world.heard()]


async def test_a_ring_has_the_message_fetched_and_heard(world):
    await world.hear("我的快递到哪了")

    assert await texts(world) == ["我的快递到哪了"]
    assert len(world.woken) == 1
    assert await world.cursor() == "1"


async def test_an_empty_page_is_not_the_last(world):
    world.wecom.rules.empty_pages = True
    world.wecom.rules.page = 2
    for number in range(5):
        await world.wecom.message("text", {"content": f"第{number}条"}, rings=False)
    await world.wecom.ring()
    await world.read()

    assert await texts(world) == [f"第{number}条" for number in range(5)]


async def test_the_loop_goes_on_with_the_token_of_the_ring(world):
    world.wecom.rules.page = 1
    for number in range(3):
        await world.wecom.message("text", {"content": str(number)}, rings=False)
    await world.wecom.ring()
    await world.read()

    asked = world.called("kf/sync_msg")
    assert len(asked) == 3
    assert {len(body.get("token", "")) > 0 for body in asked} == {True}
    assert [body["cursor"] for body in asked] == ["", "1", "2"]
    assert {(body["open_kfid"], body["voice_format"]) for body in asked} == {(KFID, 0)}


async def test_a_ring_read_after_ten_minutes_goes_on_without_its_token(world):
    await world.wecom.writes("你好")
    await world.read(minutes=11)

    assert "token" not in world.called("kf/sync_msg")[0]
    # What was written while nobody had ever looked is history, but the cursor is there.
    assert await world.cursor() == "1"


async def test_a_token_the_platform_calls_expired_is_left_out(world):
    await world.wecom.writes("你好")
    world.wecom._rings.clear()
    await world.read()

    assert [("token" in body) for body in world.called("kf/sync_msg")] == [True, False]
    assert await texts(world) == ["你好"]


async def test_what_was_written_long_before_we_first_looked_is_not_answered(world, clock):
    await world.wecom.message("text", {"content": "上周的"}, rings=False)
    clock.advance(timedelta(minutes=30))
    await world.hear("现在的")

    assert await texts(world) == ["现在的"]


async def test_what_was_written_during_an_outage_is_answered(world, clock):
    await world.hear("以前")
    await world.wecom.message("text", {"content": "停机时写的"}, rings=False)
    clock.advance(timedelta(hours=5))
    await world.hear("以后")

    assert await texts(world) == ["以前", "停机时写的", "以后"]


async def test_the_platform_forgets_after_three_days(world, clock):
    await world.hear("以前")
    await world.wecom.message("text", {"content": "太久了"}, rings=False)
    clock.advance(timedelta(days=3, minutes=1))
    await world.hear("以后")

    assert await texts(world) == ["以前", "以后"]


async def test_a_message_on_two_pages_is_heard_once(world):
    await world.hear("你好", msgid="same")
    await world.hear("你好", msgid="same")

    assert await texts(world) == ["你好"]


async def test_the_cursor_is_stored_with_its_page_or_not_at_all(world, database: Database, monkeypatch):
    """As if the process was killed between the two."""
    from connectors.wecom import syncing

    async def killed(*_) -> None:
        raise KeyboardInterrupt

    await world.wecom.writes("你好")
    [bell] = await world.letters()
    with monkeypatch.context() as patch:
        patch.setattr(syncing, "_advance", killed)
        with pytest.raises(KeyboardInterrupt):
            await world.connector.reader.read(letter_of(bell))
    assert await world.cursor() == ""
    assert len(await world.letters()) == 1

    await world.read()
    assert await texts(world) == ["你好"]


async def test_a_page_fetched_again_after_a_kill_is_stored_once(world, database):
    await world.hear("一")
    await world.hear("二")
    async with database.transaction() as session:
        (await session.get_one(WeComCursor, KFID)).cursor = ""
    await world.hear("三")

    assert await texts(world) == ["一", "二", "三"]


async def test_a_page_stored_by_somebody_else_meanwhile_is_not_stored_over(world, database):
    """The lock was lost with its connection, and another process took over."""
    await world.wecom.message("text", {"content": "一"}, rings=False)
    syncing = Syncing(world.account, world.api, database, world.clock)
    asked = syncing._asked

    async def overtaken(*args):
        page = await asked(*args)
        async with database.transaction() as session:
            (await session.get_one(WeComCursor, KFID)).cursor = "77"
        return page

    syncing._asked = overtaken
    with pytest.raises(StillFetchingError):
        await syncing.fetch(Ring(KFID))
    await syncing.close()

    assert await world.cursor() == "77"
    assert await world.letters() == []


async def test_one_loop_at_a_time_across_processes(world, database):
    here, there = (Syncing(world.account, world.api, database, world.clock) for _ in range(2))
    async with here._alone(KFID):
        with pytest.raises(StillFetchingError):
            await there.fetch(Ring(KFID))
        with pytest.raises(StillFetchingError):
            await here.fetch(Ring(KFID))
    await there.fetch(Ring(KFID))
    await here.close()
    await there.close()


async def test_a_ring_that_meets_another_loop_is_read_again(world, database):
    other = Syncing(world.account, world.api, database, world.clock)
    await world.wecom.writes("你好")
    async with other._alone(KFID):
        await world.read()
        assert await texts(world) == []
    await world.read(seconds=2)
    await other.close()

    assert await texts(world) == ["你好"]


async def test_rings_an_earlier_loop_has_covered_are_done_at_once(world, clock):
    for number in range(20):
        await world.wecom.writes(str(number))
        clock.advance(timedelta(seconds=1))
    await world.read(seconds=5)

    assert len(await texts(world)) == 20
    assert len(world.called("kf/sync_msg")) == 1


async def test_catching_up_finds_what_no_ring_told(world):
    await world.hear("一")
    await world.wecom.message("text", {"content": "门铃丢了"}, rings=False)
    await world.jobs.periodically["wecom.catch_up"](world.clock())
    await world.read()

    assert await texts(world) == ["一", "门铃丢了"]


async def test_catching_up_looks_at_configured_accounts_that_never_rang(make_world):
    world = await make_world(wecom_open_kfids=[KFID])
    await world.wecom.message("text", {"content": "第一条"}, rings=False)
    await world.jobs.periodically["wecom.catch_up"](world.clock())
    await world.read()

    assert await texts(world) == ["第一条"]


async def test_catching_up_bears_a_platform_that_refuses(world, caplog):
    await world.hear("一")
    world.wecom.rules.answers["kf/sync_msg"] = ["45009"]
    await world.jobs.periodically["wecom.catch_up"](world.clock())

    assert "failed" in caplog.text


async def test_an_account_that_is_not_served_is_left_alone(make_world):
    world = await make_world(wecom_open_kfids=["wkOther"])
    await world.hear("你好")

    assert world.called("kf/sync_msg") == []
    assert await texts(world) == []


async def test_a_platform_that_is_away_has_the_ring_read_again(world):
    await world.wecom.writes("你好")
    world.wecom.rules.answers["kf/sync_msg"] = ["-1", "-1"]
    await world.read()
    await world.read(seconds=2)
    assert await texts(world) == []
    await world.read(seconds=4)

    assert await texts(world) == ["你好"]


async def test_a_cursor_that_does_not_move_ends_the_loop(world, monkeypatch, caplog):
    monkeypatch.setattr(world.wecom, "_page", lambda *_: {"next_cursor": "", "has_more": 1, "msg_list": []})
    await world.hear("你好")

    assert len(world.called("kf/sync_msg")) == 1
    assert "not where" in caplog.text


async def test_a_page_full_of_nonsense_costs_nothing_but_the_nonsense(world, monkeypatch):
    deep: dict = {}
    for _ in range(50):
        deep = {"a": deep}
    good = {"msgid": "m1", "origin": 3, "external_userid": "wmDemoCustomer", "msgtype": "text"}
    nonsense = [
        None,
        [],
        "x",
        {"msgid": "deep", **deep},
        {"msgid": "long", "text": "x" * 200_000},
        {"msgid": "\ud800\x00", "bad\x00name": "\x00", "msgtype": "text", "origin": 3},
        {**good, "send_time": int(world.clock().timestamp()), "text": {"content": "好\x00的\ud800"}},
    ]
    call = WeComApi.call

    async def answered(api, path, body):
        answer = await call(api, path, body)
        return {"next_cursor": "9", "has_more": 0, "msg_list": nonsense} if path == "kf/sync_msg" else answer

    monkeypatch.setattr(WeComApi, "call", answered)
    await world.wecom.ring()
    await world.read()

    assert await texts(world) == ["好的"]
    assert {letter.state for letter in await world.letters()} == {LetterState.done.value}


async def test_a_message_nobody_can_read_holds_up_nobody(world):
    await world.wecom.message("image", {})
    await world.hear("我在")

    assert await texts(world) == ["我在"]
    assert [letter.state for letter in await world.letters()].count(LetterState.aside.value) == 1


def letter_of(row):
    from bot.inbox.shelf import Filed

    return Filed.of(row).letter
