"""What customers may rate, when, and what becomes of it."""

from datetime import timedelta

import pytest

from bot.channels import Button, Reply
from bot.conversations.model import HandOffReason
from bot.conversations.ratings import IDLE, OFFERED_FOR, Given, RatingService, rating_rules
from bot.errors import IllegalMoveError, NotFoundError


@pytest.fixture
def ratings(database, clock):
    return RatingService(database, clock)


@pytest.fixture
def say(conversations, make_message):
    """A message of the customer, understood as an intent and answered by the bot."""

    async def say(intent, text="我的快递呢", *, buttons=()):
        received = await conversations.receive(make_message(text))
        turn = await conversations.next_turn(received.conversation_id)
        await conversations.answer(turn, [Reply(text="好的", buttons=buttons)], understood={"intent": intent})
        return received.conversation_id

    return say


@pytest.fixture
def served(conversations, make_message):
    """A person has the conversation and says something; returns its id."""

    async def served(text="您好，已为您催派"):
        received = await conversations.receive(make_message("转人工"))
        conversation_id = received.conversation_id
        await conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=received.seq)
        await conversations.accept(conversation_id, "li", "小李")
        if text:
            await conversations.say_as_agent(conversation_id, "li", text, external_id=f"x{received.seq}")
        return conversation_id

    return served


async def test_a_persons_service_is_offered_once_it_is_over_and_not_before(ratings, conversations, served):
    conversation_id = await served()
    assert await ratings.offered(conversation_id) is None
    await conversations.resolve(conversation_id, "li")

    offer = await ratings.offered(conversation_id)
    assert (offer.about, offer.agent_name) == ("agent", "小李")
    assert await ratings.offered(conversation_id) == offer


async def test_who_served_last_is_rated_where_an_earlier_offer_was_left_unanswered(
    ratings, conversations, served, clock
):
    conversation_id = await served()
    await conversations.resolve(conversation_id, "li")
    first = await ratings.offered(conversation_id)
    clock.advance(timedelta(minutes=30))
    await served("工单已经办好了")
    await conversations.resolve(conversation_id, "li")

    last = await ratings.offered(conversation_id)
    assert last.seq > first.seq
    assert await ratings.offered(conversation_id) == last


async def test_a_person_who_said_nothing_is_not_rated(ratings, conversations, served):
    conversation_id = await served(text="")
    await conversations.resolve(conversation_id, "li")
    assert await ratings.offered(conversation_id) is None


async def test_what_the_bot_solved_is_offered_when_the_customer_thanks(ratings, say):
    conversation_id = await say("query_waybill")
    assert await ratings.offered(conversation_id) is None
    await say("thank", "谢谢")
    assert (await ratings.offered(conversation_id)).about == "bot"


async def test_what_the_bot_solved_is_offered_when_the_customer_says_no_more(ratings, say, clock):
    conversation_id = await say("query_waybill")
    clock.advance(IDLE)
    assert (await ratings.offered(conversation_id)).about == "bot"


@pytest.mark.parametrize(
    ("intent", "buttons"),
    [
        ("greet", ()),
        ("thank", ()),
        ("dissatisfied", ()),
        ("request_human", ()),
        ("query_waybill", (Button(title="转人工", payload="/request_human"),)),
    ],
)
async def test_small_talk_and_what_was_left_open_is_not_offered(ratings, say, clock, intent, buttons):
    conversation_id = await say(intent, buttons=buttons)
    clock.advance(IDLE)
    assert await ratings.offered(conversation_id) is None


async def test_nobody_is_asked_of_what_was_long_ago(ratings, say, clock):
    conversation_id = await say("query_waybill")
    clock.advance(OFFERED_FOR + timedelta(minutes=1))
    assert await ratings.offered(conversation_id) is None


async def test_the_bot_is_rated_once_a_day_but_every_person_is(ratings, conversations, say, served, clock):
    conversation_id = await say("query_waybill")
    await say("thank", "谢谢")
    first = await ratings.offered(conversation_id)
    await ratings.rate(conversation_id, first.seq, Given(score=5))
    await say("query_price", "多少钱")
    await say("thank", "谢谢")
    assert await ratings.offered(conversation_id) is None
    await served()
    await conversations.resolve(conversation_id, "li")
    assert (await ratings.offered(conversation_id)).about == "agent"


async def test_an_answer_is_kept_once_and_repeating_it_changes_nothing(ratings, conversations, served):
    conversation_id = await served()
    await conversations.resolve(conversation_id, "li")
    offer = await ratings.offered(conversation_id)
    given = Given(score=2, reasons=("slow", "unsolved"), comment="等了半小时")
    for _ in range(2):
        await ratings.rate(conversation_id, offer.seq, given)
    with pytest.raises(IllegalMoveError):
        await ratings.rate(conversation_id, offer.seq, Given(score=5))

    kept = (await ratings.of_conversation(conversation_id))[0]
    assert (kept.score, kept.reasons, kept.comment) == (2, ("slow", "unsolved"), "等了半小时")
    assert await ratings.offered(conversation_id) is None


async def test_who_does_not_want_to_is_not_asked_again(ratings, conversations, served):
    conversation_id = await served()
    await conversations.resolve(conversation_id, "li")
    offer = await ratings.offered(conversation_id)
    assert (await ratings.rate(conversation_id, offer.seq, Given())).score is None
    assert await ratings.offered(conversation_id) is None


async def test_only_what_was_offered_can_be_rated_with_reasons_that_exist_and_in_time(
    ratings, conversations, served, clock
):
    conversation_id = await served()
    await conversations.resolve(conversation_id, "li")
    with pytest.raises(NotFoundError):
        await ratings.rate(conversation_id, 1, Given(score=5))
    offer = await ratings.offered(conversation_id)
    with pytest.raises(NotFoundError):
        await ratings.rate(conversation_id, offer.seq, Given(score=5, reasons=("<script>",)))
    clock.advance(OFFERED_FOR + timedelta(minutes=1))
    with pytest.raises(IllegalMoveError):
        await ratings.rate(conversation_id, offer.seq, Given(score=5))


async def test_averages_count_who_answered(ratings, conversations, served, say, clock):
    conversation_id = await served()
    await conversations.resolve(conversation_id, "li")
    for score in (5, None):
        offer = await ratings.offered(conversation_id)
        await ratings.rate(conversation_id, offer.seq, Given(score=score))
        await served()
        await conversations.resolve(conversation_id, "li")
    day = timedelta(days=1)

    assert await ratings.averages(clock() - day, clock() + day) == [("agent", "小李", 1, 5.0)]
    assert len(await ratings.between(clock() - day, clock() + day)) == 2


def test_the_intents_of_the_rules_are_intents_we_have():
    from pathlib import Path

    known = {path.stem for path in Path("nlu_data/intents").glob("*.yml")}
    rules = rating_rules()
    assert (rules.closing | rules.unsolved | rules.small_talk) <= known
