from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.delivery.channels import Channels
from bot.delivery.model import SendState, Trouble
from bot.delivery.ports import QuotaError, RecipientGoneError
from bot.delivery.words import BubbleState, state_of, why_not
from bot.errors import IllegalMoveError, NotFoundError, SetupError
from tests.fakes import RecordingChannel


@pytest.fixture
def report(world):
    async def report(state: str, platform_id: str = "pushed-1", **more) -> bool:
        return await world.service.reported("pushed", platform_id, state=state, at=world.clock(), **more)

    return report


async def test_what_the_platform_reports_is_kept(world, report):
    (number,) = await world.say("甲")
    await world.send()
    assert await report("delivered")
    assert (await world.row(number)).state == SendState.delivered
    assert await report("read")

    assert (await world.row(number)).state == SendState.read
    assert [change.state for change in world.changes] == ["sent", "delivered", "read"]


async def test_late_and_repeated_reports_do_no_harm(world, report):
    (number,) = await world.say("甲")
    await world.send()
    for state in ("read", "delivered", "read", "failed", "delivered"):
        await report(state)

    assert (await world.row(number)).state == SendState.read
    assert [change.state for change in world.changes] == ["sent", "read"]


async def test_a_message_of_several_parts_is_delivered_when_all_are(world, channel, report):
    channel.size = 1
    (number,) = await world.say("甲乙")
    await world.send()
    await report("read", "pushed-2")
    assert (await world.row(number)).state == SendState.sent
    await report("delivered", "pushed-1")

    assert (await world.row(number)).state == SendState.delivered


async def test_a_report_may_be_quicker_than_our_own_note(world, report):
    assert await report("delivered") is False
    (number,) = await world.say("甲")
    await world.send()

    assert (await world.row(number)).state == SendState.delivered


async def test_what_failed_after_all_is_a_dead_letter_with_a_reason(world, report):
    (number,) = await world.say("甲")
    await world.send()
    await report("failed", code="MK:0001")

    row = await world.row(number)
    assert (row.state, row.code, state_of(row)) == ("dead", "MK:0001", BubbleState.failed)
    assert why_not(row) == "平台回执显示发送失败"


async def test_what_failed_for_want_of_quota_waits_for_the_customer(world, channel, report):
    (number,) = await world.say("甲")
    await world.send()
    await report("failed", error=QuotaError("6"))
    assert (await world.row(number)).state == SendState.held
    await world.customer_writes()
    await world.send()

    assert channel.shown_to("u1") == ["甲", "甲"]
    assert (await world.row(number)).state == SendState.sent


async def test_an_arrival_after_a_failure_was_the_truth(world, report):
    (number,) = await world.say("甲")
    await world.send()
    await report("failed")
    await report("delivered")

    row = await world.row(number)
    assert (row.state, row.trouble) == ("delivered", None)


async def test_reports_of_strangers_are_forgotten_after_a_while(world, report):
    await report("delivered", "of-somebody-else")
    await world.service.forget(finished_before=world.clock(), reports_before=world.clock() + timedelta(days=1))
    await world.say("甲")
    await world.send()

    assert await world.states() == ["sent"]


@given(
    reports=st.lists(st.tuples(st.sampled_from(["delivered", "read", "failed"]), st.sampled_from([1, 2])), max_size=8)
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_order_of_reports_does_not_matter_for_what_arrived(world, channel, reports):
    channel.size, before = 1, len(channel.sent)
    (number,) = await world.say("甲乙", recipient=str(uuid4()))
    await world.send()
    for state, part in reports:
        await world.service.reported("pushed", f"pushed-{before + part}", state=state, at=world.clock())

    told = [{state for state, part in reports if part == each} for each in (1, 2)]
    state = (await world.row(number)).state
    if all("read" in each for each in told):
        assert state == "read"
    elif all(each & {"read", "delivered"} for each in told):
        assert state == "delivered"
    elif any(each == {"failed"} for each in told):
        assert state == "dead"


async def test_a_dead_letter_is_sent_again_from_the_part_that_failed(world, channel):
    channel.size, channel.errors = 1, [None, RecipientGoneError("unsubscribed")]
    (number,) = await world.say("甲乙丙")
    await world.send()
    assert (await world.row(number)).state == SendState.dead
    await world.service.resend(number)
    await world.send()

    assert channel.shown_to("u1") == ["甲", "乙", "丙"]
    assert (await world.row(number)).state == SendState.sent


async def test_what_was_sent_cannot_be_sent_again(world):
    (number,) = await world.say("甲")
    await world.send()
    with pytest.raises(IllegalMoveError):
        await world.service.resend(number)
    with pytest.raises(IllegalMoveError):
        await world.service.drop(number)
    with pytest.raises(NotFoundError):
        await world.service.drop(uuid4())


async def test_a_code_that_was_erased_cannot_be_sent_again(world, channel):
    channel.errors = [RecipientGoneError("no such number")]
    number = await world.notify("phone_code", code="123456")
    await world.send()

    with pytest.raises(IllegalMoveError):
        await world.service.resend(number)


async def test_what_is_dropped_lets_the_next_go_on(world, channel):
    channel.errors = [QuotaError("5 of 5")]
    first, _ = await world.say("甲", "乙")
    await world.send()
    await world.service.drop(first)
    await world.customer_writes()
    await world.send()

    assert channel.shown_to("u1") == ["乙"]
    assert world.changes[-1].state == SendState.sent
    assert (await world.row(first)).trouble == Trouble.by_hand


async def test_dead_letters_are_found_by_state_channel_and_conversation(world, channel):
    channel.errors = [RecipientGoneError("gone")]
    conversation = uuid4()
    dead, _ = await world.say("甲", "乙", conversation_id=None)
    (other,) = await world.say("丙", conversation_id=conversation, seq=1)
    await world.send()

    async def ids(**asked):
        return [row.id for row in await world.service.found(**asked)]

    assert await ids(state=SendState.dead) == [dead]
    assert await ids(conversation_id=conversation) == [other]
    assert await ids(channel="fax") == []
    newest = await world.service.found(limit=1)
    assert (await ids(before=newest[0].number))[-1] == dead


async def test_what_was_over_long_ago_is_forgotten_and_what_is_owed_is_not(world, channel):
    await world.say("甲", recipient="u1")
    await world.send()
    channel.errors = [QuotaError("5 of 5")]
    await world.say("乙", recipient="u2")
    await world.send()
    soon = world.clock() + timedelta(seconds=1)

    assert await world.service.forget(finished_before=soon, reports_before=soon) == 1
    assert await world.states() == ["held"]


def test_two_channels_of_one_name_are_refused():
    channels = Channels(RecordingChannel("a"))

    assert "a" in channels
    assert "a:shop" in channels
    assert "b" not in channels
    with pytest.raises(SetupError):
        channels.add(RecordingChannel("a"))
