import asyncio

import pytest

from bot.conversations.answering import Answering
from bot.conversations.model import HandOffReason
from bot.dialogue.engine import EngineAnswer, ScriptedEngine


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def stand_in() -> ScriptedEngine:
    return ScriptedEngine({"在吗": "系统繁忙"})


@pytest.fixture
def answering(conversations, database, engine, stand_in) -> Answering:
    return Answering(conversations, database, engine, stand_in, sweep_s=0.02)


async def _bot_texts(conversations, conversation_id) -> list[str]:
    return [m.text for m in await conversations.messages_after(conversation_id, 1) if m.author == "bot"]


async def test_messages_of_one_conversation_are_answered_in_order(answering, conversations, make_message):
    for text in ("一", "二", "三"):
        received = await conversations.receive(make_message(text))
        answering.wake(received.conversation_id)
    await answering.drain()

    assert await _bot_texts(conversations, received.conversation_id) == ["一", "二", "三"]


async def test_two_replicas_answer_once(answering, conversations, database, engine, stand_in, make_message):
    other = Answering(conversations, database, engine, stand_in)
    received = await conversations.receive(make_message("在吗"))

    answering.wake(received.conversation_id)
    other.wake(received.conversation_id)
    await asyncio.gather(answering.drain(), other.drain())

    assert engine.heard == ["在吗"]


async def test_the_stand_in_answers_while_the_engine_is_away(answering, conversations, engine, make_message):
    engine.is_down = True
    received = await conversations.receive(make_message("在吗"))

    answering.wake(received.conversation_id)
    await answering.drain()

    assert await _bot_texts(conversations, received.conversation_id) == ["系统繁忙"]


async def test_the_sweep_answers_what_a_killed_process_left_behind(answering, conversations, make_message):
    received = await conversations.receive(make_message("在吗"))

    await answering.start()
    async with asyncio.timeout(30):
        while not await _bot_texts(conversations, received.conversation_id):
            await asyncio.sleep(0.02)
    await answering.stop()

    assert await _bot_texts(conversations, received.conversation_id) == ["在吗"]


class SilentEngine(ScriptedEngine):
    """Understands, and says nothing: what is left of a turn whose action failed."""

    async def respond(self, turn):
        return EngineAnswer(())


async def test_a_customer_is_never_left_without_an_answer(conversations, database, stand_in, make_message):
    answering = Answering(conversations, database, SilentEngine(), stand_in)
    received = await conversations.receive(make_message("在吗"))

    answering.wake(received.conversation_id)
    await answering.drain()

    assert await _bot_texts(conversations, received.conversation_id) == ["系统繁忙"]


async def test_a_handed_over_turn_needs_no_further_answer(conversations, database, stand_in, make_message):
    class HandsOver(ScriptedEngine):
        async def respond(self, turn):
            await conversations.hand_off(
                turn.conversation_id, HandOffReason.asked, intent=None, summary="", seq=turn.seq
            )
            return EngineAnswer(())

    answering = Answering(conversations, database, HandsOver(), stand_in)
    received = await conversations.receive(make_message("转人工"))

    answering.wake(received.conversation_id)
    await answering.drain()

    assert await _bot_texts(conversations, received.conversation_id) == []
    assert stand_in.heard == []
