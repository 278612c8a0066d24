"""Lists are cut in every way and paged; what stands beside a miss shows nobody."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.conversations.model import HandOffReason
from bot.errors import BadQueryError, NotFoundError
from bot.studio.misses.kinds import GroupSort, MissCause, MissState
from bot.studio.misses.lists import Filters
from bot.studio.misses.mending import Ignored
from bot.studio.misses.tables import Miss
from tests.fakes import FakeCandidate, FakeRetrieval
from tests.studio.misses.builders import HE, ZHOU, MissSite, declined, not_understood


async def miss(site: MissSite, *texts: str, channel: str = "web", reply=not_understood) -> None:
    for number, text in enumerate(texts):
        await site.talk(f"{channel}-{text}-{number}", channel).asks(text, reply())
    await site.settle()


async def texts(site: MissSite, filters: Filters, **more) -> list[str]:
    return [one.text for one in (await site.misses.members(ZHOU, filters, **more)).misses]


async def test_misses_are_cut_by_cause_channel_time_state_and_words(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗")
    site.clock.advance(timedelta(days=2))
    await miss(site, "天气怎么样呢", channel="sms", reply=declined)
    last = (await site.misses.members(ZHOU, Filters())).misses[0]
    now = site.clock()

    assert await texts(site, Filters(cause=MissCause.declined)) == ["天气怎么样呢"]
    assert await texts(site, Filters(channel="sms")) == ["天气怎么样呢"]
    assert await texts(site, Filters(until=now - timedelta(days=1))) == ["充电宝能寄吗"]
    assert await texts(site, Filters(since=now - timedelta(days=1))) == ["天气怎么样呢"]
    assert await texts(site, Filters(text="电宝")) == ["充电宝能寄吗"]
    assert await texts(site, Filters(text="%")) == []
    await site.misses.mend(HE, [last.id], Ignored())
    assert await texts(site, Filters()) == ["充电宝能寄吗"]
    assert await texts(site, Filters(state=MissState.ignored)) == ["天气怎么样呢"]
    assert len(await texts(site, Filters(state=None))) == 2


async def test_pages_follow_each_other_without_a_gap(site: MissSite) -> None:
    await miss(site, *(f"没听懂的话{sign}" for sign in "甲乙丙丁戊"))
    seen, cursor = [], None
    while True:
        page = await site.misses.members(ZHOU, Filters(), cursor=cursor, limit=2)
        seen += [one.text for one in page.misses]
        if page.next is None:
            break
        cursor = page.next

    assert seen == [f"没听懂的话{sign}" for sign in "戊丁丙乙甲"]


async def test_groups_are_counted_within_the_filters_and_their_trend_is_of_two_weeks(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗", "充电宝能寄吗呀")
    site.clock.advance(timedelta(days=8))
    await miss(site, "充电宝能寄吗", "今天天气怎么样", "今天天气怎么样", channel="sms")
    big, small = (await site.misses.groups(ZHOU, Filters())).groups
    growing = (await site.misses.groups(ZHOU, Filters(), sort=GroupSort.growth)).groups[0]
    on_sms = (await site.misses.groups(ZHOU, Filters(channel="sms"))).groups

    assert (big.count, big.this_week, big.before) == (3, 1, 2)
    assert (small.count, small.this_week, small.before) == (2, 2, 0)
    assert growing.id == small.id
    assert [(one.id, one.count) for one in on_sms] == [(small.id, 2), (big.id, 1)]
    assert [one.id for one in (await site.misses.groups(ZHOU, Filters(), limit=1)).groups] == [big.id]
    after = (await site.misses.groups(ZHOU, Filters(), limit=1)).next
    assert [one.id for one in (await site.misses.groups(ZHOU, Filters(), cursor=after)).groups] == [small.id]


@pytest.mark.parametrize("cursor", ["x", "bnVsbA==", "e30=", "WyJ4Il0="])
async def test_nonsense_for_a_page_is_refused(site: MissSite, cursor: str) -> None:
    with pytest.raises(BadQueryError):
        await site.misses.members(ZHOU, Filters(), cursor=cursor)
    with pytest.raises(BadQueryError):
        await site.misses.groups(ZHOU, Filters(), cursor=cursor)


async def test_the_conversation_beside_a_miss_is_masked_and_its_place_is_shown(site: MissSite) -> None:
    talk = site.talk()
    await talk.asks("我电话13812345678", intent="inform")
    await talk.asks("那个东西弄下", not_understood(), ranking=[{"name": "urge_delivery", "confidence": 0.3}])
    await site.settle()
    site.faq.found["那个东西弄下"] = FakeRetrieval("ask", [FakeCandidate("sending.batteries", "充电宝能寄吗", 0.7)])
    async with site.database.transaction() as session:
        miss_id = await session.scalar(select(Miss.id))
    beside = await site.misses.beside(ZHOU, miss_id)

    assert "13812345678" not in str(beside)
    assert [one.text for one in beside.said if one.author == "customer"] == ["我电话〔电话〕", "那个东西弄下"]
    assert [one.is_it for one in beside.said if one.author == "customer"] == [False, True]
    assert beside.faq.decision == "ask"
    assert {one.target for one in beside.suggestions} >= {"topic:sending.batteries", "intent:urge_delivery"}
    assert sum(one.share for one in beside.suggestions) == pytest.approx(1)
    assert "".join(piece for piece, _ in beside.words) == "那个东西弄下"


async def test_a_miss_that_is_not_there_is_said_so(site: MissSite) -> None:
    with pytest.raises(NotFoundError):
        await site.misses.beside(ZHOU, 99)


async def test_answers_for_a_new_entry_come_from_what_agents_said_masked(site: MissSite) -> None:
    talk = site.talk()
    seq = await talk.asks("半夜送货不", not_understood())
    await talk.hand_off(HandOffReason.unsure, seq)
    await talk.agent_takes_it()
    await talk.agent_says("您好，晚上八点以后不派送，急件请打13812345678。")
    await site.settle()
    async with site.database.transaction() as session:
        ids = list(await session.scalars(select(Miss.id)))

    assert await site.misses.answers(ZHOU, ids) == ["您好，晚上八点以后不派送，急件请打〔电话〕。"]


async def test_both_halves_of_a_page_are_quick_for_a_plain_list(site: MissSite) -> None:
    """Nothing is counted that is counted already."""
    await miss(site, "充电宝能寄吗")
    (group,) = (await site.misses.groups(ZHOU, Filters())).groups

    assert (await site.misses.group(ZHOU, group.id, Filters())) == group
    with pytest.raises(NotFoundError):
        await site.misses.group(ZHOU, group.id + 1, Filters())
