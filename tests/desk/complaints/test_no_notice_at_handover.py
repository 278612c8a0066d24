"""Complaint: nobody tells the customer that, and to whom, the conversation goes."""

from datetime import timedelta

import pytest

from bot.conversations.model import HandOffReason
from bot.errors import BotError
from bot.staff.model import Role
from tests.conftest import FrozenClock
from tests.desk.complaints.firm import Firm
from tests.handover.desk import actor

LINA, ZHOU, BOSS = actor("lina"), actor("zhou"), actor("boss", Role.supervisor)


async def told(firm: Firm) -> list[str]:
    """What the customer's phone has shown so far."""
    await firm.deliver()
    return firm.wechat.shown_to("openid-1")


@pytest.mark.parametrize("reason", list(HandOffReason))
async def test_every_handover_is_told_with_the_place_in_the_queue(firm: Firm, reason: HandOffReason) -> None:
    conversation_id = await firm.hears("转人工")
    await firm.conversations.hand_off(conversation_id, reason, intent=None, summary="内部摘要", seq=1)
    (notice,) = await told(firm)
    assert "人工" in notice
    assert "1" in notice
    assert "内部摘要" not in notice


async def test_whoever_comes_is_named_and_every_change_is_told_once(firm: Firm, clock: FrozenClock) -> None:
    conversation_id = await firm.hears("转人工")
    await firm.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=1)
    await firm.online("lina", "zhou")
    await firm.handover.accept(LINA, conversation_id)
    assert "Lina" in (await told(firm))[-1]
    await firm.handover.transfer(LINA, conversation_id, team="claims", note="客户很急")
    assert "claims组" in (await told(firm))[-1]
    await firm.dispatcher.run_once()
    await firm.handover.accept(ZHOU, conversation_id)
    assert "Zhou" in (await told(firm))[-1]
    await firm.handover.give_back(ZHOU, conversation_id)
    notices = await told(firm)
    assert "人工服务已结束" in notices[-1]
    assert len(notices) == len(set(notices)) == 5
    assert not any("客户很急" in text for text in notices)


async def test_who_waits_long_hears_of_it(firm: Firm, clock: FrozenClock) -> None:
    conversation_id = await firm.hears("转人工")
    await firm.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=1)
    await firm.online("lina")
    await firm.handover.accept(LINA, conversation_id)
    before = len(await told(firm))
    clock.advance(timedelta(minutes=1))
    await firm.dispatcher.run_once()
    assert any("掉线" in text for text in (await told(firm))[before:])


async def test_a_refused_move_tells_nothing(firm: Firm) -> None:
    conversation_id = await firm.hears("转人工")
    await firm.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=1)
    await firm.handover.accept(LINA, conversation_id)
    before = await told(firm)
    for refused in (
        firm.handover.accept(ZHOU, conversation_id),
        firm.handover.transfer(ZHOU, conversation_id, team="claims"),
        firm.handover.give_back(ZHOU, conversation_id),
        firm.handover.take_over(ZHOU, conversation_id),
    ):
        with pytest.raises(BotError):
            await refused
    assert await told(firm) == before
