from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import DataFileError, EntryNotFoundError, EntryRefusedError, StaleEntryError
from bot.studio.drafts import faq_part
from bot.studio.drafts.checks import FaqChecks
from bot.studio.drafts.formats.faq import rendered
from bot.studio.drafts.model import FaqDraft, FaqFields, NewExample
from bot.studio.drafts.service import Drafts
from knowledge_base.entries import Action, KnownIds, When, load_entries
from tests.studio.drafts.builders import EVALUATED, FAQ, HE, LIN, PHRASINGS

NEW = FaqFields(
    id="service.hours",
    question="客服几点下班？",
    phrasings=tuple(f"下班时间{text}" for text in PHRASINGS),
    answer="每天 8 点到 22 点。\n\n{carrier}客服热线 {hotline}。",
    answers=(("sms", "8点到22点，{hotline}"),),
    related=("price.remote",),
    action=Action(title="查件", intent="query_waybill"),
    when=When(after=("query_price",)),
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
VALUES = {"carrier": "云递速运", "hotline": "400-888-0000", "website": "www.example.com"}
KNOWN = KnownIds(
    topics=frozenset({"price.how_charged", "price.remote", "service.hours"}),
    intents=frozenset({"query_price", "query_waybill"}),
)


async def written(drafts: Drafts, tmp_path: Path, path: str) -> str:
    await drafts.tree(await drafts.head(), tmp_path / "out")
    return (tmp_path / "out" / path).read_text()


async def test_topics_tell_what_they_cover_and_which_have_no_entry(drafts):
    found = {line.id: line for line in await drafts.topics()}

    assert (found["price.remote"].question, found["price.remote"].phrasings) == ("偏远地区加钱吗？", 8)
    assert (found["service.hours"].covers, found["service.hours"].question) == ("服务时间", None)


async def test_an_entry_has_every_field_of_the_knowledge_base(drafts):
    entry = await drafts.entry("price.how_charged")

    assert isinstance(entry, FaqDraft)
    assert (entry.question, entry.phrasings, entry.related) == ("运费怎么算？", PHRASINGS, ("price.remote",))
    assert entry.answer == "运费 = **首重** + 续重。\n\n以{carrier}称重为准。"
    assert entry.covers == "运费怎么计算"
    assert entry.entry().render("sms", VALUES) == "首重加续重，以称重为准。"
    with pytest.raises(EntryNotFoundError):
        await drafts.entry("service.hours")


async def test_a_new_entry_fills_a_gap_and_is_what_the_knowledge_base_reads(drafts, tmp_path):
    saved = await drafts.save_entry(HE, NEW, version=None, why="补上缺口")

    text = await written(drafts, tmp_path, "knowledge_base/faq/service.yml")
    assert text == rendered(NEW)
    (loaded,) = load_entries(tmp_path / "out" / "knowledge_base" / "faq", known=KNOWN)[2:]
    assert FaqFields.of(loaded) == NEW
    assert saved.fields == NEW
    assert saved.changed


async def test_a_new_topic_comes_into_the_list_of_topics(drafts, tmp_path):
    await drafts.save_entry(HE, replace(NEW, id="price.peak", covers="旺季附加费"), version=None, why="新业务")

    assert "price.remote: 偏远附加费\nprice.peak: 旺季附加费\n" in await written(
        drafts, tmp_path, "knowledge_base/topics.yml"
    )
    (change, topic) = await drafts.diff()
    assert {change.told, topic.told} == {("新写条目“客服几点下班？”",), ("添加主题“旺季附加费”",)}


async def test_a_full_file_is_followed_by_a_second_one(drafts, tmp_path, monkeypatch):
    monkeypatch.setattr(faq_part, "LARGEST_FILE", 2)
    new = [
        replace(NEW, id=f"price.new_{n}", question=f"问{n}", phrasings=tuple(f"{n}{t}" for t in PHRASINGS))
        for n in (1, 2, 3)
    ]

    await drafts.save_entries(HE, [(each, None) for each in new], why="批量导入")

    assert "price.new_2" in await written(drafts, tmp_path, "knowledge_base/faq/price-2.yml")
    assert (await written(drafts, tmp_path, "knowledge_base/faq/price-3.yml")).startswith("- id: price.new_3\n")
    assert await written(drafts, tmp_path, "knowledge_base/faq/price.yml") == FAQ


async def test_entries_saved_together_are_one_commit_or_none(drafts):
    before = await drafts.head()

    with pytest.raises(EntryRefusedError, match="写了两遍"):
        await drafts.save_entries(HE, [(NEW, None), (replace(NEW, id="service.other"), None)], why="批量导入")

    assert await drafts.head() == before


async def test_a_saved_entry_changes_only_its_own_lines(drafts, tmp_path):
    entry = await drafts.entry("price.remote")

    await drafts.save_entry(LIN, replace(entry.fields, answer="要加，每公斤一元。"), version=entry.version, why="新价")

    assert await written(drafts, tmp_path, "knowledge_base/faq/price.yml") == FAQ.replace(
        "要加。", "要加，每公斤一元。"
    )
    assert [version.told for version in (await drafts.entry("price.remote")).history] == [("改了答案",)]


async def test_the_second_trainer_gets_the_entry_of_the_first(drafts, other):
    entry = await drafts.entry("price.remote")
    await drafts.save_entry(HE, replace(entry.fields, answer="不加。"), version=entry.version, why="新规")

    with pytest.raises(StaleEntryError, match="刚被 he 改过") as stale:
        await other.save_entry(LIN, replace(entry.fields, answer="加。"), version=entry.version, why="旧规")

    assert stale.value.newest.value.answer == "不加。"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"question": " "}, "标准问题没有填"),
        ({"answer": ""}, "答案没有填"),
        ({"phrasings": NEW.phrasings[:3]}, "问法只有 3 种，至少要 8 种"),
        ({"phrasings": (*NEW.phrasings, "咋收费")}, "已经是条目 price.how_charged 的问法"),
        ({"phrasings": (*NEW.phrasings, EVALUATED)}, "在评测集 nlu 里"),
        ({"related": ("price.gold",)}, "相关主题 price.gold 不存在"),
        ({"related": ("service.hours",)}, "就是它自己"),
        ({"action": Action(title="x", intent="query_gold")}, "按钮的意图 query_gold 不存在"),
        ({"when": When(after=("query_gold",))}, "意图 query_gold 不存在"),
        ({"valid_until": date(2025, 1, 1)}, "失效日期早于生效日期"),
        ({"answer": "请拨打 {phone}"}, r"\{phone\} 不是可以用的变量"),
        ({"answers": (("sms", "很长" * 40),)}, "短信答案有 80 个字，最多 70 个"),
        ({"answers": (("sms", "请拨打 {phone}"),)}, "不是可以用的变量"),
        ({"answers": (("fax", "好"),)}, "没有渠道 fax"),
        ({"id": "Hours"}, "主题编号 Hours 要写成"),
        ({"id": "price.remote"}, "条目 price.remote 已经有了"),
    ],
)
async def test_a_wrong_entry_is_refused(drafts, fields, sentence):
    with pytest.raises(EntryRefusedError, match=sentence):
        await drafts.save_entry(HE, replace(NEW, **fields), version=None, why="试试")


