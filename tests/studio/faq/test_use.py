from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from bot.clock import local
from bot.conversations.model import Conversation, Message
from bot.conversations.moves import ConversationMove
from bot.conversations.ratings import Rating
from bot.customers.model import Customer
from bot.db import Database
from bot.studio.faq.use import NEVER, FaqUse, TopicUse
from bot.tickets.model import ServiceSummary
from tests.conftest import FrozenClock

TOPIC = "price.how_charged"
TODAY = date(2026, 3, 4)

Ask = Callable[..., Awaitable[None]]


@pytest.fixture
def use(database: Database, clock: FrozenClock) -> FaqUse:
    return FaqUse(database, clock)


@pytest.fixture
def ask(database: Database, clock: FrozenClock) -> Ask:
    """``await ask(topic, ..., then=None, after=minutes, score=None, at=None)``: a conversation with these answers."""

    async def ask(
        *topics: str, then: str | None = None, after: float = 1, score: int | None = None, at: datetime | None = None
    ) -> None:
        begun = at or clock()
        customer = Customer(id=uuid4(), name=None, verified_phone=None, merged_into=None, created_at=begun)
        conversation = Conversation(
            id=uuid4(), customer_id=customer.id, channel="web", reply_channel="web", reply_address="x",
            created_at=begun, updated_at=begun,
        )  # fmt: skip
        later = begun + timedelta(minutes=after)
        async with database.transaction() as session:
            session.add(customer)
            await session.flush()
            session.add(conversation)
            await session.flush()
            for number, topic in enumerate(topics):
                moment = begun if number == 0 else later
                session.add(said(conversation, 2 * number + 1, "faq", moment))
                session.add(answered(conversation, 2 * number + 1, topic, moment))
            if then == "person":
                session.add(moved(conversation, later))
            elif then is not None:
                session.add(said(conversation, 2 * len(topics) + 1, then, later))
            if score is not None:
                session.add(rated(conversation, 2 * len(topics) - 1, score, later))

    return ask


def said(conversation: Conversation, seq: int, intent: str, at: datetime) -> Message:
    return Message(
        conversation_id=conversation.id, seq=seq, author="customer", text="问", buttons=[],
        understood={"intent": intent}, created_at=at,
    )  # fmt: skip


def answered(conversation: Conversation, seq: int, topic: str, at: datetime) -> ServiceSummary:
    turn = f"{conversation.id}:{seq}:faq"
    values = {"wrap_up_code": "faq", "text": f"知识问答：{topic}", "by": "bot", "waybill_no": None}
    return ServiceSummary(conversation_id=conversation.id, turn=turn, at=at, details=None, **values)


def moved(conversation: Conversation, at: datetime) -> ConversationMove:
    values = {"before": "bot", "after": "queued", "who": "customer", "why": "", "agent": None, "team": None}
    return ConversationMove(conversation_id=conversation.id, move="queue", lasted_s=0.0, at=at, **values)


def rated(conversation: Conversation, seq: int, score: int, at: datetime) -> Rating:
    return Rating(
        conversation_id=conversation.id, seq=seq, about="bot", agent_name=None, score=score, reasons=[], comment="",
        offered_at=at, answered_at=at,
    )  # fmt: skip


async def test_an_answer_nobody_came_back_to_has_helped(use: FaqUse, ask: Ask) -> None:
    await ask(TOPIC)
    await ask(TOPIC, then="thank")

    await use.count()

    assert await use.latest() == {TOPIC: TopicUse(uses=2)}


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ("person", TopicUse(uses=1, handed_over=1, unhelped=1)),
        ("dissatisfied", TopicUse(uses=1, asked_again=1, unhelped=1)),
        ("query_waybill", TopicUse(uses=1)),
    ],
)
async def test_what_follows_within_ten_minutes_counts(use: FaqUse, ask: Ask, then: str, expected: TopicUse) -> None:
    await ask(TOPIC, then=then, after=9)

    await use.count()

    assert (await use.latest())[TOPIC] == expected


@pytest.mark.parametrize("then", ["person", "dissatisfied"])
async def test_what_follows_later_says_nothing_about_the_answer(use: FaqUse, ask: Ask, then: str) -> None:
    await ask(TOPIC, then=then, after=11)

    await use.count()

    assert (await use.latest())[TOPIC] == TopicUse(uses=1)


async def test_the_same_asked_twice_did_not_help_the_first_time(use: FaqUse, ask: Ask) -> None:
    await ask(TOPIC, TOPIC)
    await ask(TOPIC, "service.holiday")

    await use.count()

    assert await use.latest() == {
        TOPIC: TopicUse(uses=3, asked_again=1, unhelped=1),
        "service.holiday": TopicUse(uses=1),
    }


async def test_a_score_of_the_bot_counts_for_what_it_answered_before(use: FaqUse, ask: Ask) -> None:
    await ask(TOPIC, "service.holiday", score=2)
    await ask(TOPIC, score=5)

    await use.count()

    found = await use.latest()
    assert (found[TOPIC].rated, found[TOPIC].score) == (2, 3.5)
    assert (found["service.holiday"].rated, found["service.holiday"].score) == (1, 2)


async def test_days_are_those_of_the_business(use: FaqUse, ask: Ask, clock: FrozenClock) -> None:
    await ask(TOPIC, at=local(clock()).replace(hour=0, minute=0))
    await ask(TOPIC, at=local(clock()).replace(hour=0, minute=0) - timedelta(seconds=1))

    await use.count()

    assert [day for day, _ in await use.days(TOPIC)] == [date(2026, 3, 3), TODAY]


async def test_counting_again_takes_in_what_came_later_and_counts_nothing_twice(
    use: FaqUse, ask: Ask, clock: FrozenClock
) -> None:
    await ask(TOPIC)
    await use.count()
    await ask(TOPIC)
    await use.count()
    clock.advance(timedelta(minutes=2))

    assert (await use.latest())[TOPIC].uses == 2


async def test_days_are_closed_when_nobody_can_rate_them_any_more(use: FaqUse, clock: FrozenClock) -> None:
    assert len(await use.count()) == 30
    assert await use.count() == [date(2026, 3, 2), date(2026, 3, 3), TODAY]
    clock.advance(timedelta(days=3))
    assert (await use.count())[0] == date(2026, 3, 2)
    assert (await use.count())[0] == date(2026, 3, 5)


async def test_what_is_older_than_thirty_days_is_told_no_more(use: FaqUse, ask: Ask, clock: FrozenClock) -> None:
    await ask(TOPIC)
    await use.count()
    clock.advance(timedelta(days=30))

    assert await use.latest() == {}


def test_a_few_discontent_customers_are_no_low_satisfaction() -> None:
    assert not TopicUse(uses=9, unhelped=9).is_low
    assert TopicUse(uses=10, unhelped=4).is_low
    assert not TopicUse(uses=10, unhelped=3).is_low
    assert TopicUse(uses=5, rated=5, scores=17).is_low
    assert not NEVER.is_low
    assert NEVER.helped is None
