"""The shipped knowledge base, through the real draft."""

from pathlib import Path

import pytest

from bot.db import Database
from bot.studio.drafts.service import Drafts
from bot.studio.faq.content import version_of
from bot.studio.faq.plan import RowKind
from bot.studio.faq.service import FaqStudio
from knowledge_base.entries import load_entries
from tests.conftest import FrozenClock
from tests.studio.faq.builders import xlsx
from tests.studio.faq.conftest import TRAINER
from tests.studio.faq.site import make_site

TOPIC = "price.how_charged"


@pytest.fixture
def site(database: Database, clock: FrozenClock, tmp_path: Path) -> tuple[Drafts, FaqStudio, Path]:
    site = make_site(database, clock, tmp_path)
    return site.drafts, site.studio, tmp_path / "checkout"


async def test_what_was_exported_changes_nothing_when_it_comes_back(site: tuple[Drafts, FaqStudio, Path]) -> None:
    _, studio, checkout = site
    for kind in ("xlsx", "csv"):
        plan = await studio.imports.plan(TRAINER, f"faq.{kind}", await studio.export(TRAINER, kind))  # type: ignore[arg-type]

        assert plan.problems == ()
        assert plan.count(RowKind.same) == len(load_entries(checkout / "knowledge_base" / "faq"))
        assert plan.to_save == []


async def test_versions_are_those_of_the_draft(site: tuple[Drafts, FaqStudio, Path]) -> None:
    drafts, studio, _ = site
    entries = (await studio.snapshot(TRAINER)).entries

    assert [version_of(one) for one in entries[:5]] == [(await drafts.entry(one.id)).version for one in entries[:5]]


async def test_an_import_is_one_commit_and_an_old_version_comes_back(site: tuple[Drafts, FaqStudio, Path]) -> None:
    drafts, studio, _ = site
    before = dict((await studio.entry(TRAINER, TOPIC)).texts)
    start = await drafts.head()
    ways = "\n".join(f"无人机送货第{number}问" for number in "一二三四五六七八")
    rows = (
        ("主题编号", "涵盖内容", "标准问法", "其他问法", "答案"),
        (TOPIC, before["covers"], before["question"], before["phrasings"], "新答案"),
        ("service.drone", "无人机", "无人机能送货吗", ways, "试点中。"),
    )

    plan = await studio.imports.plan(TRAINER, "faq.xlsx", xlsx(*rows))
    await studio.imports.apply(TRAINER, plan, why="导入")

    changed = await drafts.diff()
    assert {one.commit for one in changed} == {await drafts.head()}
    assert {"faq/service.drone", f"faq/{TOPIC}"} <= {one.entry_id for one in changed}
    view = await studio.entry(TRAINER, TOPIC)
    await studio.restore(TRAINER, TOPIC, start, version=view.version or "", why="恢复")
    assert dict((await studio.entry(TRAINER, TOPIC)).texts) == before