async def test_phrasings_are_added_whatever_version_the_entry_has(drafts, tmp_path):
    await drafts.add_phrasings(HE, "price.remote", ["西藏加钱吗", "新疆 要加么"], why="未听懂的话")

    text = await written(drafts, tmp_path, "knowledge_base/faq/price.yml")
    assert text == FAQ.replace(
        "    - 偏远按斤还是按件\n", "    - 偏远按斤还是按件\n    - 西藏加钱吗\n    - 新疆 要加么\n"
    )


async def test_a_phrasing_that_was_not_taken_for_a_question_teaches_the_intent_of_questions(drafts, tmp_path):
    asked = 'version: "3.1"\nnlu:\n- intent: faq\n  examples: |\n    - 什么规矩\n'
    (tmp_path / "checkout/nlu_data/intents/faq.yml").write_text(asked, encoding="utf-8")
    await drafts.sync()
    added = ["西藏加钱吗", "新疆要加么", "寄到北京多少钱"]
    done = await drafts.add_phrasings(HE, "price.remote", added, why="未听懂的话", misheard=added[1:])

    intent = "nlu_data/intents/faq.yml"
    assert await written(drafts, tmp_path, intent) == f"{asked}    - 新疆要加么\n", "an example stays where it is"
    await drafts.undo(HE, done.commit, why="看错了")
    assert await written(drafts, tmp_path, intent) == asked


@pytest.mark.parametrize("text", ["偏远咋收费！", "咋收费", EVALUATED, ""])
async def test_a_phrasing_that_stands_somewhere_is_refused(drafts, text):
    with pytest.raises(EntryRefusedError):
        await drafts.add_phrasings(HE, "price.remote", [text], why="未听懂的话")


