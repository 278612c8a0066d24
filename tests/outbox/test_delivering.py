import asyncio
import hashlib
import hmac
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.jobs import RunAgain
from bot.outbox.delivering import AT_ONCE
from bot.outbox.model import WAITS, DeliveryState, OutgoingEvent
from tests.outbox.builders import URL, bodies, hurry, subscribe, tell

ALL_ATTEMPTS = len(WAITS) + 1


async def only(webhooks):
    (told,) = await webhooks.deliveries()
    return told.delivery


async def relay_all(database, relay):
    async with database.transaction() as session:
        ids = list(await session.scalars(select(OutgoingEvent.id)))
    for event_id in ids:
        await relay.relay(str(event_id))


async def try_on(database, jobs, clock, times):
    """So many further attempts, each when the one before wanted it."""
    for wait in WAITS[:times]:
        clock.advance(wait)
        await hurry(database)
        await jobs.run_due()


async def test_an_event_is_delivered_with_everything_a_receiver_needs(database, clock, jobs, webhooks, sender):
    subscription = await subscribe(webhooks, "ticket.*")
    await tell(database, clock(), category="trace")
    await jobs.run_due()

    delivery = await only(webhooks)
    (sent,) = sender.sent
    (body,) = bodies(sender)
    assert (sent.url, sent.headers["X-Kuaida-Event"]) == (URL, "ticket.opened")
    assert sent.headers["X-Kuaida-Delivery"] == str(delivery.id)
    assert body == {
        "id": str(delivery.event_id),
        "kind": "ticket.opened",
        "subject": "GD1",
        "at": clock().isoformat(),
        "data": {"ticket_no": "GD1", "category": "trace"},
    }
    moment = int(clock().timestamp())
    digest = hmac.new(subscription.secret.encode(), b"%d." % moment + sent.body, hashlib.sha256).hexdigest()
    assert sent.headers["X-Kuaida-Signature"] == f"t={moment},v1={digest}"
    assert (delivery.state, delivery.attempts, delivery.last_status, delivery.next_at) == ("delivered", 1, 200, None)


@pytest.mark.parametrize("answer", [None, 301, 404, 500, 199])
async def test_whatever_is_not_2xx_is_tried_again_in_half_a_minute(database, clock, jobs, webhooks, sender, answer):
    sender.answers = [answer]
    await subscribe(webhooks)
    await tell(database, clock())
    await jobs.run_due()
    waiting = await only(webhooks)
    await try_on(database, jobs, clock, 1)

    assert (waiting.state, waiting.last_status) == ("waiting", answer)
    assert waiting.next_at == clock() - WAITS[0] + timedelta(seconds=30)
    assert (await only(webhooks)).state == "delivered"
    assert len(sender.sent) == 2


async def test_every_attempt_brings_the_same_event_with_a_fresh_signature(database, clock, jobs, webhooks, sender):
    sender.answers = [500]
    await subscribe(webhooks)
    await tell(database, clock())
    await jobs.run_due()
    await try_on(database, jobs, clock, 1)

    first, second = sender.sent
    assert first.body == second.body
    assert first.headers["X-Kuaida-Delivery"] == second.headers["X-Kuaida-Delivery"]
    assert first.headers["X-Kuaida-Signature"] != second.headers["X-Kuaida-Signature"]


async def test_waits_grow_to_a_day_and_then_the_delivery_is_dead(database, clock, jobs, webhooks, sender):
    sender.answers = [500] * ALL_ATTEMPTS
    await subscribe(webhooks)
    await tell(database, clock())
    await jobs.run_due()
    seen = [await only(webhooks)]
    for wait in WAITS:
        clock.advance(wait)
        await hurry(database)
        await jobs.run_due()
        seen.append(await only(webhooks))

    waits = [delivery.next_at - delivery.last_at for delivery in seen[:-1]]
    assert [wait.total_seconds() for wait in waits] == [30, 120, 600, 3600, 21600, 86400]
    assert (seen[-1].state, seen[-1].attempts, seen[-1].next_at) == ("dead", ALL_ATTEMPTS, None)


async def test_events_of_one_subject_stay_in_order_and_others_do_not_wait(database, clock, jobs, webhooks, sender):
    sender.answers = [500]
    await subscribe(webhooks)
    for subject, category in (("GD1", "a"), ("GD1", "b"), ("GD2", "c")):
        await tell(database, clock(), subject=subject, category=category)
    await jobs.run_due()
    before = [body["data"]["category"] for body in bodies(sender)]
    await try_on(database, jobs, clock, 1)

    assert before == ["a", "c"]
    assert [body["data"]["category"] for body in bodies(sender)] == ["a", "c", "a", "b"]


