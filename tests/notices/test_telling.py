from datetime import time, timedelta

import pytest

from bot.conversations.model import HandOffReason
from bot.customers import reach
from bot.delivery.model import SendState
from bot.delivery.ports import ContentRefusedError, QuotaError, RecipientGoneError
from bot.notices.catalogue import catalogue
from bot.notices.quiet import QuietHours
from tests.builders import NOW
from tests.notices.conftest import NUMBER

OTHER = "YD2026000000022"
THIRD = "YD2026000000033"


async def refuse(world, outgoing, error):
    async with world.database.transaction() as session:
        return await world.teller.fall_back(session, outgoing, error)


@pytest.fixture
async def both(world, agreed):
    """The customer has a proven phone as well, and agreed to SMS."""
    await world.verified(agreed.customer_id)
    await world.agrees(agreed.customer_id, "sms")
    return agreed


# -- when ------------------------------------------------------------------------------------------


async def test_at_night_what_is_not_urgent_waits_for_the_morning(world, agreed):
    world.clock.now = NOW.replace(hour=14, minute=30)  # half past ten in the evening in China
    await world.scan("at_station")
    assert await world.told() == []

    world.clock.now = NOW.replace(day=5, hour=0)
    assert await world.lines() == [("wechat", "station")]


async def test_what_is_only_worth_telling_today_is_not_told_tomorrow(world, agreed):
    world.clock.now = NOW.replace(hour=14, minute=30)
    await world.scan("out_for_delivery", at=world.clock() - timedelta(hours=5))

    world.clock.now = NOW.replace(day=5, hour=0)
    assert await world.told() == []
    assert await world.ends() == [("out_for_delivery", "dropped", "expired")]


