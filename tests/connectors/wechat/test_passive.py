"""Accounts that may only answer: the platform asks three times, and what is late is said the next time."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels import Reply
from bot.delivery.model import SendState
from connectors.wechat.passive import PassiveReplies, Patience
from connectors.wechat.tables import WeChatCall, WeChatUnsaid
from tests.connectors.wechat.world import OPENID, World, choices
from tests.simulators.wechat import NO_SERVICE

STILL = "收到，正在为您处理。稍后回复“继续”就能看到答复。"
LATER = "（还没说完，回复“继续”看后面的内容）"


class Passing:
    """Waiting that lets the clock pass, and whatever is planned to happen meanwhile."""

    def __init__(self, clock) -> None:
        self._clock = clock
        self.plans: list[tuple[float, object]] = []
        self.waited = 0.0

    def after(self, seconds: float, happen) -> None:
        self.plans.append((self.waited + seconds, happen))

    async def __call__(self, seconds: float) -> None:
        self.waited += seconds
        self._clock.advance(timedelta(seconds=seconds))
        due = [plan for plan in self.plans if plan[0] <= self.waited]
        self.plans = [plan for plan in self.plans if plan[0] > self.waited]
        for _, happen in due:
            await happen()


class Hanging:
    """The platform's five seconds, on the clock of the test: an empty answer that came later was none."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._post = world.to_us.post
        world.to_us.post = self.post

    async def post(self, *args, **more):
        began = self._world.clock()
        response = await self._post(*args, **more)
        if self._world.clock() - began > timedelta(seconds=5):
            raise TimeoutError
        return response


@pytest.fixture
def passing(clock, monkeypatch):
    waiting = Passing(clock)
    plain = PassiveReplies.__init__

    def patient(self, database, clock, limit, patience=None, sleep=None):
        plain(self, database, clock, limit, patience, waiting)

    monkeypatch.setattr(PassiveReplies, "__init__", patient)
    return waiting


@pytest.fixture
def world(make_world, passing):
    world = make_world(wechat_reply="passive")
    Hanging(world)
    return world


def answers(world, *replies):
    async def happen():
        await world.read()
        await world.say(*replies)

    return happen


async def test_an_answer_in_time_is_the_reply(world, passing):
    passing.after(1, answers(world, "在的，请说。"))
    await world.wechat.writes("在吗")

    assert world.screen == ["在的，请说。"]
    assert len(world.wechat.pushes) == 1
    assert world.wechat.calls == []


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
@pytest.mark.parametrize("as_json", [False, True], ids=["xml", "json"])
async def test_the_reply_has_the_form_of_the_question(make_world, passing, mode, as_json):
    world = make_world(wechat_reply="passive", mode=mode)
    world.wechat.as_json = as_json
    passing.after(1, answers(world, "]]> 在的 <a>"))
    await world.wechat.writes("在吗")

    assert world.screen == ["]]> 在的 ＜a>"]


async def test_an_answer_that_is_there_before_anybody_waits_for_it_is_the_reply(world, passing):
    put = world.inbox.put

    async def put_and_answer(letter):
        await put(letter)
        await answers(world, "在的。")()

    world.inbox.put = put_and_answer
    await world.wechat.writes("在吗")

    assert world.screen == ["在的。"]
    assert passing.waited == 0


async def test_all_bubbles_of_an_answer_are_one_reply(world, passing):
    passing.after(1, answers(world, "一", "二", Reply(text="三", buttons=choices("查快递", "转人工"))))
    await world.wechat.writes("在吗")

    assert world.screen == ["一\n\n二\n\n三\n\n1. 查快递\n2. 转人工\n回复数字选择。"]


async def test_an_answer_that_takes_long_is_the_reply_to_the_second_attempt(world, passing):
    passing.after(7, answers(world, "查到了。"))
    await world.wechat.writes("查快递")

    assert [pushed.status for pushed in world.wechat.pushes] == [0, 200]
    assert world.screen == ["查到了。"]
    assert len(await world.heard()) == 1


async def test_an_answer_that_takes_longer_is_the_reply_to_the_third(world, passing):
    passing.after(13, answers(world, "查到了。"))
    await world.wechat.writes("查快递")

    assert [pushed.status for pushed in world.wechat.pushes] == [0, 0, 200]
    assert world.screen == ["查到了。"]


async def test_an_answer_too_late_for_the_third_is_had_by_asking_for_it(world, passing):
    await world.wechat.writes("查快递")
    assert world.screen == [STILL]
    assert NO_SERVICE not in world.screen

    await answers(world, "查到了。")()
    await world.wechat.writes("继续")
    await world.read()
    assert world.screen == [STILL, "查到了。"]
    assert [heard.text for heard in await world.heard()] == ["查快递"]


