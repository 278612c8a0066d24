import asyncio

import pytest

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.conversations.events import EventHub
from bot.conversations.model import ConversationState, HandOffReason
from bot.conversations.service import ConversationService
from bot.conversations.typing import TypingRelay
from bot.delivery.channels import Channels
from bot.delivery.ports import QuotaError, RecipientGoneError
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.delivery.words import BubbleState
from bot.dialogue.engine import Turn
from bot.errors import NotFoundError
from tests.fakes import RecordingChannel


@pytest.fixture
def channel():
    return RecordingChannel("wechat")


@pytest.fixture
def deliveries(database, clock, channel):
    return DeliveryService(database, clock, Channels(channel))


@pytest.fixture
def conversations(database, clock, words, deliveries):
    return ConversationService(database, clock, words, deliveries)


@pytest.fixture
async def send(deliveries):
    sending = Sending(deliveries)
    yield sending.run_due
    await sending.stop()


@pytest.fixture
def receive(conversations, clock):
    async def receive(text: str, channel: str = "wechat", sender: str = "openid-1", **changes):
        values = {"external_id": text, "kind": MessageKind.text, "received_at": clock(), **changes}
        return await conversations.receive(IncomingMessage(channel=channel, sender=sender, text=text, **values))

    return receive


async def answer(conversations, conversation_id, *texts: str) -> None:
    from bot.channels import Reply

    turn: Turn = await conversations.next_turn(conversation_id)
    await conversations.answer(turn, [Reply(text=text) for text in texts])


async def said(conversations, conversation_id) -> list[str]:
    return [message.text for message in await conversations.messages_after(conversation_id, 0)]


async def test_an_answer_goes_out_where_the_customer_wrote(conversations, channel, receive, send):
    received = await receive("你好")
    await answer(conversations, received.conversation_id, "您好", "请问有什么可以帮您")
    await send()

    assert channel.shown_to("openid-1") == ["您好", "请问有什么可以帮您"]


async def test_who_writes_first_on_a_pushed_channel_is_not_greeted(conversations, receive):
    received = await receive("你好")

    assert await said(conversations, received.conversation_id) == ["你好"]


async def test_who_subscribes_is_greeted_once_for_it(conversations, channel, send):
    for _ in range(2):
        view = await conversations.open("wechat", "openid-1", greet=True, cause="event-1")
    await send()
    assert len(channel.shown_to("openid-1")) == 1

    await conversations.open("wechat", "openid-1", greet=True, cause="event-2")
    assert len(await said(conversations, view.id)) == 2


async def test_a_web_visitor_is_greeted_by_the_log_and_nothing_is_pushed(conversations, channel, send):
    view = await conversations.open("web", "visitor")
    await conversations.open("web", "visitor")
    await send()

    assert len(await said(conversations, view.id)) == 1
    assert channel.seen == []


async def test_a_conversation_may_be_entered_by_another_door(conversations, channel, receive, send):
    first = await receive("我在微信上")
    await conversations.link(first.conversation_id, "web", "visitor")
    second = await receive("我在网页上", "web", "visitor")
    await answer(conversations, first.conversation_id, "答一")
    await answer(conversations, first.conversation_id, "答二")
    await send()
    assert (second.conversation_id, channel.seen) == (first.conversation_id, []), "the customer reads on the page now"

    await receive("又回微信")
    await answer(conversations, first.conversation_id, "答三")
    await send()
    assert channel.shown_to("openid-1") == ["答三"]
    assert await conversations.doors(first.conversation_id) == [("web", "visitor"), ("wechat", "openid-1")]


async def test_a_door_leads_where_it_was_led_last(conversations, receive):
    own = await receive("自己的", "web", "visitor")
    other = await receive("微信的")
    await conversations.link(other.conversation_id, "web", "visitor")

    assert (await receive("现在", "web", "visitor")).conversation_id == other.conversation_id
    assert own.conversation_id != other.conversation_id
    with pytest.raises(NotFoundError):
        await conversations.link(own.conversation_id.__class__(int=1), "web", "visitor")


async def test_ids_of_two_channels_do_not_clash(conversations, receive):
    first = await receive("甲", external_id="1")
    await conversations.link(first.conversation_id, "web", "visitor")
    second = await receive("乙", "web", "visitor", external_id="1")
    again = await receive("乙", "web", "visitor", external_id="1")

    assert (second.duplicate, again.duplicate) == (False, True)


