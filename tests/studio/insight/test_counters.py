import random
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.studio.insight.counters import Counters
from bot.studio.insight.slices import HOUR, SETTLED_AFTER, due, hour_of, is_settled
from bot.studio.insight.tables import DayCount, SliceCount
from bot.waybills.months import Months
from tests.studio.insight.builders import (
    answer_faq,
    counts,
    full_count,
    go_on,
    hand_over,
    make_contact,
    of,
    rate,
    suggest,
)
from tests.studio.sets.builders import heard, make_conversation, say

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)


@pytest.fixture
def counters(database, clock):
    return Counters(database, clock)


@pytest.fixture
async def months(database, clock):
    await Months(database, clock).prepare()


# -- which hours -------------------------------------------------------------------------------------


def test_an_hour_is_counted_again_until_nothing_of_it_can_change():
    hour = hour_of(NOW)

    assert hour in due(hour, NOW + timedelta(minutes=1), {})
    assert hour in due(hour, NOW + timedelta(minutes=2), {hour: NOW + timedelta(minutes=1)})
    assert hour not in due(hour, NOW + timedelta(hours=5, minutes=10), {hour: NOW + timedelta(hours=5)})
    assert hour in due(hour, NOW + timedelta(hours=5, minutes=31), {hour: NOW + timedelta(hours=5)})
    over = hour + HOUR + SETTLED_AFTER
    assert hour in due(hour, over, {hour: over - timedelta(seconds=1)})
    assert hour not in due(hour, over + timedelta(days=9), {hour: over})


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 5000), max_size=40), st.integers(0, 5000))
def test_whatever_was_counted_the_newest_comes_first_and_what_is_settled_never(counted, minutes):
    first = NOW - timedelta(hours=60)
    now = first + timedelta(minutes=minutes)
    known = {hour_of(first + h * HOUR): first + timedelta(minutes=at) for h, at in counted.items()}
    found = due(first, now, known)

    assert found == sorted(found, reverse=True)
    assert not any(hour in known and is_settled(hour, known[hour]) for hour in found)
    assert all(hour in found or hour in known for hour in (hour_of(now), hour_of(first)) if first <= hour <= now)


# -- what is counted ---------------------------------------------------------------------------------


async def test_messages_typed_to_the_bot_are_counted_by_intent(counters, database, clock):
    talk = await make_contact(database, clock(), "query_waybill", "query_waybill", "nlu_fallback")
    await say(database, talk, 4, "查快递", clock(), payload="/query_waybill", understood=heard("query_waybill"))
    await say(database, talk, 5, "在吗", clock())
    await counters.run()

    assert of(await counts(database), "heard") == {"query_waybill": (2, 1.6), "nlu_fallback": (1, 0.8)}


async def test_a_contact_without_a_person_is_resolved(counters, database, clock):
    await make_contact(database, clock(), "greet", "query_waybill", "thank")
    await counters.run()

    assert of(await counts(database), "contact") == {"resolved": (1, 0)}


async def test_small_talk_alone_is_no_contact(counters, database, clock):
    await make_contact(database, clock(), "greet", "thank")
    await counters.run()

    assert of(await counts(database), "contact") == {}


async def test_who_leaves_discontent_was_not_helped(counters, database, clock):
    await make_contact(database, clock(), "query_waybill", "dissatisfied")
    await make_contact(database, clock(), "query_waybill", "nlu_fallback")
    await counters.run()

    assert of(await counts(database), "contact") == {"given_up": (2, 0)}


@pytest.mark.parametrize(
    ("move", "why", "key"),
    [("queue", "unsure、handover.plain@v3", "unsure"), ("promise", "asked", "asked"), ("take_over", "", "taken_over")],
)
async def test_a_hand_over_counts_by_its_reason(counters, database, clock, move, why, key):
    talk = await make_contact(database, clock(), "query_waybill")
    await hand_over(database, talk, clock() + timedelta(minutes=9), why, move)
    await counters.run()

    assert of(await counts(database), "contact") == {key: (1, 0)}


@pytest.mark.parametrize(("later", "repeated"), [(timedelta(hours=23), 1), (timedelta(hours=25), 0)])
async def test_who_comes_back_within_a_day_was_perhaps_not_helped(counters, database, clock, later, repeated):
    began = clock()
    talk = await make_contact(database, began, "query_waybill")
    await make_contact(database, began + later, "query_waybill", channel="wechat:gh_1", of=talk)
    clock.advance(timedelta(hours=26))
    await counters.run()

    found = await counts(database)
    assert found["contact", "web", "resolved"] == (1, repeated)
    assert found["contact", "wechat", "resolved"] == (1, 0)


async def test_two_hours_of_silence_part_two_contacts(counters, database, clock):
    talk = await make_contact(database, clock(), "query_waybill")
    await go_on(database, talk, clock() + timedelta(minutes=119), "query_eta", first=2)
    await go_on(database, talk, clock() + timedelta(minutes=119 + 121), "query_eta", first=3)
    clock.advance(timedelta(hours=5))
    await counters.run()

    assert of(await counts(database), "contact") == {"resolved": (2, 1)}


async def test_what_customers_of_a_person_write_is_no_contact_of_the_bot(counters, database, clock):
    talk = await make_conversation(database, clock())
    await say(database, talk, 1, "谢谢客服", clock())
    await counters.run()

    assert await counts(database) == {}


