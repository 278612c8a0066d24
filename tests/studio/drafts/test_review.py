from dataclasses import replace

import pytest

from bot.errors import EntryNotFoundError, EntryRefusedError, StaleEntryError
from bot.studio.drafts.model import EntryKind, NewExample
from bot.studio.drafts.texts import text_diff
from tests.studio.drafts.builders import HE, LIN


async def first(drafts):
    return (await drafts.examples("query_price")).items[0]


async def change_first(drafts, text="寄北京多少钱", by=HE):
    example = await first(drafts)
    return await drafts.change_example(by, example.id, text, version=example.version, why="更口语")


async def test_a_change_says_what_is_different_who_did_it_and_why(drafts, clock):
    await change_first(drafts)

    (change,) = await drafts.diff()

    assert (change.kind, change.before, change.after) == (EntryKind.example, "寄到北京多少钱", "寄北京多少钱")
    assert change.told == ("例句“寄到北京多少钱”改成“寄北京多少钱”",)
    assert (change.who, change.why, change.when) == ("he", "更口语", clock())
    assert change.commit == await drafts.head()


async def test_a_change_that_was_taken_back_by_hand_is_none(drafts):
    changed = await change_first(drafts)
    await drafts.change_example(HE, changed.id, "寄到北京多少钱", version=changed.version, why="还是原来好")

    assert await drafts.diff() == []


async def test_an_entry_of_the_knowledge_base_is_told_field_by_field(drafts):
    entry = await drafts.entry("price.how_charged")
    fields = replace(
        entry.fields, question="怎么收费？", phrasings=(*entry.phrasings[1:], "多少钱一斤"), answers=(), related=()
    )

    await drafts.save_entry(HE, fields, version=entry.version, why="新价")

    (change,) = await drafts.diff()
    assert change.told == (
        "标准问题“运费怎么算？”改成“怎么收费？”",
        "添加 1 种问法：“多少钱一斤”",
        "删除 1 种问法：“咋收费”",
        "删除短信的答案",
        "相关主题从“price.remote”改成“无”",
    )
    assert ("-", "- 咋收费") in text_diff(change.before, change.after)


async def test_one_change_is_undone_and_later_ones_stay(drafts):
    await change_first(drafts)
    commit = await drafts.head()
    await drafts.add_examples(HE, [NewExample("query_price", "寄到成都几块")], why="客户常问")

    await drafts.undo(LIN, commit, why="改错了")

    assert [change.after for change in await drafts.diff()] == ["寄到成都几块"]
    assert (await first(drafts)).text == "寄到北京多少钱"
    assert [version.who for version in await drafts.history((await first(drafts)).id)] == ["lin", "he"]


async def test_a_change_that_was_changed_again_cannot_be_undone(drafts):
    await change_first(drafts)
    commit = await drafts.head()
    await change_first(drafts, "寄北京几块", LIN)

    with pytest.raises(EntryRefusedError, match="之后又改过"):
        await drafts.undo(HE, commit, why="改错了")


async def test_an_undone_removal_brings_the_entry_back(drafts):
    example = await first(drafts)
    await drafts.remove_example(HE, example.id, version=example.version, why="多余")

    await drafts.undo(HE, await drafts.head(), why="还要用")

    assert (await drafts.examples("query_price")).total == 3
    assert (await drafts.example(example.id)).text == example.text


async def test_a_move_is_undone_in_both_files(drafts):
    example = await first(drafts)
    await drafts.move_example(HE, example.id, "query_waybill", version=example.version, why="其实是查件")

    await drafts.undo(HE, await drafts.head(), why="看错了")

    assert [line.examples for line in await drafts.intents()] == [3, 3]


async def test_only_changes_by_people_can_be_undone(drafts):
    with pytest.raises(EntryNotFoundError, match="没有这次修改"):
        await drafts.undo(HE, await drafts.head(), why="试试")
    with pytest.raises(EntryNotFoundError):
        await drafts.undo(HE, "0" * 40, why="试试")


async def test_an_entry_goes_back_to_what_is_published_whatever_was_done_to_it(drafts):
    await change_first(drafts)
    changed = await change_first(drafts, "寄北京几块", LIN)

    await drafts.restore(HE, changed.id, version=changed.version, why="都不要")

    assert await drafts.diff() == []


async def test_a_removed_entry_is_restored(drafts):
    example = await first(drafts)
    await drafts.remove_example(HE, example.id, version=example.version, why="多余")

    await drafts.restore(HE, example.id, version=None, why="还要用")

    assert (await drafts.examples("query_price")).total == 3


async def test_an_entry_that_was_changed_meanwhile_is_not_restored_unseen(drafts):
    changed = await change_first(drafts)
    example = await drafts.example(changed.id)
    await drafts.change_example(LIN, changed.id, "寄[北京](region)多少钱", version=example.version, why="标注")

    with pytest.raises(StaleEntryError) as stale:
        await drafts.restore(HE, changed.id, version=changed.version, why="不要")

    assert stale.value.newest.value.text == "寄[北京](region)多少钱"


async def test_the_log_has_what_people_did_newest_first(drafts):
    await change_first(drafts)
    await drafts.add_examples(LIN, [NewExample("query_price", "寄到成都几块")], why="客户常问")

    assert [(each.who, each.why) for each in await drafts.log()] == [("lin", "客户常问"), ("he", "更口语")]
