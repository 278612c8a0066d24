import asyncio
from datetime import timedelta

import pytest

from bot.delivery.model import SendState, Trouble
from bot.delivery.ports import (
    ContentRefusedError,
    MisconfiguredError,
    QuotaError,
    RecipientGoneError,
    Sent,
    TryAgainError,
)
from bot.delivery.sending import Sending


async def test_what_is_said_to_one_recipient_arrives_in_order(world, channel):
    await world.say(*"一二三四五")
    await world.send()

    assert channel.shown_to("u1") == list("一二三四五")
    assert set(await world.states()) == {"sent"}


async def test_the_same_outgoing_enqueued_twice_is_sent_once(world, channel):
    outgoing = world.outgoing()
    for _ in range(2):
        async with world.database.transaction() as session:
            await world.service.enqueue(session, outgoing)
    await world.send()

    assert channel.shown_to("u1") == ["您好"]


async def test_what_is_rolled_back_is_not_sent(world, channel):
    async def enqueue_and_fail() -> None:
        async with world.database.transaction() as session:
            await world.service.enqueue(session, world.outgoing())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await enqueue_and_fail()
    await world.send()

    assert channel.seen == []


async def test_a_long_text_goes_in_parts_each_noted_before_and_after(world, channel):
    channel.size = 2
    (number,) = await world.say("甲乙丙丁戊")
    await world.send()

    row = await world.row(number)
    assert channel.shown_to("u1") == ["甲乙", "丙丁", "戊"]
    assert (row.state, row.parts, row.parts_sent) == ("sent", 3, 3)


async def test_one_recipient_in_trouble_does_not_hold_up_another(world, channel):
    channel.errors = [TryAgainError("busy")]
    await world.say("甲", recipient="u1")
    await world.send()
    await world.say("乙", recipient="u2")
    await world.send()

    assert channel.seen == [("u2", "乙")]


async def test_a_busy_platform_is_tried_again_later_and_later_and_what_follows_waits(world, channel):
    channel.errors = [TryAgainError("busy", code="-1")] * 3
    await world.say("甲", "乙")
    await world.send()
    await world.send()
    assert len(channel.errors) == 2, "not again at once"

    await world.send_after(seconds=3)
    await world.send_after(seconds=3)
    assert len(channel.errors) == 1, "the second wait is longer"
    await world.send_after(seconds=60)
    await world.send_after(seconds=60)

    assert channel.shown_to("u1") == ["甲", "乙"]


async def test_the_platform_may_say_how_long_to_wait(world, channel):
    channel.errors = [TryAgainError("busy", after=timedelta(minutes=7))]
    await world.say("甲")
    await world.send()
    await world.send_after(minutes=6)
    assert channel.seen == []
    await world.send_after(minutes=2)

    assert channel.shown_to("u1") == ["甲"]


async def test_what_fails_for_a_day_is_a_dead_letter(world, channel):
    channel.errors = [TryAgainError("busy")] * 1000
    (number,) = await world.say("甲")
    for _ in range(26 * 6):
        await world.send_after(minutes=10)

    assert (await world.row(number)).state == SendState.dead
    assert world.changes[-1].trouble == Trouble.busy


@pytest.mark.parametrize(
    ("error", "trouble"), [(RecipientGoneError("bye"), Trouble.gone), (ContentRefusedError("no"), Trouble.refused)]
)
async def test_what_can_never_arrive_is_dead_at_once_and_the_next_goes_on(world, channel, error, trouble):
    channel.errors = [error]
    first, _ = await world.say("甲", "乙")
    await world.send()

    assert channel.shown_to("u1") == ["乙"]
    assert (await world.row(first)).trouble == trouble
    assert await world.states() == ["dead", "sent"]


async def test_a_misconfigured_account_is_tried_slowly_and_dead_after_a_day(world, channel, caplog):
    channel.errors = [MisconfiguredError("bad secret", code="40125")] * 1000
    (number,) = await world.say("甲")
    await world.send()
    await world.send_after(seconds=30)
    assert len(channel.errors) == 999
    assert "misconfigured (code 40125)" in caplog.text

    for _ in range(52):
        await world.send_after(minutes=30)

    assert 900 < len(channel.errors) < 960
    assert (await world.row(number)).state == SendState.dead


async def test_a_channel_that_fails_without_a_name_is_tried_a_few_times(world, channel):
    channel.errors = [KeyError("errcode")] * 100
    (number,) = await world.say("甲")
    for _ in range(20):
        await world.send_after(hours=1)

    assert 90 < len(channel.errors) < 97
    assert (await world.row(number)).trouble == Trouble.broken


async def test_what_is_out_of_quota_waits_until_the_customer_writes_again(world, channel):
    channel.errors = [QuotaError("5 of 5")]
    await world.say("甲", "乙")
    await world.send()
    await world.say("丙")
    await world.send_after(days=3)
    assert (channel.seen, await world.states()) == ([], ["held"] * 3)

    await world.customer_writes()
    await world.send()

    assert channel.shown_to("u1") == ["甲", "乙", "丙"]