async def test_ratings_count_on_the_day_they_were_offered(counters, database, clock):
    for score, about in ((5, "bot"), (5, "bot"), (1, "bot"), (4, "agent"), (None, "bot")):
        await rate(database, await make_contact(database, clock(), "query_eta"), clock(), score, about)
    await counters.run()

    assert of(await counts(database), "rating") == {"bot:5": (2, 10), "bot:1": (1, 1), "agent:4": (1, 4)}


@pytest.mark.usefixtures("months")
async def test_an_answer_that_is_followed_by_discontent_did_not_help(counters, database, clock):
    good = await make_contact(database, clock(), "faq", "thank")
    bad = await make_contact(database, clock(), "faq", "dissatisfied")
    handed = await make_contact(database, clock(), "faq")
    none = await make_contact(database, clock(), "faq")
    for talk in (good, bad, handed):
        await answer_faq(database, talk, 1, "price.how_charged", clock())
    await hand_over(database, handed, clock() + timedelta(minutes=5))
    await counters.run()

    assert none is not None
    assert of(await counts(database), "answered") == {"price.how_charged": (3, 2)}
    assert of(await counts(database), "unanswered") == {"": (1, 0)}


async def test_what_agents_made_of_suggestions_is_counted(counters, database, clock):
    for outcome in ("used", "edited", "edited", None):
        await suggest(database, await make_conversation(database, clock()), "price.how_charged", clock(), outcome)
    await make_contact(database, clock(), "query_eta")
    await counters.run()

    assert of(await counts(database), "suggested") == {
        "price.how_charged:used": (1, 0),
        "price.how_charged:edited": (2, 0),
    }


async def test_rehearsals_are_not_counted(counters, database, clock):
    await make_contact(database, clock(), "query_eta", channel="studio")
    await counters.run()

    assert await counts(database) == {}


# -- kept up to date ---------------------------------------------------------------------------------


async def test_what_is_understood_later_is_counted_then(counters, database, clock):
    talk = await make_conversation(database, clock())
    await say(database, talk, 1, "到哪了", clock())
    await counters.run()
    assert await counts(database) == {}
    await go_on(database, talk, clock(), "query_waybill", first=2)
    clock.advance(timedelta(minutes=1))
    await counters.run()

    assert of(await counts(database), "heard") == {"query_waybill": (1, 0.8)}


async def test_a_contact_of_yesterday_changes_when_the_customer_comes_back(counters, database, clock):
    talk = await make_contact(database, clock(), "query_waybill")
    await counters.run()
    assert of(await counts(database), "contact") == {"resolved": (1, 0)}
    clock.advance(timedelta(hours=20))
    await go_on(database, talk, clock(), "query_waybill", first=9)
    await counters.run()

    assert of(await counts(database), "contact") == {"resolved": (2, 1)}


async def test_a_run_stops_when_its_time_is_up_and_the_next_goes_on(database, clock):
    await make_contact(database, clock() - timedelta(hours=5), "query_eta")
    counters = Counters(database, clock, budget_s=0)

    assert [await counters.run() for _ in range(7)] == [1, 1, 1, 1, 1, 1, 0]
    assert of(await counts(database), "heard") == {"query_eta": (1, 0.8)}


async def test_hours_are_forgotten_once_their_day_is_over_and_the_day_stays(counters, database, clock):
    await make_contact(database, clock() - timedelta(days=1), "query_eta")
    await make_contact(database, clock(), "query_eta")
    await counters.run()
    clock.advance(timedelta(days=6))
    await counters.run()
    async with database.transaction() as session:
        hours = (await session.scalars(select(SliceCount.at).where(SliceCount.at >= NOW - timedelta(hours=10)))).all()
        days = await session.scalar(select(func.sum(DayCount.n)).where(DayCount.metric == "heard"))

    assert hours == []
    assert days == 2


@pytest.mark.usefixtures("months")
@pytest.mark.parametrize("seed", range(3))
async def test_what_was_counted_bit_by_bit_is_what_a_full_count_finds(counters, database, clock, seed):
    luck = random.Random(seed)
    first = clock()
    talks: list[UUID] = []
    for _ in range(16):
        clock.advance(timedelta(minutes=luck.randrange(1, 150)))
        old = luck.choice(talks) if talks and luck.random() < 0.5 else None
        talks.append(await happen(database, clock(), luck, old))
        if luck.random() < 0.3:
            await counters.run()
    clock.advance(SETTLED_AFTER + HOUR)
    await counters.run()

    assert await counts(database) == await full_count(database, first, clock())


async def happen(database, at, luck, old):
    """Some contact or other, of somebody new or known."""
    intents = luck.choices(["query_waybill", "faq", "nlu_fallback", "dissatisfied", "greet"], k=luck.randrange(1, 4))
    talk = await make_contact(database, at, *intents, channel=luck.choice(["web", "sms", "wechat:gh"]), of=old)
    if luck.random() < 0.3:
        await hand_over(database, talk, at + timedelta(minutes=luck.randrange(60)), luck.choice(["asked", "vip"]))
    if luck.random() < 0.5:
        await answer_faq(database, talk, 1, luck.choice(["price.how_charged", "service.products"]), at)
    if luck.random() < 0.3:
        await rate(database, talk, at, luck.randrange(1, 6))
    return talk
