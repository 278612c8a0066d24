"""Sessions 0 to 4, mirrored to ours: the bot only in 0 and 1, people of WeCom otherwise."""

import asyncio
from datetime import timedelta

import pytest

from bot.conversations.model import Conversation, ConversationState
from bot.delivery.model import SendState
from bot.delivery.ports import ContentRefusedError, QuotaError
from connectors.wecom import sessions
from connectors.wecom.account import WeComState
from connectors.wecom.mirror import Mirror
from connectors.wecom.states import States
from tests.connectors.wecom.world import World
from tests.simulators.wecom import KFID, USER

TRANS, GET, SEND = "kf/service_state/trans", "kf/service_state/get", "kf/send_msg"


async def make_servicers(make_world, servicers: dict[str, int], **settings) -> World:
    world = await make_world(wecom_hand_over="servicers", **settings)
    world.wecom.accounts[KFID].servicers = servicers
    return world


async def handed_over(make_world) -> World:
    """Zhang has the customer."""
    world = await make_servicers(make_world, {"zhang": 0})
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    await world.mirror.look()
    return world


# -- the bot ----------------------------------------------------------------------------------------------


async def test_a_new_session_is_taken_once(world):
    await world.hear("你好")
    await world.hear("在吗")

    assert [body["service_state"] for body in world.called(TRANS)] == [1]
    assert len(world.called(GET)) == 1


async def test_a_session_the_platform_will_not_give_is_answered_all_the_same(world):
    world.wecom.rules.answers[TRANS] = ["-1"]
    await world.hear("你好")
    await world.say("您好")

    assert world.wecom.session().state == WeComState.new
    assert world.screen == ["您好"]


async def test_a_state_nobody_tells_costs_no_message(world):
    world.wecom.rules.answers[GET] = ["-1"]
    await world.hear("你好")
    await world.say("您好")

    assert world.screen == ["您好"]


async def test_after_48_hours_a_session_is_a_new_one(world, clock):
    await world.hear("你好")
    clock.advance(timedelta(hours=49))
    await world.hear("还在吗")
    await world.say("在的")

    assert [body["service_state"] for body in world.called(TRANS)] == [1, 1]
    assert world.screen[-1] == "在的"


async def test_the_bot_is_silent_where_people_have_the_session_already(world):
    """Taken in WeCom before we ever looked."""
    world.wecom.session().state = WeComState.human.value
    world.wecom.session().begun_at = world.clock()
    world.wecom.session().servicer = "zhang"
    await world.hear("你好")

    conversation = await world.conversation()
    assert (conversation.state, conversation.agent) == (ConversationState.agent, "wecom:zhang")
    assert await world.conversations.owed() == []
    assert world.woken == []


# -- handing over ------------------------------------------------------------------------------------------


async def test_by_default_people_are_at_our_own_desk(world):
    await world.hear("转人工")
    conversation_id = await world.hand_off()
    await world.mirror.look()
    await world.conversations.accept(conversation_id, "li", "小李")
    await world.conversations.say_as_agent(conversation_id, "li", "您好，我是小李", external_id="a1")
    await world.send()

    assert world.screen[-1] == "您好，我是小李"
    assert world.wecom.session().state == WeComState.bot


async def test_who_wants_a_person_is_given_to_one_who_serves(make_world):
    world = await make_servicers(make_world, {"off": 1, "zhang": 0})
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    await world.mirror.look()

    conversation = await world.conversation()
    assert (world.wecom.session().state, world.wecom.session().servicer) == (WeComState.human, "zhang")
    assert (conversation.state, conversation.agent) == (ConversationState.agent, "wecom:zhang")


async def test_who_is_offered_to_an_agent_of_ours_is_given_to_people_of_wecom(make_world, database):
    world = await make_servicers(make_world, {"zhang": 0})
    await world.hear("转人工")
    conversation_id = await world.hand_off()
    await world.send()
    async with database.transaction() as session:
        conversation = await session.get_one(Conversation, conversation_id)
        conversation.offer("li", until=world.clock() + timedelta(minutes=1), at=world.clock())
    await world.mirror.look()

    assert (await world.conversation()).agent == "wecom:zhang"


