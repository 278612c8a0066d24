import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Event

import pytest

from bot.errors import AccessRefusedError, BadQueryError, EntryRefusedError, NotFoundError, StaleEntryError
from bot.studio.drafts.model import WarningKind
from bot.studio.faq.files.cells import read_rows
from bot.studio.faq.files.writing import write_xlsx
from bot.studio.faq.finding import FaqState, Wanted
from bot.studio.faq.plan import RowKind
from bot.studio.faq.service import FaqStudio, compare, line_changes
from knowledge_base.entries import FaqEntry
from knowledge_base.retriever import Retriever
from tests.conftest import FrozenClock
from tests.knowledge_base.builders import QUESTIONS, make_entry
from tests.studio.faq.builders import GAP, xlsx
from tests.studio.faq.conftest import AGENT, SUPERVISOR, TRAINER
from tests.studio.faq.fakes import FakeDrafts

TOPIC = "price.how_charged"
WAYS = [f"保管费第{number}天怎么收" for number in "一二三四五六七八"]
NEW_ROW = (GAP, "超期保管费怎么收", "\n".join(WAYS), "超过三天每天一元。")
HEAD = ("主题编号", "标准问法", "其他问法", "答案")


async def opened(studio: FaqStudio, topic: str = TOPIC) -> tuple[dict[str, str], str | None]:
    view = await studio.entry(TRAINER, topic)
    return dict(view.texts), view.version


async def test_supervisors_look_trainers_change_and_agents_do_neither(studio: FaqStudio) -> None:
    texts, version = await opened(studio)

    assert (await studio.page(SUPERVISOR, Wanted())).total == 4
    with pytest.raises(AccessRefusedError):
        await studio.save(SUPERVISOR, texts, version=version, why="x")
    with pytest.raises(AccessRefusedError):
        await studio.imports.plan(SUPERVISOR, "a.csv", b"x")
    for look in (studio.page(AGENT, Wanted()), studio.ask(AGENT, "x"), studio.export(AGENT, "csv")):
        with pytest.raises(AccessRefusedError):
            await look


async def test_what_was_saved_is_found_in_the_list_and_told_as_changed(studio: FaqStudio) -> None:
    texts, version = await opened(studio)

    await studio.save(TRAINER, texts | {"question": "邮资怎么算"}, version=version, why="说法更清楚")

    found = await studio.page(TRAINER, Wanted("yzzm", state=FaqState.changed))
    assert [line.question for line in found.lines] == ["邮资怎么算"]


async def test_who_saves_second_is_shown_what_the_first_wrote(studio: FaqStudio) -> None:
    texts, version = await opened(studio)
    await studio.save(TRAINER, texts | {"answer": "第一个人的答案"}, version=version, why="一")

    with pytest.raises(StaleEntryError):
        await studio.save(TRAINER, texts | {"answer": "第二个人的答案"}, version=version, why="二")

    newest, now = await opened(studio)
    assert [(one.field, one.before, one.after) for one in compare(texts, newest)] == [
        ("answer", "请看 {website}。", "第一个人的答案")
    ]
    await studio.save(TRAINER, texts | {"answer": "两个人的答案"}, version=now, why="合并")
    assert (await opened(studio))[0]["answer"] == "两个人的答案"


async def test_a_gap_is_opened_empty_and_filled(studio: FaqStudio) -> None:
    texts, version = await opened(studio, GAP)
    assert (texts, version) == ({"id": GAP, "covers": "超期保管费"}, None)

    wanted = texts | {"question": NEW_ROW[1], "phrasings": NEW_ROW[2], "answer": NEW_ROW[3]}
    await studio.save(TRAINER, wanted, version=None, why="补答案")

    assert (await studio.entry(TRAINER, GAP)).version is not None
    assert (await studio.page(TRAINER, Wanted(state=FaqState.gap))).total == 0


async def test_an_entry_with_faults_is_not_saved_and_each_is_a_sentence(studio: FaqStudio, drafts: FakeDrafts) -> None:
    texts, version = await opened(studio)

    with pytest.raises(EntryRefusedError) as caught:
        await studio.save(TRAINER, texts | {"answer": "看 {web}", "phrasings": "一"}, version=version, why="x")

    assert caught.value.problems == [
        "其他问法：只有 1 个问法，至少要 8 个",
        "答案：没有变量 {web}，可用的有 {carrier}、{hotline}、{website}",
    ]
    assert len(drafts.commits) == 1