@pytest.mark.parametrize(
    ("begin", "end", "at", "until"),
    [
        (time(22), time(8), "2026-03-04T21:59:00+08:00", None),
        (time(22), time(8), "2026-03-04T22:00:00+08:00", "2026-03-05T08:00:00+08:00"),
        (time(22), time(8), "2026-03-05T07:59:00+08:00", "2026-03-05T08:00:00+08:00"),
        (time(22), time(8), "2026-03-05T08:00:00+08:00", None),
        (time(12), time(14), "2026-03-05T13:00:00+08:00", "2026-03-05T14:00:00+08:00"),
        (time(8), time(8), "2026-03-05T08:00:00+08:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_wall_clock_in_china(begin, end, at, until):
    from datetime import datetime, timezone

    moment = datetime.fromisoformat(at).astimezone(timezone.utc)

    assert QuietHours(begin, end).until(moment) == (datetime.fromisoformat(until) if until else None)


async def test_five_things_in_a_minute_are_one_message(world, agreed):
    for number in (OTHER, THIRD):
        await world.waybill(number)
        await world.agrees(agreed.customer_id, subject=number)
    await world.scan("out_for_delivery")
    await world.scan("at_station", OTHER)
    await world.scan("delivered", THIRD)

    (told,) = await world.told()

    assert told.notice.kind == "station"
    assert [NUMBER in told.text, OTHER in told.text, THIRD in told.text] == [True] * 3
    assert told.text.index(OTHER) < told.text.index(NUMBER) < told.text.index(THIRD)


async def test_what_comes_within_the_minute_waits_for_the_next(world, agreed):
    await world.waybill(OTHER)
    await world.agrees(agreed.customer_id, subject=OTHER)
    await world.scan("out_for_delivery")
    await world.told()
    world.clock.advance(timedelta(seconds=30))
    await world.scan("delivered", OTHER)

    assert len(await world.told()) == 1
    world.clock.advance(timedelta(seconds=30))
    assert len(await world.told()) == 2


async def test_a_channel_that_takes_templates_only_gets_them_a_minute_apart(world, agreed):
    await world.waybill(OTHER)
    await world.agrees(agreed.customer_id, subject=OTHER)
    world.clock.advance(timedelta(hours=49))
    await world.scan("out_for_delivery")
    await world.scan("out_for_delivery", OTHER)

    first = await world.told()
    world.clock.advance(timedelta(minutes=1))
    second = await world.told()

    assert (len(first), len(second)) == (1, 2)
    assert {told.notice.values["waybill_no"] for told in second} == {NUMBER, OTHER}


# -- to whom and where -----------------------------------------------------------------------------


async def test_the_channel_of_the_last_contact_comes_before_sms(world, both):
    await world.scan("delivered")

    assert await world.lines() == [("wechat", "delivered")]


async def test_the_preferred_channel_wins(world, both):
    async with world.database.transaction() as session:
        await reach.prefer(session, both.customer_id, "sms", at=world.clock())
    await world.scan("delivered")

    assert await world.lines() == [("sms", "delivered")]


async def test_a_channel_the_customer_did_not_agree_to_is_not_used(world, agreed):
    await world.verified(agreed.customer_id)
    async with world.database.transaction() as session:
        await reach.close_door(session, "wechat", "openid-1", "unsubscribed", at=world.clock())
    await world.scan("delivered")

    assert await world.told() == []
    assert await world.ends() == [("delivered", "dropped", "no_way")]


async def test_who_unsubscribed_there_is_told_by_sms(world, both):
    async with world.database.transaction() as session:
        await reach.close_door(session, "wechat", "openid-1", "unsubscribed", at=world.clock() + timedelta(seconds=1))
    await world.scan("delivered")

    assert await world.lines() == [("sms", "delivered")]


async def test_a_kind_that_is_declined_is_told_no_more_and_the_others_are(world, agreed):
    await world.scan("out_for_delivery")
    await world.declines(agreed.customer_id, "out_for_delivery")
    assert await world.told() == []
    assert await world.ends() == [("out_for_delivery", "dropped", "declined")]

    world.clock.advance(timedelta(hours=1))
    await world.scan("delivered")
    assert await world.lines() == [("wechat", "delivered")]


async def test_a_declined_channel_leaves_the_others(world, both):
    await world.declines(both.customer_id, channels=("wechat",))
    await world.scan("delivered")

    assert await world.lines() == [("sms", "delivered")]


async def test_agreeing_again_counts_after_declining(world, agreed):
    await world.declines(agreed.customer_id)
    world.clock.advance(timedelta(minutes=1))
    await world.agrees(agreed.customer_id)
    await world.scan("delivered")

    assert await world.lines() == [("wechat", "delivered")]


async def test_what_was_agreed_is_kept_with_when_and_how(world, agreed):
    rows = (await world.notices.consents(agreed.customer_id)).rows

    assert {row.kind for row in rows} == set(catalogue().about("waybill"))
    assert {(row.channel, row.how, row.agreed, row.at) for row in rows} == {("wechat", "button", True, world.clock())}


# -- a person has the conversation -----------------------------------------------------------------


async def with_person(world, view):
    await world.conversations.hand_off(view.id, HandOffReason.asked, intent=None, summary="", seq=view.last_seq)


async def test_while_a_person_has_the_conversation_notices_wait(world, agreed):
    await with_person(world, agreed)
    await world.scan("delivered")
    assert await world.told() == []

    await world.conversations.leave_queue(agreed.id)
    world.clock.advance(timedelta(minutes=5))
    assert await world.lines() == [("wechat", "delivered")]


async def test_while_a_person_has_the_conversation_notices_go_another_way(world, both):
    await with_person(world, both)
    await world.scan("delivered")

    assert await world.lines() == [("sms", "delivered")]


# -- the page --------------------------------------------------------------------------------------


async def test_on_the_page_it_is_said_in_the_conversation(world):
    await world.waybill()
    view = await world.writes("web", "visitor-1")
    await world.agrees(view.customer_id, "web")
    await world.scan("delivered")

    assert await world.told() == []
    said = await world.conversations.messages_after(view.id, 0)
    assert NUMBER in said[-1].text
    assert said[-1].author == "bot"


async def test_who_left_the_page_is_told_by_sms(world):
    await world.waybill()
    view = await world.writes("web", "visitor-1")
    await world.verified(view.customer_id)
    await world.agrees(view.customer_id, "web", "sms")
    world.clock.advance(timedelta(hours=1))
    await world.scan("delivered")

    assert await world.lines() == [("sms", "delivered")]


async def test_on_the_page_nothing_is_said_while_a_person_has_the_conversation(world):
    await world.waybill()
    view = await world.writes("web", "visitor-1")
    await world.agrees(view.customer_id, "web")
    await with_person(world, view)
    await world.scan("delivered")
    before = await world.conversations.view(view.id)
    await world.told()

    assert (await world.conversations.view(view.id)).last_seq == before.last_seq


# -- another way -----------------------------------------------------------------------------------


async def test_what_a_channel_refuses_goes_the_next_way_at_once(world, both):
    await world.scan("delivered")
    (first,) = await world.told()

    assert await refuse(world, first, QuotaError("window closed"))

    assert await world.lines() == [("wechat", "delivered"), ("sms", "delivered")]
    (row,) = await world.notices.found()
    assert (row.channel, row.tried, row.state) == ("sms", ["wechat"], "told")


async def test_without_another_way_it_is_left_to_its_channel(world, agreed):
    await world.scan("delivered")
    (first,) = await world.told()

    assert not await refuse(world, first, QuotaError("window closed"))

    (row,) = await world.notices.found()
    assert (row.channel, row.state) == ("wechat", "told")


async def test_a_recipient_who_is_gone_is_not_written_to_again(world, both):
    await world.scan("out_for_delivery")
    (first,) = await world.told()
    world.clock.advance(timedelta(minutes=2))
    assert await refuse(world, first, RecipientGoneError("unsubscribed"))
    world.clock.advance(timedelta(minutes=2))
    await world.scan("delivered")

    assert [channel for channel, _ in await world.lines()] == ["wechat", "sms", "sms"]


async def test_no_way_is_tried_twice(world, both):
    await world.scan("delivered")
    (first,) = await world.told()
    await refuse(world, first, ContentRefusedError("no template"))
    second = (await world.told())[-1]

    assert not await refuse(world, second, RecipientGoneError("opted out"))
    assert await world.ends() == [("delivered", "dropped", "refused")]


async def test_what_is_no_notice_of_ours_is_left_alone(world, agreed):
    await world.scan("delivered")
    (first,) = await world.told()
    from dataclasses import replace
    from uuid import uuid4

    assert not await refuse(world, replace(first, id=uuid4()), QuotaError("x"))


async def test_the_delivery_itself_finds_the_other_way(world, both):
    """Through the sending loop, with a channel that refuses."""
    from bot.delivery.sending import Sending

    world.deliveries.channels.of("wechat").errors = [QuotaError("45015")]
    await world.scan("delivered")
    await world.told()
    sending = Sending(world.deliveries)
    await sending.start()
    for _ in range(300):
        if world.deliveries.channels.of("sms").sent:
            break
        await _a_moment()
    await sending.stop()

    ((outgoing, _),) = world.deliveries.channels.of("sms").sent
    assert outgoing.recipient == "+8613900001234"
    states = {row.channel: row.state for row in await world.deliveries.found() if row.notice_kind}
    assert states["wechat"] == SendState.dropped


async def test_a_notice_that_could_not_be_told_does_not_keep_others_from_theirs(world, agreed, monkeypatch):
    other = await world.writes("wechat", "openid-2")
    await world.agrees(other.customer_id)
    await world.scan("delivered")
    tell = world.teller._say
    failed = []

    async def say(session, way, together, now):
        if not failed:
            failed.append(way.address)
            raise RuntimeError("database away")
        await tell(session, way, together, now)

    monkeypatch.setattr(world.teller, "_say", say)
    assert len(await world.told()) == 1
    assert len(await world.told()) == 2


async def test_after_a_merge_both_hear_of_it_once(world, agreed):
    other = await world.writes("wechat", "openid-2")
    await world.agrees(other.customer_id)
    await world.scan("delivered")
    await world.verified(agreed.customer_id)
    await world.verified(other.customer_id)

    assert await world.lines() == [("wechat", "delivered")]


async def test_nothing_is_agreed_to_that_there_is_not(world, agreed):
    from bot.errors import NotFoundError

    with pytest.raises(NotFoundError):
        await world.agrees(agreed.customer_id, kinds=("weather",))


async def _a_moment():
    import asyncio

    await asyncio.sleep(0.02)