async def test_what_we_still_have_to_say_is_said_first(make_world):
    world = await make_servicers(make_world, {"zhang": 0})
    await world.hear("转人工")
    await world.hand_off()
    await world.mirror.look()
    assert world.wecom.session().state == WeComState.bot

    await world.send()
    await world.mirror.look()
    assert world.wecom.session().state == WeComState.human
    assert len(world.screen) == 1
    assert {row.state for row in await world.owed()} == {SendState.sent}


async def test_last_words_that_do_not_get_out_do_not_hold_up_a_hand_over_for_long(make_world, clock):
    world = await make_servicers(make_world, {"zhang": 0})
    await world.hear("转人工")
    await world.hand_off()
    clock.advance(timedelta(seconds=31))
    await world.mirror.look()

    assert world.wecom.session().state == WeComState.human


async def test_the_one_with_the_fewest_is_asked_first_and_the_next_if_refused(make_world):
    world = await make_servicers(make_world, {"zhang": 0, "wang": 0})
    for user in ("wm1", "wm2"):
        world.wecom.phone(user)
        await world.hear("转人工", user=user)
        await world.hand_off()
        await world.send()
        await world.mirror.look()
    assert {world.wecom.session(user).servicer for user in ("wm1", "wm2")} == {"zhang", "wang"}

    world.wecom.rules.answers[TRANS] = ["-1"]
    await world.hear("转人工")
    world.wecom.rules.answers[TRANS] = ["95014"]
    await world.hand_off()
    await world.send()
    await world.mirror.look()
    assert world.wecom.session().state == WeComState.human


async def test_only_those_named_in_the_settings_are_asked(make_world):
    world = await make_servicers(make_world, {"zhang": 0, "wang": 0}, wecom_servicers=["wang"])
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    await world.mirror.look()

    assert world.wecom.session().servicer == "wang"


@pytest.mark.parametrize("servicers", [{}, {"zhang": 1}])
async def test_without_anybody_who_serves_our_desk_does(make_world, servicers):
    world = await make_servicers(make_world, servicers)
    await world.hear("转人工")
    conversation_id = await world.hand_off()
    await world.send()
    await world.mirror.look()
    await world.mirror.look()

    assert (await world.conversation()).state == ConversationState.queued
    assert len(world.called("kf/servicer/list")) == 1
    await world.conversations.accept(conversation_id, "li", "小李")
    await world.conversations.say_as_agent(conversation_id, "li", "您好", external_id="a1")
    await world.send()
    assert world.screen[-1] == "您好"


async def test_the_pool_gives_a_customer_to_whoever_takes_one(make_world):
    world = await make_world(wecom_hand_over="pool")
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    await world.mirror.look()
    assert world.wecom.session().state == WeComState.pool
    assert (await world.conversation()).agent == "wecom:pool"

    await world.wecom.servicer_takes("zhang")
    await world.read(seconds=1)
    assert (await world.conversation()).agent == "wecom:zhang"
    assert (await world.session()).state == WeComState.human


async def test_a_hand_over_the_platform_refuses_stays_at_our_desk(make_world):
    world = await make_world(wecom_hand_over="pool")
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    world.wecom.rules.answers[TRANS] = ["48002"]
    await world.mirror.look()
    await world.mirror.look()

    assert (await world.conversation()).state == ConversationState.queued
    assert world.wecom.session().state == WeComState.bot


async def test_a_hand_over_while_the_platform_is_away_is_tried_again(make_world, monkeypatch):
    world = await make_world(wecom_hand_over="pool")
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    import httpx

    good = world.to_wecom._transport
    world.to_wecom._transport = httpx.MockTransport(lambda _: httpx.Response(502))
    await world.mirror.look()
    assert (await world.conversation()).state == ConversationState.queued

    world.to_wecom._transport = good
    await world.mirror.look()
    assert world.wecom.session().state == WeComState.pool


async def test_a_hand_over_cut_off_in_the_middle_is_found_out(make_world):
    """The platform had moved it when our process died."""
    world = await make_servicers(make_world, {"zhang": 0})
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    world.wecom.session().state = WeComState.pool.value
    world.wecom.accounts[KFID].servicers = {"zhang": 0}
    world.wecom.rules.answers[TRANS] = ["95016"]
    await world.mirror.look()

    conversation = await world.conversation()
    assert (conversation.state, conversation.agent) == (ConversationState.agent, "wecom:pool")