async def test_an_old_version_is_brought_back_as_a_new_one(studio: FaqStudio, drafts: FakeDrafts) -> None:
    texts, version = await opened(studio)
    saved = await studio.save(TRAINER, texts | {"answer": "错的"}, version=version, why="x")

    await studio.restore(TRAINER, TOPIC, "c1", version=saved.version, why="改错了，恢复")

    view = await studio.entry(TRAINER, TOPIC)
    assert dict(view.texts) == texts
    assert [one.why for one in view.history] == ["改错了，恢复", "x"]
    assert (await studio.version(TRAINER, TOPIC, "c2"))["answer"] == "错的"
    assert len(drafts.commits) == 3


async def test_a_version_without_the_entry_is_not_found(studio: FaqStudio) -> None:
    with pytest.raises(NotFoundError):
        await studio.version(TRAINER, GAP, "c1")


async def test_writing_tells_of_faults_likenesses_and_test_sentences(studio: FaqStudio) -> None:
    texts, _ = await opened(studio)
    ways = "\n".join([*QUESTIONS[TOPIC][1:], "充电宝能寄吗？", "这一句是考题"])

    checked = await studio.check(TRAINER, texts | {"phrasings": ways, "question": "春节送不送货呀"})

    assert [one.text for one in checked.alike[:1]] == ["充电宝能寄吗？"]
    assert [(one.kind, one.text) for one in checked.warnings] == [(WarningKind.evaluation, "这一句是考题")]
    assert checked.covered is not None
    assert checked.covered.topic == "service.holiday"


async def test_an_entry_nobody_changed_has_nothing_to_be_told(studio: FaqStudio) -> None:
    texts, _ = await opened(studio)
    checked = await studio.check(TRAINER, texts)

    assert (checked.faults, checked.warnings, checked.alike, checked.covered) == ((), (), (), None)


async def test_a_question_is_put_to_both_sides(studio: FaqStudio) -> None:
    texts, version = await opened(studio)
    await studio.save(TRAINER, texts | {"phrasings": f"{texts['phrasings']}\n邮资啥价"}, version=version, why="x")

    tried = await studio.ask(SUPERVISOR, " 邮资啥价 ")

    assert (tried.draft.best and tried.draft.best.matched) == "邮资啥价"
    assert (tried.published.best and tried.published.best.matched) != "邮资啥价"
    with pytest.raises(BadQueryError):
        await studio.ask(SUPERVISOR, "  ")


async def saved_way(studio: FaqStudio, way: str) -> None:
    texts, version = await opened(studio)
    await studio.save(TRAINER, texts | {"phrasings": f"{texts['phrasings']}\n{way}"}, version=version, why="x")


@dataclass
class Held:
    """Retrievers of the draft are not made before ``go``; ``made`` is how many entries knew which phrasings."""

    go: Event = field(default_factory=Event)
    begun: Event = field(default_factory=Event)
    made: list[set[str]] = field(default_factory=list)


@pytest.fixture
def held(studio: FaqStudio, monkeypatch: pytest.MonkeyPatch) -> Held:
    """Of this studio alone: others' may still be busy with what was changed before."""
    held, make = Held(), studio._trial._make

    def slowly(entries: list[FaqEntry], published: Retriever) -> Retriever:
        held.begun.set()
        assert held.go.wait(20)
        held.made.append({way for entry in entries for way in entry.phrasings})
        return make(entries, published)

    monkeypatch.setattr(studio._trial, "_make", slowly)
    monkeypatch.setattr("bot.studio.faq.service.SETTLE_S", 0)
    return held


async def test_what_was_saved_is_made_ready_before_anybody_asks(studio: FaqStudio, held: Held) -> None:
    held.go.set()
    await saved_way(studio, "邮资啥价")
    while not held.made:
        await asyncio.sleep(0)
    assert "邮资啥价" in held.made[0]

    await studio.ask(SUPERVISOR, "邮资啥价")

    assert len(held.made) == 1


async def test_a_start_reads_what_the_first_look_would_have_to(
    studio: FaqStudio, drafts: FakeDrafts, held: Held
) -> None:
    held.go.set()
    for warm in drafts.warming:
        await warm()
    assert (drafts.reads, len(held.made)) == (1, 1)

    await studio.page(TRAINER, Wanted())
    await studio.ask(SUPERVISOR, "邮资啥价")

    assert (drafts.reads, len(held.made)) == (1, 1)


