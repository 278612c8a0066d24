"""What follows from the mood of a customer: it is kept, moves people ahead, and brings an offer once."""

import logging
import threading
from datetime import timedelta

import pytest

from bot.channels import Button, IncomingMessage, MessageKind, Reply
from bot.conversations.model import OFFER_AGAIN_AFTER, HandOffReason, Message
from bot.conversations.mood import CALM, InMemoryMoodReader, Mood, Sentiment, Temper, Urgency, wants_person
from bot.conversations.mood_watch import MoodWatch

ANGRY = Mood(Sentiment.angry, 0.9, Urgency.routine, 0.9)
PERHAPS_ANGRY = Mood(Sentiment.angry, 0.4, Urgency.routine, 0.9)
DESPERATE = Mood(Sentiment.negative, 0.8, Urgency.critical, 0.9)
CRITICAL = Mood(Sentiment.neutral, 0.8, Urgency.critical, 0.9)
HURRIED = Mood(Sentiment.neutral, 0.8, Urgency.pressing, 0.9)

MOODS = {"骗子公司": ANGRY, "滚": ANGRY, "药断了求求你们": DESPERATE, "护照今晚要用": CRITICAL, "快点": HURRIED}


@pytest.fixture
def watch(conversations) -> MoodWatch:
    return MoodWatch(conversations, InMemoryMoodReader(MOODS))


async def _mood(database, received) -> Mood | None:
    async with database.transaction() as session:
        return (await session.get_one(Message, (received.conversation_id, received.seq))).mood


async def _waiting(conversations, watch, incoming):
    received = await conversations.receive(incoming)
    await watch.drain()
    await conversations.hand_off(
        received.conversation_id, HandOffReason.asked, intent=None, summary="诉求：查件", seq=received.seq
    )
    return received.conversation_id


async def _hear(conversations, watch, incoming, *replies: Reply) -> list[str]:
    """One turn of the bot; what it said."""
    received = await conversations.receive(incoming)
    await watch.drain()
    turn = await conversations.next_turn(received.conversation_id)
    await conversations.answer(turn, replies or [Reply(text="答复")])
    messages = await conversations.messages_after(received.conversation_id, received.seq)
    return [message.text for message in messages]


# -- what follows, by the rules alone --------------------------------------------------------------


@pytest.mark.parametrize(
    ("moods", "priority"),
    [([], 0), ([CALM, HURRIED], 0), ([PERHAPS_ANGRY], 0), ([ANGRY, CALM], 1), ([CRITICAL], 2), ([ANGRY, DESPERATE], 3)],
)
def test_the_angry_and_before_them_the_critical_are_served_first(moods, priority):
    assert Temper.of(moods).priority == priority


def test_of_calm_people_there_is_nothing_to_tell():
    assert Temper.of([CALM, Mood(Sentiment.positive, 1.0, Urgency.routine, 1.0)]) == Temper()


@pytest.mark.parametrize(
    ("moods", "wants"),
    [
        ([], False),
        ([ANGRY], False),
        ([ANGRY, CALM], False),
        ([ANGRY, ANGRY], True),
        ([ANGRY, PERHAPS_ANGRY], False),
        ([CRITICAL], False),
        ([DESPERATE], True),
        ([DESPERATE, CALM], False),
    ],
)
def test_a_person_is_offered_to_the_twice_angry_and_the_desperate(moods, wants):
    assert wants_person(moods) is wants


# -- kept beside the message -----------------------------------------------------------------------


async def test_every_message_keeps_its_mood_whoever_has_the_conversation(conversations, watch, database, make_message):
    received = [await conversations.receive(make_message("骗子公司"))]
    await conversations.hand_off(
        received[0].conversation_id, HandOffReason.asked, intent=None, summary="", seq=received[0].seq
    )
    received.append(await conversations.receive(make_message("快点")))
    await conversations.accept(received[0].conversation_id, "li", "小李")
    received.append(await conversations.receive(make_message("你好")))
    await watch.drain()

    assert [await _mood(database, one) for one in received] == [ANGRY, HURRIED, CALM]