async def test_an_illegal_move_leaves_things_as_the_platform_has_them(make_world):
    world = await make_world(wecom_hand_over="pool")
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    world.wecom.session().state = WeComState.ended.value
    await world.mirror.look()

    assert (await world.conversation()).state == ConversationState.queued
    assert (await world.session()).state == WeComState.ended


# -- people have it ----------------------------------------------------------------------------------------


async def test_while_people_have_it_the_customer_is_heard_and_the_bot_silent(make_world):
    world = await handed_over(make_world)
    woken = len(world.woken)
    await world.hear("我的件丢了")

    assert (await world.heard())[-1].text == "我的件丢了"
    assert len(world.woken) == woken
    assert await world.conversations.owed() == []


async def test_what_people_say_in_wecom_is_in_the_transcript_and_not_sent_again(make_world):
    world = await handed_over(make_world)
    sent = len(world.called(SEND))
    await world.wecom.servicer_says("您好，我帮您查")
    await world.read(seconds=1)
    await world.connector.reader.read((await world.letters())[-1])
    await world.send()

    said = [each for each in await world.log() if each.author == "agent"]
    assert [each.text for each in said] == ["您好，我帮您查"]
    assert len(world.called(SEND)) == sent


async def test_what_the_bot_says_too_late_is_not_said(make_world):
    world = await handed_over(make_world)

    with pytest.raises(ContentRefusedError) as caught:
        await world.channel.send(world.outgoing("迟到的答复"), 0)
    assert (caught.value.code, "人工接待" in str(caught.value)) == ("95018", True)


async def test_one_more_thing_may_be_said_by_the_code_of_the_hand_over(make_world):
    world = await make_world(wecom_hand_over="pool")
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    await world.mirror.look()
    await world.channel.send(world.outgoing("已为您转接", author="system"), 0)

    assert world.screen[-1] == "已为您转接"
    with pytest.raises(ContentRefusedError):
        await world.channel.send(world.outgoing("再说一句", author="system"), 0)


@pytest.mark.parametrize(
    ("state", "good"), [(WeComState.pool, True), (WeComState.human, False), (WeComState.ended, False)]
)
async def test_a_code_is_good_only_in_the_state_it_was_given_for(make_world, state, good):
    world = await make_world(wecom_hand_over="pool")
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    await world.mirror.look()
    row = await world.session()
    sessions.became(row, state, at=world.clock())

    assert bool(sessions.usable_code(row, world.outgoing(author="system"), now=world.clock())) is good


async def test_a_notice_waits_or_goes_another_way_while_people_have_it(make_world):
    from bot.delivery.ports import Notice

    world = await handed_over(make_world)
    world.wecom._codes.clear()
    with pytest.raises(QuotaError):
        await world.channel.send(world.outgoing("已签收", notice=Notice("delivered", {})), 0)


async def test_an_end_gives_the_conversation_back_to_the_bot(make_world):
    world = await handed_over(make_world)
    await world.wecom.servicer_ends()
    await world.read(seconds=1)
    conversation = await world.conversation()
    assert (conversation.state, conversation.agent) == (ConversationState.bot, None)

    await world.hear("再查一票")
    await world.say("好的")
    assert world.screen[-1] == "好的"
    assert world.wecom.session().state == WeComState.bot


async def test_nothing_is_said_into_a_session_that_has_ended(make_world):
    world = await handed_over(make_world)
    await world.wecom.servicer_ends()
    await world.read(seconds=30)

    with pytest.raises(QuotaError):
        await world.channel.send(world.outgoing("还有一件事"), 0)


async def test_a_session_passed_on_is_with_the_other_one(make_world):
    world = await handed_over(make_world)
    await world.wecom.servicer_takes("wang", change=2)
    await world.read(seconds=1)

    assert (await world.conversation()).agent == "wecom:wang"


async def test_a_session_taken_in_wecom_silences_the_bot(world):
    await world.hear("你好")
    await world.wecom.servicer_takes("zhang")
    await world.read(seconds=1)

    assert (await world.conversation()).agent == "wecom:zhang"
    assert await world.conversations.owed() == []
    await world.hear("是人吗")
    assert await world.conversations.owed() == []