async def test_a_customer_who_writes_while_we_are_refused_is_not_kept_waiting(world, channel):
    async def send(outgoing, part):
        if not channel.seen:
            channel.seen.append(("", ""))
            await world.customer_writes(at=world.clock() + timedelta(milliseconds=1))
            raise QuotaError("window closed")
        channel.seen.append((outgoing.recipient, outgoing.text))
        return Sent()

    channel.send = send
    await world.say("甲")
    await world.send()
    await world.send_after(seconds=3)

    assert channel.shown_to("u1") == ["甲"]


async def test_a_notice_is_not_held_up_by_what_waits_for_the_customer(world, channel):
    channel.errors = [QuotaError("5 of 5")]
    await world.say("甲")
    await world.send()
    await world.notify()
    await world.send()

    assert channel.shown_to("u1") == ["通知：delivered"]


async def test_a_notice_falls_to_another_way_where_there_is_one(world, channel):
    class ByPigeon:
        async def fall_back(self, session, outgoing, error):
            await world.service.enqueue(session, world.outgoing("鸽", "u2"))
            return isinstance(error, QuotaError)

    world.service.fallback = ByPigeon()
    channel.errors = [QuotaError("window closed")]
    number = await world.notify()
    await world.send()

    assert channel.seen == [("u2", "鸽")]
    assert ((await world.row(number)).state, world.changes[0].trouble) == ("dropped", Trouble.elsewhere)


async def test_a_code_overtakes_everything_and_is_erased_once_sent(world, channel):
    channel.errors = [TryAgainError("busy")]
    await world.say("甲")
    await world.send()
    number = await world.notify("phone_code", code="123456")
    await world.send()

    row = await world.row(number)
    assert channel.sent[0][0].notice.values == {"code": "123456"}
    assert (row.state, row.notice_values, row.text) == ("sent", None, "")


async def test_what_has_expired_is_not_sent(world, channel):
    channel.errors = [TryAgainError("busy", after=timedelta(hours=1))]
    await world.say("甲", "派送中", expires_at=world.clock() + timedelta(minutes=30))
    await world.send()
    await world.send_after(hours=2)

    assert channel.seen == []
    assert await world.states() == ["dropped", "dropped"]


async def test_what_a_dead_process_left_half_done_is_asked_about_and_not_sent_twice(world, channel):
    channel.size = 1
    (number,) = await world.say("甲乙")
    await died_after_sending(world, channel)
    await world.send_after(minutes=1)

    assert channel.shown_to("u1") == ["甲", "乙"]
    assert [(part, since) for _, part, since in channel.asked] == [(0, world.clock() - timedelta(minutes=1))]
    assert (await world.row(number)).state == SendState.sent


@pytest.mark.parametrize("remembers", [True, False])
async def test_what_a_dead_process_did_not_send_is_sent(world, channel, remembers):
    channel.remembers = remembers
    await world.say("甲")
    await died_before_sending(world)
    await world.send()

    assert channel.shown_to("u1") == ["甲"]


async def test_where_only_the_answer_was_lost_the_platform_is_asked_first(world, channel):
    real = channel.send

    async def send(outgoing, part):
        await real(outgoing, part)
        channel.send = real
        raise TryAgainError("read time-out", may_have_arrived=True)

    channel.send = send
    await world.say("甲")
    await world.send()
    await world.send_after(seconds=5)

    assert channel.shown_to("u1") == ["甲"]
    assert await world.states() == ["sent"]


async def test_a_platform_that_thinks_for_ever_is_asked_later(world, channel):
    real = channel.send

    async def send(outgoing, part):
        await real(outgoing, part)
        await asyncio.Event().wait()

    channel.send = send
    await world.say("甲")
    await world.send()
    await world.send_after(seconds=5)

    assert channel.shown_to("u1") == ["甲"]
    assert await world.states() == ["sent"]


async def test_a_channel_serves_its_accounts(world, channel):
    await world.say("甲", channel="pushed:shop")
    await world.send()

    assert channel.shown_to("u1") == ["甲"]


async def test_what_is_for_a_channel_that_is_gone_waits_for_it(world, channel):
    await world.say("甲", channel="fax")
    await world.send()

    assert await world.states() == ["waiting"]


async def test_workers_beside_each_other_send_everything_once_in_order(world, channel):
    texts = [str(n) for n in range(20)]
    for recipient in ("u1", "u2", "u3"):
        await world.say(*texts, recipient=recipient)
    others = [Sending(world.service) for _ in range(3)]
    await asyncio.gather(*(each.run_due() for each in (world.sending, *others)))
    await world.send()

    assert [channel.shown_to(each) for each in ("u1", "u2", "u3")] == [texts] * 3
    await asyncio.gather(*(each.stop() for each in others))


async def test_a_running_loop_hears_of_what_is_enqueued_anywhere(world, channel):
    other = Sending(world.service, sweep_s=60)
    await other.start()
    await asyncio.sleep(0.05)
    await world.say("甲")
    async with asyncio.timeout(30):
        while not channel.seen:
            await asyncio.sleep(0.01)
    await other.stop()

    assert await world.states() == ["sent"]


async def died_after_sending(world, channel) -> None:
    """The part is at the platform and nothing notes it."""
    attempt = await _begun(world)
    await channel.send(attempt.outgoing, attempt.part)


async def died_before_sending(world) -> None:
    await _begun(world)


async def _begun(world):
    from bot.delivery.attempts import Ledger, Patience
    from bot.lanes import Lane

    return await Ledger(world.service, Patience()).advance(Lane("pushed", "u1"))