async def test_a_phrasing_near_one_of_another_entry_or_an_example_is_warned_of(drafts):
    await drafts.add_examples(HE, [NewExample("query_price", "寄到成都要花几块钱呢")], why="客户常问")

    found = await drafts.warnings(["寄到成都要花几块钱呢！", "超过一公斤怎么 加钱"], topic="price.remote")

    assert [each.other for each in found] == [
        "query_price: 寄到成都要花几块钱呢",
        "price.how_charged: 超过一公斤怎么加钱",
    ]
    assert await drafts.warnings(["超过一公斤怎么加钱"], topic="price.how_charged") == []


async def test_undoing_a_new_entry_takes_its_file_away(drafts, tmp_path):
    saved = await drafts.save_entry(HE, NEW, version=None, why="补上缺口")

    await drafts.undo(LIN, saved.history[0].commit, why="先不要")

    await drafts.tree(await drafts.head(), tmp_path / "out")
    assert not (tmp_path / "out" / "knowledge_base" / "faq" / "service.yml").exists()
    assert await drafts.diff() == []


texts = st.sampled_from(["", "短", "很长" * 40, "{carrier}", "{phone}", "a: b", "# x"])
entries = st.builds(
    FaqFields,
    id=st.sampled_from(["service.hours", "price.gold"]),
    question=texts,
    phrasings=st.lists(st.sampled_from((*NEW.phrasings, "咋收费", "")), max_size=10, unique=True).map(tuple),
    answer=texts,
    answers=st.lists(st.tuples(st.just("sms"), texts), max_size=1).map(tuple),
    related=st.lists(st.sampled_from(["price.remote", "service.hours", "price.gold"]), max_size=1).map(tuple),
    action=st.sampled_from([None, Action(title="x", intent="query_price"), Action(title="x", intent="query_gold")]),
    valid_from=st.sampled_from([None, date(2026, 2, 1)]),
    valid_until=st.sampled_from([None, date(2026, 1, 1)]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=entries)
def test_what_the_studio_lets_pass_the_knowledge_base_takes(entry, tmp_path):
    problems = list(FaqChecks(KNOWN.topics, KNOWN.intents, VALUES).problems(entry))
    if problems or entry.id not in KNOWN.topics or not all(entry.phrasings) or not all(t for _, t in entry.answers):
        return
    (tmp_path / "service.yml").write_text(rendered(entry))

    try:
        (loaded,) = load_entries(tmp_path, known=KNOWN)
    except DataFileError as error:
        pytest.fail(str(error))

    assert FaqFields.of(loaded) == entry


async def test_the_whole_knowledge_base_is_as_its_files_are(drafts, checkout):
    await drafts.save_entry(HE, NEW, version=None, why="补答案")

    found = await drafts.knowledge()

    assert found.commit == await drafts.head()
    assert list(found.covers) == ["price.how_charged", "price.remote", "service.hours"]
    assert found.entries["service.hours"] == NEW
    on_disk = load_entries(checkout / "knowledge_base/faq", known=KNOWN)
    assert [found.entries[entry.id].entry() for entry in on_disk] == on_disk
    assert found.intents == {"query_price", "query_waybill"}


async def test_an_entry_is_read_as_a_commit_had_it(drafts):
    first, old = await drafts.head(), await drafts.entry("price.remote")
    await drafts.save_entry(HE, replace(old.fields, answer="不加了。"), version=old.version, why="降价")

    then, now = await drafts.entry_at("price.remote", first), await drafts.entry_at("price.remote", await drafts.head())

    assert (then.answer, now.answer) == (old.answer, "不加了。")
    assert await drafts.entry_at("service.hours", first) is None
    with pytest.raises(EntryNotFoundError):
        await drafts.entry_at("price.remote", "0" * 40)


async def test_lists_are_of_the_draft_as_it_stands_and_everybodys_own(drafts):
    (await drafts.topics()).clear()
    await drafts.save_entry(HE, NEW, version=None, why="补答案")

    assert [line.question for line in await drafts.topics()][-1] == NEW.question
    assert "faq/service.hours" in [change.entry_id for change in await drafts.diff()]


async def test_who_wants_to_know_hears_of_every_change_whoever_made_it(drafts, other, checkout):
    heard = []
    await drafts.head()
    drafts.when_changed(lambda: heard.append("changed"))

    await drafts.save_entry(HE, NEW, version=None, why="补答案")
    with pytest.raises(EntryRefusedError):
        await drafts.save_entry(HE, replace(NEW, answer=""), version=(await drafts.entry(NEW.id)).version, why="空")
    assert heard == ["changed"]

    (checkout / "knowledge_base/topics.yml").write_text("service.hours: 几点下班\n")
    await drafts.sync()
    assert heard == ["changed", "changed"]