async def test_what_is_unsaid_is_said_with_the_next_answer(world, passing):
    await world.wechat.writes("查快递")
    await answers(world, "查到了。")()
    passing.after(1, answers(world, "八点到十八点。"))
    await world.wechat.writes("营业时间")

    assert world.screen == [STILL, "查到了。\n\n八点到十八点。"]


async def test_asking_to_go_on_while_the_answer_is_on_its_way_waits_for_it(world, passing):
    await world.wechat.writes("查快递")
    passing.after(2, answers(world, "查到了。"))
    await world.wechat.writes("继续")

    assert world.screen == [STILL, "查到了。"]


async def test_to_go_on_is_a_word_like_any_other_where_nothing_is_unsaid(world, passing):
    passing.after(1, answers(world, "继续什么？"))
    await world.wechat.writes("继续")

    assert world.screen == ["继续什么？"]


async def test_a_long_answer_comes_in_pieces_and_is_not_lost(world, passing):
    text = "".join(f"这是第{n}句，讲的是同一件事情。" for n in range(150))
    passing.after(1, answers(world, text))
    await world.wechat.writes("讲讲")
    while world.screen[-1].endswith(LATER):
        await world.wechat.writes("继续")

    assert len(world.screen) > 1
    assert "".join(part.removesuffix(LATER) for part in world.screen).replace("\n", "") == text
    assert all(len(part.encode()) <= 2048 for part in world.screen)


async def test_the_same_push_asked_again_is_answered_the_same(world, passing):
    passing.after(1, answers(world, "在的。"))
    whole = {
        "ToUserName": "gh_demo",
        "FromUserName": OPENID,
        "CreateTime": 1,
        "MsgType": "text",
        "Content": "在吗",
        "MsgId": 5,
    }
    first = await world.wechat.attempt(whole)
    again = await world.wechat.attempt(whole)

    assert world.wechat._passive(first.text) == world.wechat._passive(again.text) == "在的。"


async def test_another_process_may_have_the_answer(world, passing, database, clock):
    """The channel that lays it down and the callback that waits share nothing but the database."""
    from connectors.wechat.passive import PassiveChannel

    async def elsewhere():
        await PassiveChannel(database, clock, 2048).send(world.outgoing("从别的进程来。"), 0)

    passing.after(1, elsewhere)
    await world.wechat.writes("在吗")

    assert world.screen == ["从别的进程来。"]


async def test_laying_down_twice_is_saying_once(world, passing):
    outgoing = world.outgoing("在的。")

    async def twice():
        await world.channel.send(outgoing, 0)
        await world.channel.send(outgoing, 0)

    passing.after(1, twice)
    await world.wechat.writes("在吗")

    assert world.screen == ["在的。"]
    assert await world.channel.was_sent(outgoing, 0, since=world.clock()) is False


async def test_what_needs_no_answer_is_acknowledged_at_once(world, passing):
    await world.wechat.event(OPENID, "VIEW", EventKey="https://www.example.com")
    await world.wechat.unsubscribes()

    assert [pushed.text for pushed in world.wechat.pushes] == ["success", "success"]
    assert passing.waited == 0


async def test_who_subscribes_is_welcomed_in_the_reply(world, passing):
    async def welcome():
        await world.read()
        await world.send()

    passing.after(1, welcome)
    await world.wechat.subscribes()

    assert "智能客服" in world.screen[0]


async def test_a_number_typed_for_a_choice_is_understood(world, passing):
    passing.after(1, answers(world, Reply(text="请选择", buttons=choices("查快递", "转人工"))))
    await world.wechat.writes("你好")
    passing.after(1, answers(world, "好的"))
    await world.wechat.writes("2")

    assert (await world.heard())[-1].payload == "/intent_2"


async def test_two_messages_at_once_are_both_answered(world, passing):
    async def happen():
        await world.read()
        await world.answer("好的。")
        await world.send()

    passing.after(1, happen)
    passing.after(2, happen)
    await asyncio.gather(world.wechat.writes("一"), world.wechat.writes("二"))

    said = "\n\n".join(world.screen)
    assert said.count("好的。") == 2
    assert [SendState(row.state) for row in await world.owed()] == [SendState.sent] * 2


async def test_old_questions_and_answers_are_forgotten(world, passing, clock, database):
    passing.after(1, answers(world, "在的。"))
    await world.wechat.writes("在吗")
    clock.advance(timedelta(days=4))
    await world.jobs.periodically["wechat.forget"](clock())

    async with database.transaction() as session:
        assert (await session.scalars(select(WeChatCall))).all() == []
        assert (await session.scalars(select(WeChatUnsaid))).all() == []


def test_an_attempt_ends_before_the_platform_gives_it_up_and_hangs_until_it_has():
    patience = Patience()

    assert patience.wait_s + patience.look_every_s < 5 < patience.hang_s