async def test_a_session_taken_from_under_an_agent_of_ours_is_theirs(world):
    await world.hear("转人工")
    conversation_id = await world.hand_off()
    await world.conversations.accept(conversation_id, "li", "小李")
    await world.wecom.servicer_takes("zhang")
    await world.read(seconds=1)

    assert (await world.conversation()).agent == "wecom:zhang"


async def test_older_news_changes_nothing(make_world):
    world = await handed_over(make_world)
    event = {"event_type": "session_status_change", "change_type": 3}
    inner = {"open_kfid": KFID, "external_userid": USER, **event}
    early = int((world.clock() - timedelta(minutes=1)).timestamp())
    await world.wecom._add(KFID, {"origin": 4, "msgtype": "event", "event": inner, "send_time": early})
    await world.read(seconds=1)

    assert (await world.conversation()).agent == "wecom:zhang"


async def test_an_end_nobody_told_of_is_found_out_with_the_next_message(make_world, clock):
    world = await handed_over(make_world)
    world.wecom.session().state = WeComState.ended.value
    clock.advance(timedelta(hours=2))
    await world.hear("还有人吗")

    assert (await world.conversation()).state == ConversationState.bot
    assert len(await world.conversations.owed()) == 1


async def test_an_end_nobody_told_of_is_found_out_after_two_days(make_world, clock):
    world = await handed_over(make_world)
    clock.advance(timedelta(hours=48, minutes=1))
    await world.mirror.look()

    assert (await world.conversation()).state == ConversationState.bot
    assert (await world.session()).state == WeComState.ended


# -- 95018 -------------------------------------------------------------------------------------------------


async def test_95018_where_people_have_it_is_noted_and_told(world):
    await world.hear("你好")
    world.wecom.session().state, world.wecom.session().servicer = WeComState.human.value, "zhang"
    await world.say("您好")

    [row] = await world.owed()
    assert (row.state, row.code) == (SendState.dead, "95018")
    assert (await world.conversation()).agent == "wecom:zhang"
    assert (await world.session()).used == 0


async def test_95018_after_the_end_waits_for_the_customer(world):
    await world.hear("你好")
    world.wecom.session().state = WeComState.ended.value
    await world.say("您好")
    assert [row.state for row in await world.owed()] == [SendState.held]

    await world.hear("在吗")
    await world.send()
    assert world.screen == ["您好"]


async def test_95018_that_was_only_a_moment_is_tried_again(world):
    await world.hear("你好")
    world.wecom.rules.answers[SEND] = ["95018"]
    await world.say("您好")
    assert world.screen == []

    await world.send(seconds=5)
    assert world.screen == ["您好"]


# -- ended here --------------------------------------------------------------------------------------------


async def test_a_conversation_that_has_ended_ends_its_session(world, database):
    await world.hear("你好")
    async with database.transaction() as session:
        row = await session.get_one(Conversation, (await world.conversation()).id)
        row.state, row.updated_at = ConversationState.ended.value, world.clock()
    await world.mirror.look()
    await world.mirror.look()

    assert world.wecom.session().state == WeComState.ended
    assert [body["service_state"] for body in world.called(TRANS)] == [1, 4]

    await world.hear("又有事")
    assert world.wecom.session().state == WeComState.bot
    assert (await world.conversation()).state == ConversationState.new


# -- running -----------------------------------------------------------------------------------------------


async def test_sessions_are_looked_at_from_the_start_and_whenever_something_happens(world, monkeypatch):
    looks: asyncio.Queue[None] = asyncio.Queue()

    async def look() -> None:
        looks.put_nowait(None)

    monkeypatch.setattr(world.mirror, "look", look)
    await world.mirror.start()
    async with asyncio.timeout(30):
        await looks.get()
        # The listener may not be there for the first announcement; its coming is a reason to look, too.
        await world.hear("你好")
        await looks.get()


async def test_two_processes_do_not_hand_over_the_same_customer_at_once(make_world, database):
    world = await make_servicers(make_world, {"zhang": 0})
    await world.hear("转人工")
    await world.hand_off()
    await world.send()
    states = States(world.api, database, world.clock)
    other = Mirror(world.account, world.api, states, database, world.clock)
    await asyncio.gather(world.mirror.look(), other.look())
    await other.stop()

    assert [body["service_state"] for body in world.called(TRANS)] == [1, 3]