async def test_a_question_after_a_change_waits_for_the_draft_as_it_is_and_is_never_answered_by_an_older_one(
    studio: FaqStudio, held: Held
) -> None:
    await saved_way(studio, "邮资啥价")
    await asyncio.to_thread(held.begun.wait, 20)
    await saved_way(studio, "邮票钱几何")
    asked = asyncio.create_task(studio.ask(SUPERVISOR, "邮票钱几何"))
    done, _ = await asyncio.wait({asked}, timeout=0.05)
    assert not done

    held.go.set()

    best = (await asked).draft.best
    assert best is not None
    assert best.matched == "邮票钱几何"


async def test_of_changes_while_one_is_made_ready_only_the_newest_is_made(studio: FaqStudio, held: Held) -> None:
    await saved_way(studio, "问法零")
    await asyncio.to_thread(held.begun.wait, 20)
    for number in "一二三四":
        await saved_way(studio, f"问法{number}")

    held.go.set()
    await studio.ask(SUPERVISOR, "问法四")

    assert ["问法四" in ways for ways in held.made] == [False, True]


async def test_the_draft_is_read_once_for_a_commit(studio: FaqStudio, drafts: FakeDrafts) -> None:
    for _ in range(3):
        await studio.page(TRAINER, Wanted())

    assert drafts.reads == 1


async def test_entries_that_a_change_did_not_touch_are_not_made_again(studio: FaqStudio) -> None:
    before = await studio.snapshot(TRAINER)
    await saved_way(studio, "邮资啥价")
    after = await studio.snapshot(TRAINER)

    assert "邮资啥价" in (after.entry(TOPIC) or make_entry(TOPIC)).phrasings
    assert [after.entry(topic) is before.entry(topic) for topic in QUESTIONS] == [topic != TOPIC for topic in QUESTIONS]


async def test_an_import_is_one_change_and_what_stays_the_same_is_none(studio: FaqStudio, drafts: FakeDrafts) -> None:
    content = xlsx(HEAD, NEW_ROW, (TOPIC, "邮资怎么算", None, "新答案"), ("service.holiday", *[None] * 3))
    texts, _ = await opened(studio)
    ways = texts["phrasings"]
    content = xlsx(HEAD, NEW_ROW, (TOPIC, "邮资怎么算", ways, "新答案"))
    plan = await studio.imports.plan(TRAINER, "faq.xlsx", content)

    saved = await studio.imports.apply(TRAINER, plan, why="导入")

    assert (saved.added, saved.changed, len(drafts.commits)) == (1, 1, 2)
    assert {topic for *_, topic in drafts.log} == {GAP, TOPIC}
    again = await studio.imports.plan(TRAINER, "faq.xlsx", content)
    assert [row.kind for row in again.rows] == [RowKind.same, RowKind.same]
    with pytest.raises(EntryRefusedError, match="没有要导入"):
        await studio.imports.apply(TRAINER, again, why="导入")


async def test_an_import_that_was_looked_at_before_somebody_changed_the_draft_is_looked_at_again(
    studio: FaqStudio,
) -> None:
    plan = await studio.imports.plan(TRAINER, "faq.xlsx", xlsx(HEAD, NEW_ROW))
    texts, version = await opened(studio)
    await studio.save(TRAINER, texts | {"answer": "别的"}, version=version, why="x")

    with pytest.raises(StaleEntryError, match="重新检查"):
        await studio.imports.apply(TRAINER, plan, why="导入")


async def test_an_import_with_problems_changes_nothing(studio: FaqStudio, drafts: FakeDrafts) -> None:
    rows = "\n".join([*WAYS, "这一句是考题"])
    plan = await studio.imports.plan(
        TRAINER, "faq.xlsx", xlsx(HEAD, (GAP, "保管费", rows, "一元"), (TOPIC, "", "", ""))
    )

    assert (plan.problems[0].row, "考题" in plan.problems[0].text) == (2, True)
    assert plan.to_save == []
    with pytest.raises(EntryRefusedError, match="处问题"):
        await studio.imports.apply(TRAINER, plan, why="导入")
    assert len(drafts.commits) == 1


