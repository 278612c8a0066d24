"""The files and the draft: whichever changes, and whatever is killed when."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.errors import EntryNotFoundError, EntryRefusedError
from bot.studio.drafts.model import EntryKind, NewExample
from bot.studio.drafts.repository import FILES
from bot.studio.drafts.service import Drafts
from bot.studio.drafts.workshop import Workshop
from tests.studio.drafts.builders import FILES as CONTENT
from tests.studio.drafts.builders import HE, LIN, PRICE

PATH = "nlu_data/intents/query_price.yml"


class Killed(BaseException):
    """The process ends here."""


def replace_in(checkout: Path, path: str, old: str, new: str) -> None:
    text = (checkout / path).read_text()
    assert old in text
    (checkout / path).write_text(text.replace(old, new))


async def texts(drafts: Drafts, intent: str = "query_price") -> list[str]:
    return [example.text for example in (await drafts.examples(intent)).items]


async def add(drafts: Drafts, text: str = "寄到成都几块") -> None:
    await drafts.add_examples(HE, [NewExample("query_price", text)], why="客户常问")


async def test_a_new_draft_is_what_stands_in_the_files(drafts):
    await drafts.sync()

    assert await drafts.diff() == []
    assert not await drafts.sync()


async def test_what_changed_in_the_files_comes_into_the_draft(drafts, checkout):
    await drafts.sync()
    replace_in(checkout, PATH, "三公斤到广州运费多少", "四公斤到广州运费多少")

    assert await drafts.sync()

    assert "四公斤到广州运费多少" in await texts(drafts)
    assert await drafts.diff() == []


async def test_a_change_of_the_files_beside_one_of_the_draft_keeps_both_and_the_comments(drafts, checkout, tmp_path):
    await add(drafts)
    replace_in(checkout, PATH, 'version: "3.1"\n', 'version: "3.1"\n# 由运价组维护\n')
    replace_in(checkout, PATH, "    - 寄到北京多少钱\n", "    - 寄到北京多少钱\n    - 寄到上海多少钱\n")

    await drafts.sync()

    await drafts.tree(await drafts.head(), tmp_path / "out")
    text = (tmp_path / "out" / PATH).read_text()
    assert text.startswith('version: "3.1"\n# 由运价组维护\n')
    assert await texts(drafts) == ["寄到北京多少钱", "寄到上海多少钱", *PRICE_TAIL, "寄到成都几块"]
    assert [change.after for change in await drafts.diff()] == ["寄到成都几块"]
    assert await drafts.conflicts() == []


PRICE_TAIL = ["三公斤到广州运费多少", "发[新疆](region)咋收"]


async def test_an_entry_changed_on_both_sides_stays_the_drafts_and_is_in_conflict(drafts, checkout):
    await change_first(drafts, "寄北京多少钱")
    replace_in(checkout, PATH, "寄到北京多少钱", "寄到北京要多少钱")

    await drafts.sync()

    (conflict,) = await drafts.conflicts()
    assert (conflict.base, conflict.mine, conflict.files) == ("寄到北京多少钱", "寄北京多少钱", "寄到北京要多少钱")
    assert await texts(drafts) == ["寄北京多少钱", *PRICE_TAIL]
    assert [change.conflict for change in await drafts.diff()] == [True]


async def change_first(drafts: Drafts, text: str) -> None:
    example = (await drafts.examples("query_price")).items[0]
    await drafts.change_example(HE, example.id, text, version=example.version, why="更口语")


@pytest.mark.parametrize(("keep", "then", "left"), [("mine", "寄北京多少钱", 1), ("files", "寄到北京要多少钱", 0)])
async def test_a_conflict_ends_when_somebody_chose(drafts, checkout, keep, then, left):
    await change_first(drafts, "寄北京多少钱")
    replace_in(checkout, PATH, "寄到北京多少钱", "寄到北京要多少钱")
    await drafts.sync()
    (conflict,) = await drafts.conflicts()

    await drafts.settle(LIN, conflict.entry_id, keep, why="问过运价组")

    assert (await texts(drafts))[0] == then
    assert await drafts.conflicts() == []
    assert len(await drafts.diff()) == left
    with pytest.raises(EntryNotFoundError, match="没有冲突"):
        await drafts.settle(HE, conflict.entry_id, keep, why="我也选")


async def test_a_conflict_stays_with_an_entry_that_is_edited(drafts, checkout):
    await change_first(drafts, "寄北京多少钱")
    replace_in(checkout, PATH, "寄到北京多少钱", "寄到北京要多少钱")
    await drafts.sync()

    await change_first(drafts, "寄北京几块")

    (conflict,) = await drafts.conflicts()
    assert (conflict.mine, conflict.files) == ("寄北京几块", "寄到北京要多少钱")


async def test_an_entry_removed_here_and_changed_there_is_in_conflict(drafts, checkout):
    example = (await drafts.examples("query_price")).items[0]
    await drafts.remove_example(HE, example.id, version=example.version, why="多余")
    replace_in(checkout, PATH, "寄到北京多少钱", "寄到北京要多少钱")

    await drafts.sync()

    (conflict,) = await drafts.conflicts()
    assert (conflict.mine, conflict.files) == (None, "寄到北京要多少钱")
    assert await texts(drafts) == PRICE_TAIL
    await drafts.settle(HE, conflict.entry_id, "files", why="留着")
    assert (await texts(drafts))[-1] == "寄到北京要多少钱"


async def test_the_same_change_on_both_sides_is_no_conflict(drafts, checkout):
    await change_first(drafts, "寄北京多少钱")
    replace_in(checkout, PATH, "寄到北京多少钱", "寄北京多少钱")

    await drafts.sync()

    assert await drafts.conflicts() == []
    assert await drafts.diff() == []


async def test_a_conflict_goes_when_the_files_come_to_say_the_same(drafts, checkout):
    await change_first(drafts, "寄北京多少钱")
    replace_in(checkout, PATH, "寄到北京多少钱", "寄到北京要多少钱")
    await drafts.sync()
    replace_in(checkout, PATH, "寄到北京要多少钱", "寄北京多少钱")

    await drafts.sync()

    assert await drafts.conflicts() == []


async def test_a_file_without_entries_of_its_own_is_taken_as_a_whole(drafts, checkout):
    await drafts.sync()
    replace_in(checkout, "nlu_data/rules.yml", "查件", "查快递")
    await drafts.sync()

    assert await drafts.diff() == []
    assert (await drafts.intents())[1].zh == "查快递"


async def test_a_file_that_cannot_be_read_is_told_and_stays_as_it_was(drafts, checkout):
    await drafts.sync()
    good = (checkout / PATH).read_text()
    (checkout / PATH).write_text("nlu: [")
    replace_in(checkout, "knowledge_base/topics.yml", "服务时间", "几点上班")

    await drafts.sync()

    (broken,) = await drafts.broken_files()
    assert broken.path == PATH
    assert "不是有效的 YAML" in broken.problem
    assert len(await texts(drafts)) == 3
    assert (await drafts.topics())[-1].covers == "几点上班"
    with pytest.raises(EntryRefusedError, match="有文件读不懂"):
        await drafts.publish(await drafts.head())
    (checkout / PATH).write_text(good)
    await drafts.sync()
    assert await drafts.broken_files() == ()


async def test_a_file_that_is_new_or_gone_is_so_in_the_draft(drafts, checkout):
    await drafts.sync()
    (checkout / "nlu_data/intents/greet.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - 好\n'
    )
    (checkout / "nlu_data/intents/query_waybill.yml").unlink()
    (checkout / "nlu_data/intents/.greet.yml.swp").write_text("x")

    await drafts.sync()

    assert [line.name for line in await drafts.intents()] == ["greet", "query_price"]


async def test_publishing_writes_the_files_and_leaves_nothing_to_tell(drafts, checkout):
    await add(drafts)

    await drafts.publish(await drafts.head(), HE)

    assert (checkout / PATH).read_text() == PRICE + "    - 寄到成都几块\n"
    assert await drafts.diff() == []
    assert not await drafts.sync()
    untouched = {path: text for path, text in CONTENT.items() if path != PATH}
    assert {path: (checkout / path).read_text() for path in untouched} == untouched


async def test_what_came_after_the_published_commit_stays_a_change(drafts, checkout):
    await add(drafts)
    release = await drafts.head()
    await add(drafts, "寄到重庆几块")

    await drafts.publish(release)
    await drafts.sync()

    assert "寄到重庆几块" not in (checkout / PATH).read_text()
    assert [change.after for change in await drafts.diff()] == ["寄到重庆几块"]


async def test_a_change_of_the_files_that_the_published_commit_lacks_stays_in_the_draft(drafts, checkout):
    await add(drafts)
    release = await drafts.head()
    replace_in(checkout, PATH, "三公斤到广州运费多少", "四公斤到广州运费多少")

    await drafts.publish(release)

    assert "三公斤到广州运费多少" in (checkout / PATH).read_text()
    assert [(change.before, change.after) for change in await drafts.diff()] == [
        ("三公斤到广州运费多少", "四公斤到广州运费多少")
    ]
    assert await drafts.conflicts() == []


async def test_only_commits_that_there_are_can_be_published(drafts):
    with pytest.raises(EntryNotFoundError):
        await drafts.publish("0" * 40)


async def test_a_publishing_killed_before_the_files_were_written_is_finished_at_the_next_start(
    drafts, other, checkout, monkeypatch
):
    await add(drafts)
    monkeypatch.setattr("bot.studio.drafts.checkout.Checkout.write", lambda *_, **__: kill())
    with pytest.raises(Killed):
        await drafts.publish(await drafts.head())
    monkeypatch.undo()
    assert (checkout / PATH).read_text() == PRICE

    await other.sync()

    assert (checkout / PATH).read_text() == PRICE + "    - 寄到成都几块\n"
    assert await other.diff() == []


async def test_a_file_edited_after_a_publishing_was_killed_is_not_overwritten(drafts, other, checkout, monkeypatch):
    await add(drafts)
    monkeypatch.setattr("bot.studio.drafts.checkout.Checkout.write", lambda *_, **__: kill())
    with pytest.raises(Killed):
        await drafts.publish(await drafts.head())
    monkeypatch.undo()
    replace_in(checkout, PATH, "三公斤到广州运费多少", "四公斤到广州运费多少")

    await other.sync()
    await other.sync()

    assert "四公斤到广州运费多少" in (checkout / PATH).read_text()
    assert "四公斤到广州运费多少" in await texts(other)


async def test_a_merge_killed_after_the_files_were_taken_is_made_at_the_next_start(
    drafts, other, checkout, monkeypatch
):
    await add(drafts)
    replace_in(checkout, PATH, "三公斤到广州运费多少", "四公斤到广州运费多少")
    monkeypatch.setattr(Workshop, "put", lambda *_, **__: kill())
    with pytest.raises(Killed):
        await drafts.sync()
    monkeypatch.undo()
    head = drafts._shop.repository.head(FILES)

    assert await other.sync()

    assert await texts(other) == ["寄到北京多少钱", "四公斤到广州运费多少", PRICE_TAIL[1], "寄到成都几块"]
    assert other._shop.repository.head(FILES) == head


async def test_a_change_killed_before_its_commit_leaves_no_trace(drafts, other, monkeypatch):
    await drafts.sync()
    monkeypatch.setattr("bot.studio.drafts.repository.ContentRepository.move", lambda *_, **__: kill())
    with pytest.raises(Killed):
        await add(drafts)
    monkeypatch.undo()

    assert await texts(other) == ["寄到北京多少钱", *PRICE_TAIL]
    await add(other)
    assert await texts(drafts) == ["寄到北京多少钱", *PRICE_TAIL, "寄到成都几块"]


async def test_two_replicas_that_change_at_once_both_get_their_way(drafts, other):
    await drafts.sync()
    await asyncio.gather(*(add(each, f"寄到成都{n}块") for n in range(6) for each in ([drafts, other][n % 2],)))

    assert len(await texts(drafts)) == 9
    assert await texts(drafts) == await texts(other)
    assert {change.kind for change in await drafts.diff()} == {EntryKind.example}


def kill() -> None:
    raise Killed


async def test_going_back_to_files_that_were_found_keeps_what_was_taught_since_in_the_draft(drafts, checkout, tmp_path):
    found = tmp_path / "found"
    shutil.copytree(checkout, found)
    await drafts.add_examples(HE, [NewExample("query_price", "捎到西藏要几个钱")], why="客户常问")
    await drafts.publish(await drafts.head())
    assert "捎到西藏" in (checkout / PATH).read_text()

    await drafts.publish_files(found)

    assert (checkout / PATH).read_text() == (found / PATH).read_text()
    assert not await drafts.sync()
    assert [change.after for change in await drafts.diff()] == ["捎到西藏要几个钱"]
    assert await drafts.conflicts() == []
