from pathlib import Path

import pytest

from bot.db import Database
from bot.errors import AccessRefusedError, EntryNotFoundError, EntryRefusedError, StaleEntryError
from bot.staff.audit import Filter, Trail
from bot.studio.drafts.model import Marked, NewExample, WarningKind
from bot.studio.drafts.service import Drafts
from tests.studio.drafts.builders import EVALUATED, HE, LIN, LINA

PRICE = "nlu_data/intents/query_price.yml"


async def texts(drafts: Drafts, intent: str = "query_price") -> list[str]:
    return [example.text for example in (await drafts.examples(intent)).items]


async def first(drafts: Drafts, intent: str = "query_price"):
    return (await drafts.examples(intent)).items[0]


async def written(drafts: Drafts, tmp_path: Path, path: str) -> str:
    folder = tmp_path / "out"
    await drafts.tree(await drafts.head(), folder)
    return (folder / path).read_text()


async def test_intents_have_titles_counts_and_say_how_many_they_need(drafts):
    price, waybill = await drafts.intents()

    assert (price.name, price.zh, price.examples, price.least) == ("query_price", "查运费", 3, 100)
    assert (waybill.name, waybill.zh, waybill.changed) == ("query_waybill", "查件", False)


async def test_added_examples_stand_at_the_end_of_their_intent_in_one_commit(drafts, tmp_path):
    new = [NewExample("query_price", "寄到成都几块"), NewExample("query_waybill", "  我的件在\n哪 ")]

    added = await drafts.add_examples(HE, new, why="客户常问")

    assert await texts(drafts) == ["寄到北京多少钱", "三公斤到广州运费多少", "发[新疆](region)咋收", "寄到成都几块"]
    assert (await texts(drafts, "query_waybill"))[-1] == "我的件在 哪"
    assert len(added.ids) == 2
    assert added.commit == await drafts.head()
    assert [line.changed for line in await drafts.intents()] == [True, True]
    assert (await written(drafts, tmp_path, PRICE)).endswith("    - 发[新疆](region)咋收\n    - 寄到成都几块\n")


async def test_an_entity_is_marked_by_its_place_in_the_bare_text(drafts):
    await drafts.add_examples(HE, [NewExample("query_price", "寄到成都几块", [Marked(2, 4, "region")])], why="标注")

    assert (await texts(drafts))[-1] == "寄到[成都](region)几块"


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ([NewExample("query_price", "我的快递到哪里了呀？")], "已经是意图 query_waybill 的例句"),
        ([NewExample("query_price", "寄到北京多少钱!")], "已经是意图 query_price 的例句"),
        ([NewExample("query_price", "寄成都"), NewExample("query_waybill", "寄成都。")], "在这一批里写了两遍"),
        ([NewExample("query_gold", "金价")], "没有意图 query_gold"),
        ([NewExample("query_price", "寄到[成都](city)")], "没有实体 city"),
        ([NewExample("query_price", "寄到[成都](region")], "标注写得不完整"),
        ([NewExample("query_price", "  ")], "内容不能为空"),
        ([NewExample("query_price", EVALUATED)], "在评测集 nlu 里"),
        ([NewExample("query_price", "寄到成都", [Marked(2, 9, "region")])], "标注的位置"),
        ([], "内容不能为空"),
    ],
)
async def test_a_wrong_example_is_refused_and_nothing_is_added(drafts, new, sentence):
    before = await drafts.head()

    with pytest.raises(EntryRefusedError, match=sentence):
        await drafts.add_examples(HE, new, why="试试")

    assert await drafts.head() == before


async def test_all_problems_are_told_at_once(drafts):
    with pytest.raises(EntryRefusedError) as refused:
        await drafts.add_examples(HE, [NewExample("query_gold", "金价"), NewExample("query_price", "")], why="试试")

    assert len(refused.value.problems) == 2


async def test_a_reason_is_asked_for(drafts):
    with pytest.raises(EntryRefusedError, match="为什么改"):
        await drafts.add_examples(HE, [NewExample("query_price", "寄到成都几块")], why=" ")


async def test_only_who_trains_may_change(drafts):
    with pytest.raises(AccessRefusedError):
        await drafts.add_examples(LINA, [NewExample("query_price", "寄到成都几块")], why="帮忙")


async def test_a_changed_example_keeps_its_place(drafts, tmp_path):
    example = await first(drafts)

    changed = await drafts.change_example(HE, example.id, "寄北京多少钱", version=example.version, why="更口语")

    assert (await texts(drafts))[:2] == ["寄北京多少钱", "三公斤到广州运费多少"]
    assert changed.changed
    assert "- intent: query_price\n  examples: |\n    - 寄北京多少钱\n    - 三" in await written(
        drafts, tmp_path, PRICE
    )


async def test_marking_an_entity_keeps_the_id(drafts):
    example = await first(drafts)

    changed = await drafts.change_example(
        HE, example.id, "寄到[北京](region)多少钱", version=example.version, why="标注"
    )

    assert changed.id == example.id
    assert changed.version != example.version