async def test_a_document_is_proposed_with_what_is_answered_already_marked(studio: FaqStudio) -> None:
    policy = "# 规定\n\n## 春节送不送\n\n送。\n\n## 超期保管费\n\n一天一元。\n\n## 火星能不能到\n\n不能。\n"

    found = await studio.imports.propose(TRAINER, "规定.md", policy.encode(), on=date(2026, 3, 4))

    assert [one.proposal.question for one in found] == [
        "春节送不送是怎么规定的？",
        "超期保管费是怎么规定的？",
        "火星能不能到？",
    ]
    assert (found[0].covered and found[0].covered.topic) == "service.holiday"
    assert found[1].topic == GAP
    assert found[2].topic.endswith(".huo_xing_neng_bu_neng_dao")


async def test_proposals_that_were_reviewed_are_saved_as_one_change(studio: FaqStudio, drafts: FakeDrafts) -> None:
    ways = "\n".join(f"火星{number}能到吗" for number in "一二三四五六七八")
    entry = {
        "id": "service.mars",
        "covers": "火星",
        "question": "火星能不能到？",
        "phrasings": ways,
        "answer": "不能。",
    }
    bad = entry | {"id": "service.moon", "phrasings": "月亮呢"}

    refused = await studio.imports.plan_entries(TRAINER, [entry, bad])
    plan = await studio.imports.plan_entries(TRAINER, [entry])
    await studio.imports.apply(TRAINER, plan, why="由文档导入")

    assert {one.row for one in refused.problems} == {2}
    assert drafts.covers["service.mars"] == "火星"


async def test_the_export_holds_every_topic_of_the_draft(studio: FaqStudio, drafts: FakeDrafts) -> None:
    topics = (await studio.snapshot(TRAINER)).topics.values()

    exported = await studio.export(SUPERVISOR, "xlsx")
    assert read_rows("faq.xlsx", exported) == read_rows("faq.xlsx", write_xlsx(topics))
    assert len(read_rows("faq.xlsx", exported)) == len(drafts.covers) + 1
    assert (await studio.export(SUPERVISOR, "csv")).decode("utf-8-sig").count("\r\n") == len(drafts.covers) + 1


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        ("web", "**贵**，看 [官网](https://www.example.com)"),
        ("wechat", '贵，看 <a href="https://www.example.com">官网</a>\n\n1. 查价\n回复数字选择'),
        ("wecom", "贵，看 官网 https://www.example.com"),
        ("sms", "打 400-888-0000\n1 查价"),
    ],
)
def test_an_answer_is_previewed_as_its_channel_shows_it(studio: FaqStudio, channel: str, shown: str) -> None:
    entry = make_entry(
        answer="**贵**，看 [官网](https://{website})",
        answers={"sms": "打 {hotline}"},
        action={"title": "查价", "intent": "query_price"},
    )
    texts = {f"answers.{name}": text for name, text in entry.answers.items()}

    bubbles = studio.preview(texts | {"answer": entry.answer, "action.title": "查价"}, channel)

    assert bubbles[0].text.startswith(shown.split("\n")[0])
    assert "查价" in bubbles[0].text or bubbles[0].choices == ("查价",)
    assert (bubbles[0].segments == 1) is (channel == "sms")


async def test_answers_nobody_looked_at_for_half_a_year_are_stale(studio: FaqStudio, clock: FrozenClock) -> None:
    await studio.count()
    clock.advance(timedelta(days=181))

    assert (await studio.page(TRAINER, Wanted(state=FaqState.stale))).total == 3


async def test_an_edit_that_was_published_makes_an_answer_young_again(
    studio: FaqStudio, published: Retriever, clock: FrozenClock
) -> None:
    await studio.count()
    clock.advance(timedelta(days=181))
    entries = [make_entry(topic, answer="新" if topic == TOPIC else "请看 {website}。") for topic in QUESTIONS]

    await studio.ages.look(entries[:2])

    assert await studio.ages.since() == {TOPIC: date(2026, 9, 1), "sending.batteries": date(2026, 3, 4)}


def test_differences_of_texts_are_told_line_by_line() -> None:
    assert line_changes("一\n二", "一\n三") == [(" ", "一"), ("-", "二"), ("+", "三")]


def test_what_a_version_lacks_is_empty_in_a_comparison() -> None:
    entry = make_entry(answers={"sms": "短"})
    before = {"id": TOPIC, "answer": entry.answer, "answers.sms": "短"}
    after = {"id": TOPIC, "answer": entry.answer}

    assert [(one.field, one.before, one.after) for one in compare(before, after)] == [("answers.sms", "短", "")]
