"""Complaint: the bot answers after handover.  It was thinking, another process was, or it wakes up again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from bot.conversations.model import HandOffReason
from bot.staff.model import Role
from tests.conftest import FrozenClock
from tests.desk.complaints.firm import Firm
from tests.handover.desk import actor

LINA, BOSS = actor("lina"), actor("boss", Role.supervisor)


async def hand_over(firm: Firm, conversation_id: UUID) -> None:
    seq = (await firm.conversations.view(conversation_id)).last_seq
    await firm.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=seq)


async def wait(firm: Firm, conversation_id: UUID) -> None:
    await hand_over(firm, conversation_id)


async def ring(firm: Firm, conversation_id: UUID) -> None:
    await hand_over(firm, conversation_id)
    await firm.online("lina")
    await firm.dispatcher.run_once()


async def accept(firm: Firm, conversation_id: UUID) -> None:
    await hand_over(firm, conversation_id)
    await firm.handover.accept(LINA, conversation_id)


async def take_over(firm: Firm, conversation_id: UUID) -> None:
    await firm.handover.take_over(BOSS, conversation_id)


async def transfer(firm: Firm, conversation_id: UUID) -> None:
    await accept(firm, conversation_id)
    await firm.handover.transfer(LINA, conversation_id, team="claims")


async def lose(firm: Firm, conversation_id: UUID) -> None:
    await firm.online("lina")
    await accept(firm, conversation_id)
    assert isinstance(firm.clock, FrozenClock)
    firm.clock.advance(timedelta(minutes=1))
    await firm.dispatcher.run_once()


HOW = [wait, ring, accept, take_over, transfer, lose]
Happens = Callable[[Firm, UUID], Awaitable[None]]


@pytest.mark.parametrize("happens", HOW, ids=lambda one: one.__name__)
async def test_an_answer_that_was_thought_of_before_is_swallowed(firm: Firm, happens: Happens) -> None:
    conversation_id = await firm.hears("查件")
    await firm.thinks()
    await happens(firm, conversation_id)
    await firm.answers()
    assert firm.engine.heard == ["查件"]
    assert await firm.bot_said(conversation_id) == []
    await firm.deliver()
    assert not any("机器人" in text for text in firm.wechat.shown_to("openid-1"))


@pytest.mark.parametrize("happens", HOW, ids=lambda one: one.__name__)
async def test_what_is_written_to_a_person_is_not_even_thought_about(firm: Firm, happens: Happens) -> None:
    firm.engine.may_speak.set()
    conversation_id = await firm.hears("你好")
    await firm.answering.drain()
    await happens(firm, conversation_id)
    for text in ("在吗", "？", "转人工", "你好"):
        await firm.hears(text)
    await firm.answering.drain()
    await firm.answering.start()
    await firm.answering.stop()
    assert firm.engine.heard == ["你好"]
    assert await firm.conversations.owed() == []


async def test_another_process_that_was_killed_while_thinking_does_not_answer_later(firm: Firm, words) -> None:
    conversation_id = await firm.hears("查件")
    await firm.thinks()
    await firm.answering.stop()
    await accept(firm, conversation_id)
    again = Firm(firm.database, firm.clock, words)
    again.engine.may_speak.set()
    await again.answering.start()
    again.answering.wake(conversation_id)
    await again.answering.drain()
    await again.answering.stop()
    assert again.engine.heard == []
    assert await firm.bot_said(conversation_id) == []


async def test_back_with_the_bot_it_answers_what_is_new_and_nothing_of_before(firm: Firm) -> None:
    conversation_id = await firm.hears("查件")
    await firm.thinks()
    await accept(firm, conversation_id)
    await firm.hears("给人看的话")
    await firm.handover.give_back(LINA, conversation_id)
    await firm.answers()
    await firm.hears("新的问题")
    await firm.answering.drain()
    assert firm.engine.heard == ["查件", "新的问题"]
    assert await firm.bot_said(conversation_id) == ["这是机器人的回答"]


async def test_the_bot_types_for_nobody_who_has_a_person(firm: Firm) -> None:
    conversation_id = await firm.hears("查件")
    await firm.thinks()
    await accept(firm, conversation_id)
    firm.wechat.typed.clear()
    await firm.conversations.thinking(conversation_id)
    await firm.answers()
    assert not any(on for _, on in firm.wechat.typed)