async def test_a_tapped_button_has_no_mood(conversations, watch, database, clock):
    tapped = IncomingMessage("web", "visitor-1", "b1", MessageKind.postback, "滚", clock(), payload="/goodbye")
    received = await conversations.receive(tapped)
    await watch.drain()

    assert await _mood(database, received) is None


async def test_a_reader_that_fails_costs_nothing_but_the_mood(conversations, database, make_message, caplog):
    class Broken(InMemoryMoodReader):
        def read(self, text: str) -> Mood:
            raise ValueError(text)

    watch = MoodWatch(conversations, Broken())
    with caplog.at_level(logging.CRITICAL, logger="bot.conversations.mood_watch"):
        said = await _hear(conversations, watch, make_message("滚"))
    received = await conversations.receive(make_message("在吗"))

    assert said == ["答复"]
    assert await _mood(database, received) is None
    await watch.drain()


async def test_nobody_waits_for_a_slow_reader(conversations, database, make_message):
    may_go_on = threading.Event()

    class Slow(InMemoryMoodReader):
        def read(self, text: str) -> Mood:
            may_go_on.wait(5)
            return ANGRY

    watch = MoodWatch(conversations, Slow())
    received = await conversations.receive(make_message("在吗"))
    turn = await conversations.next_turn(received.conversation_id)
    assert await conversations.answer(turn, [Reply(text="在的")])

    assert await _mood(database, received) is None
    may_go_on.set()
    await watch.drain()
    assert await _mood(database, received) == ANGRY


async def test_more_messages_than_may_wait_are_not_read(conversations, database, make_message):
    may_go_on = threading.Event()

    class Slow(InMemoryMoodReader):
        def read(self, text: str) -> Mood:
            may_go_on.wait(5)
            return ANGRY

    watch = MoodWatch(conversations, Slow(), backlog=1)
    first = await conversations.receive(make_message("一"))
    second = await conversations.receive(make_message("二"))
    may_go_on.set()
    await watch.drain()

    assert [await _mood(database, one) for one in (first, second)] == [ANGRY, None]


async def test_what_comes_while_a_person_has_it_is_read_together(conversations, database, make_message):
    class Counting(InMemoryMoodReader):
        def read_all(self, texts):
            together.append(list(texts))
            return super().read_all(texts)

    together: list[list[str]] = []
    watch = MoodWatch(conversations, Counting(MOODS))
    first = await _waiting(conversations, watch, make_message("找人工"))
    await conversations.accept(first, "li", "小李")
    together.clear()
    said = [await conversations.receive(make_message(text)) for text in ("在吗", "骗子公司", "快点")]
    await watch.drain()

    assert together == [["在吗", "骗子公司", "快点"]]
    assert [await _mood(database, one) for one in said] == [CALM, ANGRY, HURRIED]


async def test_one_text_that_cannot_be_read_costs_the_others_nothing(conversations, database, make_message, caplog):
    class Picky(InMemoryMoodReader):
        def read(self, text: str) -> Mood:
            if text == "乱码":
                raise ValueError(text)
            return super().read(text)

    watch = MoodWatch(conversations, Picky(MOODS))
    with caplog.at_level(logging.CRITICAL, logger="bot.conversations.mood_watch"):
        said = [await conversations.receive(make_message(text)) for text in ("滚", "乱码", "快点")]
        await watch.drain()

    assert [await _mood(database, one) for one in said] == [ANGRY, None, HURRIED]


# -- the queue -------------------------------------------------------------------------------------


