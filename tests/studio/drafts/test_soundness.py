"""A draft whose knowledge base cannot be indexed says so, in Chinese, before anybody trains it."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.content import Content
from bot.errors import DataFileError, EntryRefusedError
from bot.studio.drafts.model import FaqFields
from bot.studio.drafts.service import Drafts
from knowledge_base.entries import KnownIds, load_entries
from tests.studio.drafts.builders import FAQ, HE, PHRASINGS, TOPICS

TOPIC_FILE, FAQ_FILE = "knowledge_base/topics.yml", "knowledge_base/faq/price.yml"


async def hours(drafts: Drafts) -> None:
    entry = FaqFields(
        id="service.night",
        question="晚上有人吗？",
        phrasings=tuple(f"夜里{text}" for text in PHRASINGS),
        answer="有。",
        covers="夜间服务",
    )
    await drafts.save_entry(HE, entry, version=None, why="客户常问")


async def test_what_is_shipped_can_be_indexed(drafts):
    assert await drafts.unsound() == []


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (TOPIC_FILE, TOPICS.replace("price.remote: 偏远附加费\n", ""), "price.remote：它的主题不在主题表"),
        (FAQ_FILE, FAQ.replace("    - 偏远按斤还是按件\n", ""), "price.remote：问法只有 7 种"),
        (FAQ_FILE, FAQ.replace("偏远按斤还是按件", "按斤还是按件"), "已经是条目"),
        (FAQ_FILE, FAQ.replace("id: price.remote", "id: price.how_charged"), "两个条目"),
        (FAQ_FILE, FAQ.replace("要加。", "要加{fee}。"), "{fee}"),
        (FAQ_FILE, FAQ.replace("intent: query_price", "intent: query_prize"), "query_prize"),
        (FAQ_FILE, FAQ.replace("related: [price.remote]", "related: [price.far]"), "price.far"),
    ],
)
async def test_what_the_index_would_refuse_is_told_in_chinese(drafts, checkout, path, text, said):
    (checkout / path).write_text(text, encoding="utf-8")
    await drafts.sync()

    problems = await drafts.unsound()

    assert any(said in problem for problem in problems), problems
    files = Content(checkout)
    with pytest.raises(DataFileError):
        load_entries(files.faq, known=KnownIds.read(files))


async def test_words_that_differ_only_in_signs_within_are_no_clash_where_the_index_sees_none(drafts, checkout):
    (checkout / FAQ_FILE).write_text(FAQ.replace("偏远按斤还是按件", "按斤 还是 按件"), encoding="utf-8")
    await drafts.sync()

    files = Content(checkout)
    try:
        load_entries(files.faq, known=KnownIds.read(files))
    except DataFileError:
        assert await drafts.unsound()
    else:
        assert await drafts.unsound() == []


async def test_a_step_back_does_not_take_what_another_entry_relies_on(drafts):
    await hours(drafts)
    added = await drafts.head()
    remote = await drafts.entry("price.remote")
    await drafts.save_entry(
        HE, replace(remote.fields, related=("service.night",)), version=remote.version, why="顺便提一下"
    )

    with pytest.raises(EntryRefusedError, match=r"price\.remote：相关主题 service\.night"):
        await drafts.undo(HE, added, why="不要了")

    assert (await drafts.entry("service.night")).question == "晚上有人吗？"


async def test_a_draft_that_is_broken_anyway_can_be_mended_bit_by_bit(drafts, checkout: Path):
    await hours(drafts)
    added = await drafts.head()
    (checkout / TOPIC_FILE).write_text(TOPICS.replace("price.remote: 偏远附加费\n", ""), encoding="utf-8")
    await drafts.sync()

    await drafts.undo(HE, added, why="不要了")

    assert len(await drafts.unsound()) == 2