async def test_a_dead_delivery_lets_the_next_of_its_subject_go(database, clock, jobs, webhooks, sender):
    sender.answers = [500] * ALL_ATTEMPTS
    await subscribe(webhooks)
    await tell(database, clock(), category="a")
    await tell(database, clock(), category="b")
    await jobs.run_due()
    await try_on(database, jobs, clock, len(WAITS))

    assert [body["data"]["category"] for body in bodies(sender)] == ["a"] * ALL_ATTEMPTS + ["b"]
    assert sorted(told.delivery.state for told in await webhooks.deliveries()) == ["dead", "delivered"]


async def test_one_subscription_does_not_wait_for_another(database, clock, jobs, webhooks, sender):
    sender.answers = [500, 200]
    await subscribe(webhooks, url="https://slow.example.com/")
    await subscribe(webhooks, url="https://quick.example.com/")
    await tell(database, clock())
    await jobs.run_due()

    assert {sent.url for sent in sender.sent} == {"https://slow.example.com/", "https://quick.example.com/"}
    assert sorted(told.delivery.state for told in await webhooks.deliveries()) == ["delivered", "waiting"]


async def test_410_ends_the_subscription(database, clock, jobs, webhooks, sender):
    sender.answers = [410]
    await subscribe(webhooks)
    await tell(database, clock(), category="a")
    await tell(database, clock(), category="b")
    await jobs.run_due()
    await tell(database, clock(), category="c")
    await jobs.run_due()

    (subscription,) = await webhooks.subscriptions()
    assert (subscription.is_active, subscription.deactivated_by) == (False, "system")
    assert len(sender.sent) == 1
    assert [told.delivery.state for told in await webhooks.deliveries()] == ["dead", "dead"]


async def test_what_waits_for_a_deactivated_subscription_dies(database, clock, jobs, webhooks, sender):
    sender.answers = [500]
    subscription = await subscribe(webhooks)
    await tell(database, clock())
    await jobs.run_due()
    await webhooks.deactivate(subscription.id, "换系统了", by="admin")
    await try_on(database, jobs, clock, 1)

    delivery = await only(webhooks)
    assert (delivery.state, delivery.last_error, len(sender.sent)) == ("dead", "订阅已停用", 1)


async def test_a_process_killed_after_the_post_repeats_it_with_the_same_ids(database, clock, jobs, outbox, sender):
    """The receiver tells repetitions by the id of the event."""
    await subscribe(outbox.webhooks)
    await tell(database, clock())
    noted = outbox.deliverer._record

    async def killed(*_):
        raise KeyboardInterrupt

    outbox.deliverer._record = killed
    await relay_all(database, outbox.relay)
    delivery = await only(outbox.webhooks)
    with pytest.raises(KeyboardInterrupt):
        await outbox.deliverer.deliver(str(delivery.id))
    outbox.deliverer._record = noted
    await outbox.deliverer.deliver(str(delivery.id))
    await outbox.deliverer.deliver(str(delivery.id))

    first, second = sender.sent
    assert first.body == second.body
    assert first.headers["X-Kuaida-Delivery"] == second.headers["X-Kuaida-Delivery"]


async def test_a_slow_receiver_is_called_a_few_times_at_once_and_the_rest_is_put_off(database, clock, outbox, sender):
    await subscribe(outbox.webhooks)
    for n in range(AT_ONCE + 1):
        await tell(database, clock(), subject=f"GD{n}")
    await relay_all(database, outbox.relay)
    answered = asyncio.Event()
    post = sender.post

    async def slow(*args):
        await answered.wait()
        return await post(*args)

    sender.post = slow
    ids = [str(told.delivery.id) for told in await outbox.webhooks.deliveries()]
    open_calls = [asyncio.create_task(outbox.deliverer.deliver(each)) for each in ids[:AT_ONCE]]
    while outbox.deliverer._open.total() < AT_ONCE:
        await asyncio.sleep(0)
    with pytest.raises(RunAgain) as again:
        await outbox.deliverer.deliver(ids[-1])
    answered.set()
    await asyncio.gather(*open_calls)
    await outbox.deliverer.deliver(ids[-1])

    assert again.value.at > clock()
    assert {told.delivery.state for told in await outbox.webhooks.deliveries()} == {DeliveryState.delivered}
