"""Complaint: customer, bot and queue go round in circles."""

from datetime import timedelta

from bot.conversations.model import HandOffReason
from tests.conftest import FrozenClock
from tests.desk.complaints.firm import Firm
from tests.handover.desk import actor

LINA = actor("lina")


async def given_back(firm: Firm, reason: HandOffReason) -> None:
    conversation_id = await firm.hears("你们这个怎么回事")
    await firm.conversations.hand_off(conversation_id, reason, intent=None, summary="", seq=1)
    await firm.handover.accept(LINA, conversation_id)
    await firm.handover.give_back(LINA, conversation_id)


async def again(firm: Firm, reason: HandOffReason) -> str:
    conversation_id = await firm.hears("还是不行")
    seq = (await firm.conversations.view(conversation_id)).last_seq
    await firm.conversations.hand_off(conversation_id, reason, intent=None, summary="", seq=seq)
    return (await firm.conversations.view(conversation_id)).state


async def test_the_bot_does_not_hand_over_for_the_same_reason_at_once(firm: Firm) -> None:
    await given_back(firm, HandOffReason.unsure)
    assert [await again(firm, HandOffReason.unsure) for _ in range(3)] == ["bot"] * 3


async def test_who_asks_for_a_person_gets_one_each_time(firm: Firm) -> None:
    for _ in range(3):
        await given_back(firm, HandOffReason.asked)
    assert await again(firm, HandOffReason.asked) == "queued"


async def test_after_a_while_the_same_reason_counts_again(firm: Firm, clock: FrozenClock) -> None:
    await given_back(firm, HandOffReason.unsure)
    clock.advance(timedelta(minutes=10))
    assert await again(firm, HandOffReason.unsure) == "queued"


async def test_an_offer_that_nobody_takes_ends_with_breaks_and_not_with_ringing(firm: Firm, clock: FrozenClock) -> None:
    conversation_id = await firm.hears("转人工")
    await firm.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=1)
    await firm.online("lina", "zhou", "mei")
    for _ in range(30):
        await firm.dispatcher.run_once()
        clock.advance(timedelta(seconds=31))
        await firm.beat("lina", "zhou", "mei")
    offers = [move.move for move in await firm.moves(conversation_id)].count("offer")
    assert 3 <= offers <= 6


async def test_two_who_transfer_to_each_other_do_so_by_hand_alone(firm: Firm, clock: FrozenClock) -> None:
    conversation_id = await firm.hears("转人工")
    await firm.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=1)
    await firm.online("lina", "zhou")
    await firm.handover.accept(LINA, conversation_id)
    await firm.handover.transfer(LINA, conversation_id, agent="zhou")
    before = len(await firm.moves(conversation_id))
    for _ in range(3):
        await firm.dispatcher.run_once()
    assert len(await firm.moves(conversation_id)) == before
    assert (await firm.conversations.view(conversation_id)).offered_to == "zhou"
