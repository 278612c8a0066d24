"""A miss is dealt with in one step: what is taught is nobody's, and it can be taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff.tables import AuditEntry
from bot.studio.drafts.model import Marked
from bot.studio.misses.kinds import MissState
from bot.studio.misses.lists import Filters
from bot.studio.misses.masking import Mark
from bot.studio.misses.mending import AsEntry, AsExamples, AsOutOfScope, AsPhrasings, Ignored
from bot.studio.misses.replacing import Worded, traces
from bot.studio.misses.tables import Miss, MissGroup, MissMend
from tests.studio.misses.builders import HE, LINA, ROOT, ZHOU, MissSite, make_entry, not_understood


async def missed(site: MissSite, *texts: str) -> list[int]:
    """Ids of misses with these texts, in this order."""
    for number, text in enumerate(texts):
        await site.talk(f"visitor-{number}-{text}").asks(text, not_understood())
    await site.settle()
    async with site.database.transaction() as session:
        ids = await session.execute(select(Miss.id).order_by(Miss.at))
        return [row.id for row in ids]


async def states(site: MissSite) -> list[str]:
    async with site.database.transaction() as session:
        return list(await session.scalars(select(Miss.state).order_by(Miss.at)))


async def open_in_groups(site: MissSite) -> int:
    async with site.database.transaction() as session:
        return sum(await session.scalars(select(MissGroup.open)))


async def test_a_miss_becomes_an_example_with_a_made_up_number(site: MissSite) -> None:
    ids = await missed(site, "YD2026000000011快点送来")
    done = await site.misses.mend(HE, ids, AsExamples("urge_delivery"))
    (example,) = site.content.examples

    assert (done.misses, done.added, done.left) == (1, 1, 0)
    assert example.intent == "urge_delivery"
    assert example.text.startswith("YD2000")
    assert example.text.endswith("快点送来")
    assert list(example.entities) == [Marked(0, 15, "waybill_no")]
    assert traces(example.text) == []
    assert await states(site) == ["mended"]


async def test_entities_that_the_trainer_marked_are_taught(site: MissSite) -> None:
    ids = await missed(site, "寄到火星多少钱")
    text = Worded(" 寄到北京多少钱 ", (Mark(3, 5, "region"),))
    await site.misses.mend(HE, ids, AsExamples("query_price", (text,)))

    assert site.content.examples[0].text == "寄到北京多少钱"
    assert list(site.content.examples[0].entities) == [Marked(2, 4, "region")]


@pytest.mark.parametrize(
    "text", ["打13812345678找我", "YD2026000000011到哪了", "〔姓名〕收到没", "6222021234567890123"]
)
async def test_what_tells_of_a_real_person_is_never_taught(site: MissSite, text: str) -> None:
    ids = await missed(site, "帮我看看这个")
    with pytest.raises(RefusedError, match="虚构"):
        await site.misses.mend(HE, ids, AsExamples("query_waybill", (Worded(text, ()),)))
    with pytest.raises(RefusedError, match="虚构"):
        await site.misses.mend(HE, ids, AsPhrasings("sending.batteries", (text,)))
    with pytest.raises(RefusedError, match="虚构"):
        await site.misses.mend(HE, ids, AsEntry(make_entry(answer=f"请联系{text}")))

    assert (site.content.examples, site.content.phrasings, site.content.entries) == ([], [], [])
    assert await states(site) == ["open"]


async def test_marks_outside_the_sentence_are_refused(site: MissSite) -> None:
    ids = await missed(site, "寄到火星多少钱")
    with pytest.raises(RefusedError, match="位置"):
        await site.misses.mend(
            HE, ids, AsExamples("query_price", (Worded("寄到北京", (Mark(0, 3, "region"), Mark(2, 4, "region"))),))
        )


async def test_a_group_is_mended_in_bulk_and_the_same_sentence_is_taught_once(site: MissSite) -> None:
    ids = await missed(site, "充电宝能寄吗", "充电宝能寄吗", "充电宝能寄不")
    done = await site.misses.mend(HE, ids, AsPhrasings("sending.batteries"))

    assert done.misses == 3
    assert site.content.phrasings == [("sending.batteries", "充电宝能寄吗"), ("sending.batteries", "充电宝能寄不")]
    assert await states(site) == ["mended"] * 3
    assert await open_in_groups(site) == 0


async def test_what_was_not_taken_for_a_question_is_taught_as_one(site: MissSite) -> None:
    await site.talk("v0").asks("充电宝能寄吗", not_understood(), intent="faq")
    await site.talk("v1").asks("锂电的东西收不收", not_understood(), intent="out_of_scope")
    await site.settle()
    async with site.database.transaction() as session:
        ids = list(await session.scalars(select(Miss.id).order_by(Miss.at)))
    await site.misses.mend(HE, ids, AsPhrasings("sending.batteries", ("充电宝能寄吗", "锂电的东西收不收", "电瓶车呢")))

    assert site.content.misheard == ["锂电的东西收不收"]


async def test_a_new_entry_is_written_from_misses(site: MissSite) -> None:
    ids = await missed(site, "半夜送不送货")
    done = await site.misses.mend(HE, ids, AsEntry(make_entry()))

    assert site.content.entries == [make_entry()]
    async with site.database.transaction() as session:
        mend = await session.get(MissMend, done.id)
    assert (mend.target, mend.commit) == ("topic:delivery.night", "commit-1")


async def test_out_of_scope_is_taught_and_ignoring_teaches_nothing(site: MissSite) -> None:
    first, second = await missed(site, "讲个鬼故事", "嗯嗯嗯啊")
    await site.misses.mend(HE, [first], AsOutOfScope())
    await site.misses.mend(HE, [second], Ignored())

    assert [(one.intent, one.text) for one in site.content.examples] == [("out_of_scope", "讲个鬼故事")]
    assert await states(site) == ["out_of_scope", "ignored"]


async def test_undo_takes_back_the_content_and_opens_the_misses(site: MissSite) -> None:
    ids = await missed(site, "充电宝能寄吗", "充电宝能寄不")
    done = await site.misses.mend(HE, ids, AsPhrasings("sending.batteries"))
    assert (await site.misses.latest(HE)).id == done.id

    assert await site.misses.undo(HE, done.id) == 2
    assert site.content.undone == ["commit-1"]
    assert await states(site) == ["open", "open"]
    assert await open_in_groups(site) == 2
    assert await site.misses.latest(HE) is None
    with pytest.raises(RefusedError, match="撤销过"):
        await site.misses.undo(HE, done.id)


async def test_only_who_did_it_or_an_administrator_takes_it_back(site: MissSite) -> None:
    from bot.staff.model import Actor, Role

    ids = await missed(site, "嗯嗯嗯啊")
    done = await site.misses.mend(HE, ids, Ignored())
    with pytest.raises(RefusedError, match="he"):
        await site.misses.undo(Actor("agent:other", Role.trainer), done.id)
    assert await site.misses.undo(ROOT, done.id) == 1


async def test_a_miss_is_dealt_with_once(site: MissSite) -> None:
    ids = await missed(site, "嗯嗯嗯啊", "哦哦哦哦啊")
    await site.misses.mend(HE, ids[:1], Ignored())
    with pytest.raises(IllegalMoveError, match="he"):
        await site.misses.mend(ROOT, ids[:1], Ignored())

    assert (await site.misses.mend(ROOT, ids, Ignored())).misses == 1


async def test_how_long_it_waited_who_did_it_and_why_are_kept(site: MissSite) -> None:
    ids = await missed(site, "嗯嗯嗯啊")
    site.clock.advance(timedelta(hours=3))
    done = await site.misses.mend(HE, ids, Ignored(), why="没有意思")
    async with site.database.transaction() as session:
        mend = await session.get(MissMend, done.id)
        entry = (await session.scalars(select(AuditEntry))).one()

    assert 3 * 3600 < mend.waited_s < 3 * 3600 + 120
    assert (entry.what, entry.who, entry.why, entry.details["misses"]) == ("miss.mended", "he", "没有意思", 1)


async def test_what_the_draft_refuses_leaves_the_misses_open(site: MissSite) -> None:
    ids = await missed(site, "充电宝能寄吗")
    site.content.refuses = "问法重复"
    with pytest.raises(RefusedError, match="问法重复"):
        await site.misses.mend(HE, ids, AsPhrasings("sending.batteries"))

    assert await states(site) == ["open"]


async def test_supervisors_look_trainers_change_and_agents_do_neither(site: MissSite) -> None:
    ids = await missed(site, "充电宝能寄吗")
    assert len((await site.misses.groups(ZHOU, Filters())).groups) == 1
    assert (await site.misses.beside(ZHOU, ids[0])).miss.id == ids[0]
    for refused in (
        site.misses.mend(ZHOU, ids, Ignored()),
        site.misses.warnings(ZHOU, ["充电宝"]),
        site.misses.groups(LINA, Filters()),
        site.misses.members(LINA, Filters()),
        site.misses.beside(LINA, ids[0]),
        site.misses.answers(LINA, ids),
        site.misses.proposed(LINA, ids),
        site.misses.counts(LINA),
    ):
        with pytest.raises(AccessRefusedError):
            await refused
    assert await site.misses.counts(ZHOU) == {
        MissState.open: 1,
        MissState.mended: 0,
        MissState.out_of_scope: 0,
        MissState.ignored: 0,
    }


async def test_what_is_not_there_cannot_be_mended(site: MissSite) -> None:
    with pytest.raises(NotFoundError):
        await site.misses.mend(HE, [12345], Ignored())
    with pytest.raises(RefusedError, match="选择"):
        await site.misses.mend(HE, [], Ignored())
    with pytest.raises(RefusedError, match="意图"):
        await site.misses.mend(HE, await missed(site, "嗯嗯嗯啊"), AsExamples(""))