async def test_the_second_trainer_gets_the_text_of_the_first(drafts, other):
    example = await first(drafts)
    await drafts.change_example(HE, example.id, "寄北京多少钱", version=example.version, why="更口语")

    with pytest.raises(StaleEntryError, match="刚被 he 改过") as stale:
        await other.change_example(LIN, example.id, "寄到北京要多少钱", version=example.version, why="更长")

    assert stale.value.newest.value.text == "寄北京多少钱"
    newest = stale.value.newest
    await other.change_example(LIN, newest.id, "寄到北京要多少钱", version=newest.version, why="更长")
    assert (await texts(drafts))[0] == "寄到北京要多少钱"


async def test_an_example_that_is_gone_cannot_be_changed(drafts, other):
    example = await first(drafts)
    await drafts.remove_example(HE, example.id, version=example.version, why="多余")

    with pytest.raises(StaleEntryError, match="刚被 he 删除") as stale:
        await other.change_example(LIN, example.id, "寄北京", version=example.version, why="更短")

    assert stale.value.newest is None
    with pytest.raises(EntryNotFoundError):
        await drafts.change_example(LIN, "example/query_price/0", "寄北京", version="0", why="更短")


async def test_a_moved_example_stands_under_the_other_intent(drafts):
    example = await first(drafts)

    moved = await drafts.move_example(HE, example.id, "query_waybill", version=example.version, why="其实是查件")

    assert "寄到北京多少钱" not in await texts(drafts)
    assert (await texts(drafts, "query_waybill"))[-1] == "寄到北京多少钱"
    assert moved.intent == "query_waybill"
    assert [version.told for version in await drafts.history(moved.id)] == [
        ("例句“寄到北京多少钱”从 query_price 移到 query_waybill",)
    ]


async def test_examples_are_searched_over_all_intents_and_paged(drafts):
    page = await drafts.examples(None, q="到", limit=2)
    rest = await drafts.examples(None, q="到", after=page.after, limit=2)

    assert page.total == 4
    assert [each.text for each in (*page.items, *rest.items)] == [
        *("寄到北京多少钱", "三公斤到广州运费多少", "我的快递到哪里了呀", "单号到哪了")
    ]
    assert rest.after is None


async def test_paging_goes_on_where_an_example_was_taken_away(drafts):
    page = await drafts.examples("query_price", limit=2)
    last = page.items[-1]
    await drafts.remove_example(HE, last.id, version=last.version, why="多余")

    rest = await drafts.examples("query_price", after=page.after, limit=2)

    assert [each.text for each in rest.items] == ["发[新疆](region)咋收"]


async def test_warnings_name_what_a_text_is_too_like(drafts):
    found = await drafts.warnings(["我 的快递到哪里了呀！", EVALUATED], intent="query_price")

    assert [(each.kind, each.other) for each in found] == [
        (WarningKind.near_example, "query_waybill: 我的快递到哪里了呀"),
        (WarningKind.evaluation, "nlu"),
        (WarningKind.imbalance, "5 < 100"),
    ]


async def test_a_text_may_be_like_others_of_its_own_intent(drafts):
    found = await drafts.warnings(["我的快递到哪里了呀呀"], intent="query_waybill")

    assert [each.kind for each in found] == [WarningKind.imbalance]


async def test_warnings_follow_the_draft(drafts):
    await drafts.warnings(["寄到成都要花几块钱呢"])
    await drafts.add_examples(HE, [NewExample("query_price", "寄到成都要花几块钱呢")], why="客户常问")
    (near,) = await drafts.warnings(["寄到成都要花几块钱呢"], topic="price.remote")
    example = (await drafts.examples("query_price", q="成都")).items[0]
    await drafts.remove_example(HE, example.id, version=example.version, why="不要了")

    assert near.other == "query_price: 寄到成都要花几块钱呢"
    assert await drafts.warnings(["寄到成都要花几块钱呢"], topic="price.remote") == []


async def test_sentences_of_the_studios_own_sets_are_not_taught(drafts):
    drafts.judge_by({"十一月": ["什么时候能到我家"]})

    with pytest.raises(EntryRefusedError, match="评测集 十一月"):
        await drafts.add_examples(HE, [NewExample("query_waybill", "什么时候能到我家？")], why="客户常问")


async def test_who_changed_what_and_why_is_in_the_history_and_the_audit(drafts, database: Database, clock):
    example = await first(drafts)
    changed = await drafts.change_example(HE, example.id, "寄北京多少钱", version=example.version, why="更口语")
    again = await drafts.change_example(LIN, changed.id, "寄北京几块", version=changed.version, why="更短")

    history = await drafts.history(again.id)

    assert [(each.who, each.why, each.text) for each in history] == [
        ("lin", "更短", "寄北京几块"),
        ("he", "更口语", "寄北京多少钱"),
    ]
    assert history[0].told == ("例句“寄北京多少钱”改成“寄北京几块”",)
    entries = await Trail(database, clock).entries(Filter(what="draft"))
    assert sorted((entry.who, entry.what, entry.why) for entry in entries) == [
        ("he", "draft.example.changed", "更口语"),
        ("lin", "draft.example.changed", "更短"),
    ]
