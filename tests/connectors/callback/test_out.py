"""The way out: signed, in order, again where it failed, and what else accounts are told."""

from datetime import timedelta

import pytest

from bot.channels import Attachment, MessageKind
from bot.conversations.events import Event
from bot.conversations.model import HandOffReason
from bot.conversations.receipts import ReadReceipts
from bot.delivery.model import SendState
from bot.outbox.signing import sign
from tests.connectors.callback.test_in import conversation_of


async def states(shop):
    return [row.state for row in reversed(await shop.deliveries.found(channel="callback:shop"))]


async def test_every_call_is_signed_over_its_bytes(shop):
    await shop.say("在吗")
    await shop.run()
    _, event, headers, body = shop.app.calls[0]
    assert headers["X-Kuaida-Signature"] == sign(shop.keys.account.secret, body, at=shop.clock())
    assert (headers["X-Kuaida-Event"], headers["X-Kuaida-Delivery"]) == ("message", event["id"])


async def test_an_app_that_is_away_gets_everything_later_in_order_and_once(shop):
    shop.app.answers = [None, 500, 503]
    for number in range(3):
        await shop.say(f"第 {number} 句", ref=f"m{number}")
        await shop.run()
    for _ in range(6):
        shop.clock.advance(timedelta(minutes=10))
        await shop.run()

    taken = [(event["id"], event["message"]["text"]) for event in shop.app.events()]
    texts = list(dict.fromkeys(taken))
    assert [text for _, text in texts] == [f"第 {number} 句" for number in range(3)]
    assert await states(shop) == ["sent"] * 3


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (410, "dead"),
        (400, "dead"),
        (422, "dead"),
        (401, "waiting"),
        (404, "waiting"),
        (429, "waiting"),
        (302, "waiting"),
    ],
)
async def test_what_an_answer_means(shop, status, state):
    shop.app.answers = [status]
    await shop.say("在吗")
    await shop.run()
    assert await states(shop) == [state]


async def test_a_dead_letter_goes_out_when_it_is_sent_again(shop):
    shop.app.answers = [400]
    await shop.say("在吗")
    await shop.run()
    [dead] = await shop.deliveries.found(state=SendState.dead)
    await shop.deliveries.resend(dead.id)
    await shop.run()
    assert await states(shop) == ["sent"]
    assert {event["id"] for event in shop.app.events()} == {str(dead.id)}


async def test_what_is_owed_to_a_closed_account_waits_for_it(shop):
    await shop.say("在吗")
    await shop.reading.run_due()
    await shop.answering.drain()
    await shop.accounts.close("shop", by="test")
    await shop.sending.run_due()
    assert shop.app.said() == []
    await shop.accounts.reopen("shop", by="test")
    shop.clock.advance(timedelta(hours=2))
    await shop.run()
    assert shop.app.said() == ["在的，请讲。"]


async def test_reports_reach_the_delivery_and_only_of_the_account_itself(shop):
    await shop.say("在吗")
    await shop.run()
    delivery_id = shop.app.events()[0]["id"]
    other = await shop.accounts.add("other", "https://other.example/", by="test")
    async with shop.client(other.token) as client:
        foreign = "http://us/api/v1/channels/other/reports"
        await client.post(foreign, json={"id": delivery_id, "state": "failed"})
    assert await states(shop) == ["sent"]
    for state in ("read", "delivered"):
        assert (await shop.post("/reports", id=delivery_id, state=state)).status_code == 204
    assert await states(shop) == ["read"]


async def test_reading_and_typing_of_the_customer_are_noted(shop):
    await shop.say("在吗")
    await shop.run()
    conversation_id = await conversation_of(shop)
    read = await shop.post("/read", contact="c1", up_to_seq=2)
    typing = await shop.post("/typing", contact="c1", on=True)
    stranger = await shop.post("/typing", contact="nobody")

    assert (read.status_code, typing.status_code, stranger.status_code) == (204, 204, 404)
    assert await ReadReceipts(shop.database).of([conversation_id]) == {conversation_id: 2}


async def test_accounts_hear_who_has_the_conversation_once_for_each_change(shop):
    await shop.say("在吗")
    await shop.run()
    conversation_id = await conversation_of(shop)

    async def look():
        for _ in range(2):
            shop.modes.hear(Event(conversation_id=conversation_id, kind="state"))
        await shop.modes.drain()

    await shop.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=0)
    await look()
    await shop.conversations.accept(conversation_id, "li", "小李")
    await look()
    await shop.conversations.say_as_agent(conversation_id, "li", "您好，我是小李", external_id="x")
    await shop.run()

    heard = [(event["mode"], event.get("agent_name")) for event in shop.app.events("mode")]
    assert heard == [("queued", None), ("human", "小李")]
    assert (shop.app.events()[-1]["mode"], shop.app.events()[-1]["message"]["author"]) == ("human", "agent")


async def test_typing_is_told_and_an_app_that_is_away_does_no_harm(shop):
    await shop.connector.channel.typing("shop/c1", on=True)
    shop.app.answers = [None]
    await shop.connector.channel.typing("shop/c1", on=False)
    await shop.connector.channel.typing("nobody/c1", on=True)
    assert [(event["contact"]["id"], event["on"]) for event in shop.app.events("typing")] == [("c1", True)]


async def test_a_picture_of_an_agent_comes_with_an_address_to_fetch_it_from(shop):
    await shop.say("在吗")
    await shop.run()
    conversation_id = await conversation_of(shop)
    file = Attachment(kind=MessageKind.image, id="a" * 64, name="回执.png", content_type="image/png", size=9)
    await shop.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=0)
    await shop.conversations.accept(conversation_id, "li", "小李")
    await shop.conversations.say_as_agent(conversation_id, "li", "请看", external_id="x", attachments=(file,))
    await shop.run()

    [shown] = shop.app.events()[-1]["message"]["attachments"]
    assert (shown["kind"], shown["name"]) == ("image", "回执.png")
    assert shown["url"].startswith("https://chat.example.com/web/files/" + "a" * 64)
