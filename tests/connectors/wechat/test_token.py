"""One token for all processes; one refresh and one retry when the platform rejects it."""

import asyncio
from datetime import timedelta

import pytest

from bot.delivery.model import SendState
from connectors.tencent_token import Fetched, SharedToken
from tests.connectors.wechat.world import World

SEND = "message/custom/send"


class FakePlatform:
    """Gives out tokens; ``same``: always the one it has."""

    def __init__(self, *, expires_in: int = 7200, same: bool = False) -> None:
        self.asked: list[bool] = []
        self.expires_in, self.same = expires_in, same

    async def fetch(self, force: bool) -> Fetched:
        self.asked.append(force)
        await asyncio.sleep(0)
        return Fetched("T1" if self.same else f"T{len(self.asked)}", self.expires_in)


def token_of(database, clock, platform):
    return SharedToken(database, clock, "wechat:wx", platform.fetch)


async def test_replicas_share_one_token(database, clock):
    platform = FakePlatform()
    replicas = [token_of(database, clock, platform) for _ in range(4)]

    tokens = await asyncio.gather(*(replica.current() for replica in replicas for _ in range(3)))

    assert set(tokens) == {"T1"}
    assert platform.asked == [False]


async def test_a_token_is_replaced_minutes_before_it_expires(database, clock):
    platform = FakePlatform()
    token = token_of(database, clock, platform)
    await token.current()
    clock.advance(timedelta(seconds=7200 - 361))
    assert await token.current() == "T1"

    clock.advance(timedelta(seconds=61))
    assert await token.current() == "T2"


async def test_near_its_end_a_token_is_not_asked_for_all_the_time(database, clock):
    platform = FakePlatform(expires_in=310, same=True)
    token = token_of(database, clock, platform)
    for _ in range(10):
        await token.current()

    assert len(platform.asked) == 1


async def test_replicas_that_hold_a_rejected_token_refresh_it_once(database, clock):
    platform = FakePlatform()
    replicas = [token_of(database, clock, platform) for _ in range(4)]
    for replica in replicas:
        await replica.current()

    tokens = await asyncio.gather(*(replica.instead_of("T1") for replica in replicas))

    assert set(tokens) == {"T2"}
    assert platform.asked == [False, False]


async def test_a_new_token_is_forced_only_when_asking_has_not_helped_and_seldom(database, clock):
    platform = FakePlatform(same=True)
    token = token_of(database, clock, platform)
    await token.current()
    for _ in range(40):
        await token.instead_of("T1")
        clock.advance(timedelta(minutes=3))

    assert platform.asked[:3] == [False, False, True]
    assert sum(platform.asked) <= 2


async def test_a_token_another_system_replaced_is_fetched_and_the_message_sent(world):
    await world.hear("你好")
    await world.say("您好")
    world.wechat.expire_tokens()
    await world.hear("在吗")
    await world.say("在的")

    assert world.screen == ["您好", "在的"]
    assert world.wechat.token_calls == [False, False]


@pytest.mark.parametrize("code", ["40001", "40014", "42001"])
async def test_each_way_of_rejecting_a_token_is_one_refresh_and_one_retry(world, code):
    await world.hear("你好")
    world.wechat.rules.answers[SEND] = [code]
    await world.say("您好")

    assert world.screen == ["您好"]
    assert len(world.wechat.token_calls) == 2


async def test_a_server_that_always_rejects_is_asked_twice_and_then_it_is_a_dead_letter(world, clock):
    world.wechat.rules.rejects_tokens = True
    tries = []
    rejected = world.wechat._authorise

    def counting(request, path):
        tries.append(path)
        rejected(request, path)

    world.wechat._authorise = counting
    await world.hear("你好")
    await world.say("您好")

    assert tries == [SEND, SEND]
    assert len(world.wechat.token_calls) == 2
    [row] = await world.owed()
    assert (row.state, row.code) == (SendState.waiting, "40001")

    for _ in range(60):
        await world.send(minutes=31)
    [row] = await world.owed()
    assert (row.state, row.code) == (SendState.dead, "40001")
    assert "AppSecret" in row.error
    assert len(tries) <= 2 * row.attempts
    assert sum(world.wechat.token_calls) <= 20


async def test_a_wrong_secret_is_a_clear_failure(make_world):
    world: World = make_world(wechat_secret="wrong")
    await world.hear("你好")
    await world.say("您好")

    [row] = await world.owed()
    assert (row.code, row.error) == ("40125", "AppSecret 不正确")


async def test_a_server_not_on_the_list_is_a_clear_failure(world):
    world.wechat.rules.ip_allowed = False
    await world.hear("你好")
    await world.say("您好")

    [row] = await world.owed()
    assert row.code == "40164"
    assert "IP 白名单" in row.error


async def test_no_token_and_no_secret_gets_into_the_log(world, caplog):
    caplog.set_level("DEBUG", logger="connectors")
    await world.hear("你好")
    world.wechat.rules.rejects_tokens = True
    await world.say("您好")

    assert "app-secret" not in caplog.text
    assert all(issued.token not in caplog.text for issued in world.wechat._tokens)