async def test_the_queue_is_served_by_priority_then_by_waiting_time(conversations, watch, make_message, clock):
    ids = []
    for sender, text in (("a", "查件"), ("b", "骗子公司"), ("c", "查件"), ("d", "护照今晚要用"), ("e", "滚")):
        ids.append(await _waiting(conversations, watch, make_message(text, sender=sender)))
        clock.advance(timedelta(minutes=1))
    a, b, c, d, e = ids

    waiting = await conversations.waiting()

    assert [view.id for view in waiting] == [d, b, e, a, c]
    places = [(await conversations.view(one)).queue_position for one in (d, b, e, a, c)]
    assert places == [1, 2, 3, 4, 5]


async def test_who_turns_angry_while_waiting_moves_ahead(conversations, watch, make_message, clock):
    first = await _waiting(conversations, watch, make_message("查件", sender="a"))
    clock.advance(timedelta(minutes=1))
    second = await _waiting(conversations, watch, make_message("查件", sender="b"))

    await conversations.receive(make_message("骗子公司", sender="b"))
    await watch.drain()

    assert [view.id for view in await conversations.waiting()] == [second, first]


async def test_an_old_anger_is_forgotten(conversations, watch, make_message, clock):
    await conversations.receive(make_message("骗子公司"))
    await watch.drain()
    clock.advance(timedelta(hours=2))
    received = await conversations.receive(make_message("在吗"))
    await watch.drain()

    assert (await conversations.view(received.conversation_id)).sentiment is None


async def test_a_settled_matter_takes_the_anger_with_it(conversations, watch, make_message):
    conversation_id = await _waiting(conversations, watch, make_message("骗子公司"))
    await conversations.accept(conversation_id, "li", "小李")
    assert (await conversations.view(conversation_id)).sentiment is Sentiment.angry

    await conversations.resolve(conversation_id, "li")

    assert (await conversations.view(conversation_id)).sentiment is None


async def test_the_summary_for_the_agent_says_how_the_customer_feels(conversations, watch, make_message):
    upset = await _waiting(conversations, watch, make_message("药断了求求你们", sender="a"))
    calm = await _waiting(conversations, watch, make_message("查件", sender="b"))

    assert (await conversations.view(upset)).hand_off_summary == "诉求：查件\n客户情绪：不满，危急"
    assert (await conversations.view(calm)).hand_off_summary == "诉求：查件"


# -- the bot's offer -------------------------------------------------------------------------------


async def test_a_person_is_offered_once_after_the_answer(conversations, watch, make_message, clock):
    assert len(await _hear(conversations, watch, make_message("骗子公司"))) == 1

    answer, offer = await _hear(conversations, watch, make_message("滚"))
    again = await _hear(conversations, watch, make_message("骗子公司"))

    assert answer == "答复"
    assert "转人工" in offer
    assert again == ["答复"]


async def test_the_offer_can_be_tapped(conversations, watch, make_message):
    received = await conversations.receive(make_message("药断了求求你们"))
    await watch.drain()
    turn = await conversations.next_turn(received.conversation_id)
    await conversations.answer(turn, [Reply(text="答复")])

    offer = (await conversations.messages_after(received.conversation_id, received.seq))[-1]

    assert offer.author == "bot"
    assert [button.payload for button in offer.buttons] == ["/request_human"]


async def test_an_answer_that_offers_a_person_itself_needs_no_second_offer(conversations, watch, make_message):
    own = Reply(text="需要人工吗", buttons=(Button(title="转人工", payload="/request_human"),))

    assert await _hear(conversations, watch, make_message("药断了求求你们"), own) == ["需要人工吗"]
    assert len(await _hear(conversations, watch, make_message("药断了求求你们"))) == 2


async def test_on_another_day_a_person_is_offered_anew(conversations, watch, make_message, clock):
    assert len(await _hear(conversations, watch, make_message("药断了求求你们"))) == 2
    clock.advance(OFFER_AGAIN_AFTER)

    assert len(await _hear(conversations, watch, make_message("药断了求求你们"))) == 2


async def test_calm_customers_get_the_answer_alone(conversations, watch, make_message):
    assert await _hear(conversations, watch, make_message("护照今晚要用")) == ["答复"]
