import asyncio

import pytest

from bot.channels import Reply
from bot.conversations.model import ConversationState, HandOffReason
from bot.conversations.service import ConversationService
from bot.errors import IllegalMoveError
from tests.conversations.conftest import MakeMessage


async def _texts(conversations: ConversationService, conversation_id) -> list[tuple[str, str]]:
    return [(m.author, m.text) for m in await conversations.messages_after(conversation_id, 0)]


async def _queued(conversations: ConversationService, make_message: MakeMessage):
    received = await conversations.receive(make_message("转人工"))
    await conversations.hand_off(
        received.conversation_id, HandOffReason.asked, intent="request_human", summary="要人工", seq=received.seq
    )
    return received.conversation_id


async def test_a_new_conversation_begins_with_our_greeting(conversations):
    view = await conversations.open("web", "visitor-1")

    messages = await conversations.messages_after(view.id, 0)

    assert [m.author for m in messages] == ["bot"]
    assert messages[0].buttons


async def test_the_same_external_id_is_stored_once(conversations, make_message):
    first = await conversations.receive(make_message("在吗", external_id="a"))
    again = await conversations.receive(make_message("在吗", external_id="a"))

    assert (again.seq, again.duplicate) == (first.seq, True)
    assert [text for author, text in await _texts(conversations, first.conversation_id) if author == "customer"] == [
        "在吗"
    ]


async def test_two_first_messages_at_once_open_one_conversation(conversations, make_message):
    received = await asyncio.gather(*(conversations.receive(make_message(f"第{n}句")) for n in range(8)))

    assert len({r.conversation_id for r in received}) == 1
    assert len({r.seq for r in received}) == 8


async def test_sequence_numbers_have_no_gap(conversations, make_message):
    received = await asyncio.gather(*(conversations.receive(make_message(f"第{n}句")) for n in range(5)))

    messages = await conversations.messages_after(received[0].conversation_id, 0)

    assert [m.seq for m in messages] == list(range(1, len(messages) + 1))


async def test_a_turn_is_answered_once(conversations, make_message):
    received = await conversations.receive(make_message("运费多少"))
    turn = await conversations.next_turn(received.conversation_id)

    assert await conversations.answer(turn, [Reply(text="您好")])
    assert not await conversations.answer(turn, [Reply(text="您好")])
    assert (await _texts(conversations, turn.conversation_id)).count(("bot", "您好")) == 1


async def test_turns_come_in_the_order_of_the_messages(conversations, make_message):
    received = await conversations.receive(make_message("一"))
    await conversations.receive(make_message("二"))

    first = await conversations.next_turn(received.conversation_id)
    await conversations.answer(first, [Reply(text="答一")])
    second = await conversations.next_turn(received.conversation_id)

    assert (first.text, second.text) == ("一", "二")


async def test_a_message_nobody_answered_is_owed_until_it_is(conversations, make_message):
    received = await conversations.receive(make_message("在吗"))
    assert await conversations.owed() == [received.conversation_id]

    await conversations.answer(await conversations.next_turn(received.conversation_id), [Reply(text="在的")])

    assert await conversations.owed() == []


async def test_handing_off_tells_the_customer_and_silences_the_bot(conversations, make_message):
    received = await conversations.receive(make_message("在吗"))
    turn = await conversations.next_turn(received.conversation_id)

    await conversations.hand_off(
        turn.conversation_id, HandOffReason.asked, intent="request_human", summary="要人工", seq=turn.seq
    )

    assert not await conversations.answer(turn, [Reply(text="机器人还想说话")])
    assert (await _texts(conversations, turn.conversation_id))[-1][0] == "system"
    assert (await conversations.view(turn.conversation_id)).queue_position == 1


async def test_messages_while_waiting_are_not_owed_to_the_bot(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)

    received = await conversations.receive(make_message("还在吗"))

    assert not received.needs_bot
    assert await conversations.next_turn(conversation_id) is None
    assert await conversations.owed() == []


async def test_asking_for_a_person_twice_queues_once(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)
    before = len(await conversations.messages_after(conversation_id, 0))

    await conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=99)

    assert len(await conversations.messages_after(conversation_id, 0)) == before


async def test_only_one_agent_gets_a_waiting_conversation(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)

    await conversations.accept(conversation_id, "li", "小李")

    with pytest.raises(IllegalMoveError):
        await conversations.accept(conversation_id, "wang", "小王")


async def test_an_agent_speaks_only_in_an_accepted_conversation(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)

    with pytest.raises(IllegalMoveError):
        await conversations.say_as_agent(conversation_id, "li", "您好", external_id="x")


async def test_an_agents_message_sent_twice_is_stored_once(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)
    await conversations.accept(conversation_id, "li", "小李")

    first = await conversations.say_as_agent(conversation_id, "li", "您好", external_id="x")
    again = await conversations.say_as_agent(conversation_id, "li", "您好", external_id="x")

    assert first.seq == again.seq


async def test_after_resolving_the_bot_answers_again(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)
    await conversations.accept(conversation_id, "li", "小李")

    await conversations.resolve(conversation_id, "li")
    received = await conversations.receive(make_message("再查个件"))

    assert received.needs_bot
    assert (await conversations.view(conversation_id)).state == ConversationState.bot


async def test_what_was_said_to_a_person_is_not_answered_by_the_bot_afterwards(conversations, make_message):
    conversation_id = await _queued(conversations, make_message)
    await conversations.accept(conversation_id, "li", "小李")
    await conversations.receive(make_message("给小李的话"))

    await conversations.resolve(conversation_id, "li")

    assert await conversations.next_turn(conversation_id) is None


async def test_the_queue_is_served_longest_wait_first(conversations, make_message, clock):
    from datetime import timedelta

    for sender in ("first", "second"):
        received = await conversations.receive(make_message("转人工", sender=sender))
        await conversations.hand_off(
            received.conversation_id, HandOffReason.asked, intent=None, summary="", seq=received.seq
        )
        clock.advance(timedelta(seconds=5))

    waiting = await conversations.waiting()

    assert [view.queue_position for view in waiting] == [1, 2]
    assert waiting[0].queued_at < waiting[1].queued_at