async def test_an_ended_conversation_is_not_gone_on_with(conversations, database, receive):
    first = await receive("甲")
    async with database.transaction() as session:
        from bot.conversations.repository import locked

        (await locked(session, first.conversation_id)).state = ConversationState.ended.value
    second = await receive("乙")

    assert second.conversation_id != first.conversation_id
    assert (await receive("丙")).conversation_id == second.conversation_id


async def test_two_first_messages_at_once_open_one_conversation(receive):
    found = await asyncio.gather(*(receive(str(n)) for n in range(6)))

    assert len({each.conversation_id for each in found}) == 1


async def test_what_the_desk_shows_says_how_far_a_bubble_got(conversations, channel, receive, send, deliveries, clock):
    received = await receive("你好")
    await answer(conversations, received.conversation_id, "您好")

    async def state():
        (view,) = await conversations.messages_after(received.conversation_id, 1)
        return view.delivery, view.delivery_problem

    assert await state() == (BubbleState.sending, None)
    await send()
    assert await state() == (BubbleState.sent, None)
    await deliveries.reported("wechat", "wechat-1", state="read", at=clock())
    assert await state() == (BubbleState.read, None)


async def test_a_bubble_that_cannot_arrive_says_why(conversations, channel, receive, send):
    channel.errors = [QuotaError("5 of 5"), RecipientGoneError("unsubscribed")]
    received = await receive("你好")
    await answer(conversations, received.conversation_id, "甲")
    await send()
    (view,) = await conversations.messages_after(received.conversation_id, 1)
    assert (view.delivery, view.delivery_problem[:10]) == (BubbleState.held, "超出平台允许的回复时")

    await receive("还在吗")
    await send()
    (view, _) = await conversations.messages_after(received.conversation_id, 1)
    assert (view.delivery, view.delivery_problem[:7]) == (BubbleState.failed, "该客户在此渠道")


async def test_everybody_who_watches_hears_that_a_bubble_got_somewhere(conversations, database, receive, send):
    hub = EventHub(database)
    await hub.start()
    received = await receive("你好")
    with hub.subscribe(received.conversation_id) as events:
        await asyncio.sleep(0.1)
        await answer(conversations, received.conversation_id, "您好")
        await send()
        async with asyncio.timeout(30):
            while (event := await events.get()).kind != "delivery":
                pass
    await hub.stop()

    assert event.seq == 2


async def test_pictures_are_kept_with_their_message_and_given_to_the_bot(conversations, receive):
    picture = Attachment(kind=MessageKind.image, id="a" * 64, name="破损.jpg", content_type="image/jpeg", size=9)
    received = await receive("", external_id="1", kind=MessageKind.image, attachments=(picture,))
    turn = await conversations.next_turn(received.conversation_id)
    (view,) = await conversations.messages_after(received.conversation_id, 0)

    assert (turn.kind, turn.attachments) == ("image", (picture,))
    assert (view.kind, view.attachments) == (MessageKind.image, (picture,))


async def test_an_agent_sends_pictures_too(conversations, channel, receive, send):
    received = await receive("你好")
    await conversations.hand_off(received.conversation_id, HandOffReason.asked, intent=None, summary="", seq=1)
    await conversations.accept(received.conversation_id, "wang", "王")
    picture = Attachment(kind=MessageKind.image, id="b" * 64)
    view = await conversations.say_as_agent(
        received.conversation_id, "wang", "请看", external_id="x", attachments=[picture]
    )
    await send()

    assert view.attachments == (picture,)
    assert channel.sent[-1][0].attachments == (picture,)


async def test_what_nobody_can_store_is_left_out_of_a_message(conversations, receive):
    received = await receive("你\0好", external_id="1")

    assert await said(conversations, received.conversation_id) == ["你好"]


async def test_that_somebody_writes_is_shown_now_and_then(conversations, channel, deliveries, database, clock, receive):
    from datetime import timedelta

    from bot.conversations.events import Event

    received = await receive("你好")
    relay = TypingRelay(EventHub(database), conversations, deliveries.channels, clock)
    event = Event(conversation_id=received.conversation_id, kind="typing", by="agent", on=True)
    for seconds in (0, 1, 4):
        clock.advance(timedelta(seconds=seconds))
        relay.hear(event)
    relay.hear(event.model_copy(update={"on": False}))
    relay.hear(event.model_copy(update={"by": "customer"}))
    await relay.drain()

    assert sorted(channel.typed) == [("openid-1", False), ("openid-1", True), ("openid-1", True)]
