"""A trainer's day in a real browser: a miss is mended, the draft trained, tried on a share of customers, taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from bot.clock import system_clock
from bot.db import Database
from bot.staff.model import Role
from bot.studio.releases.model import Release
from bot.studio.releases.states import ReleaseState
from bot.words import Words
from tests.browser.patience import PATIENCE_MS
from tests.browser.test_desk import DeskProcess
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD, make_services
from tests.studio.drafts.builders import write_content
from tests.studio.misses.builders import make_site, not_understood
from tests.studio.releases.conftest import Shelf

pytestmark = pytest.mark.browser
SAID = ("捎到西藏要几个钱", "捎到西藏几个钱呀")


@pytest.fixture
async def site(database: Database, clock: FrozenClock, words: Words, tmp_path: Path) -> Shelf:
    """Two customers asked what a parcel costs and were not understood; one release serves."""
    write_content(tmp_path)
    desk = make_services(database, system_clock, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    await desk.agents.create("he", "贺兰", PASSWORD, Role.trainer)
    shelf = Shelf(database, clock, tmp_path)
    await shelf.put("2026-03-03-1", ReleaseState.stable, tree=None)
    misses = make_site(database, clock, words)
    for visitor, text in enumerate(SAID):
        await misses.talk(f"v{visitor}").asks(text, not_understood())
    await misses.settle()
    return shelf


@pytest.fixture
def process(site: Shelf, postgres_url: str, chromium_path: str, tmp_path: Path) -> Iterator[DeskProcess]:
    studio = DeskProcess(postgres_url, "tests.studio.serve", tmp_path)
    studio.start()
    yield studio
    studio.kill()


@pytest.fixture
async def page(chromium: Browser, process: DeskProcess) -> Page:
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto(f"{process.url}/desk/login")
    await page.fill("[name=username]", "he")
    await page.fill("[name=password]", PASSWORD)
    await page.click("button")
    await page.wait_for_url(lambda url: "login" not in url)
    return page


async def test_a_miss_is_mended_trained_tried_on_some_customers_and_taken_back(
    page: Page, process: DeskProcess, site: Shelf, tmp_path: Path
) -> None:
    await mend(page, process.url)
    await expect_in_the_draft(page, process.url)

    name = await train(page, process.url)
    tree = (await site.get(name)).tree
    assert tree is not None
    assert SAID[0] in taught_in(Path(tree))

    await page.get_by_test_id("publish").click()
    await expect(page.get_by_test_id("arms")).to_contain_text(name)
    await come_up(site.database, name)
    await page.reload()
    await expect(page.get_by_test_id("arms")).to_contain_text("5%")

    await page.get_by_test_id("comparison").locator("[name=why]").fill("运费报错了")
    await page.get_by_test_id("withdraw").click()
    await expect(page.get_by_test_id("arms")).not_to_contain_text(name)
    assert (await site.get(name)).state == ReleaseState.withdrawn
    assert (await site.get("2026-03-03-1")).state == ReleaseState.stable
    assert SAID[0] not in taught_in(tmp_path / "checkout"), "what was only tried stays out of the files"


def taught_in(folder: Path) -> str:
    return (folder / "nlu_data/intents/query_price.yml").read_text(encoding="utf-8")


async def mend(page: Page, url: str) -> None:
    """Both sentences, as examples of one intent."""
    await page.goto(f"{url}/studio/misses")
    await expect(page.get_by_test_id("member")).to_have_count(2)
    for box in await page.get_by_test_id("member").locator("input").all():
        await box.check()
    await page.get_by_test_id("act-example").click()
    await expect(page.get_by_test_id("text")).to_have_count(2)
    await page.get_by_test_id("target").fill("query_price")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("empty")).to_be_visible()


async def expect_in_the_draft(page: Page, url: str) -> None:
    await page.goto(f"{url}/studio/draft")
    await expect(page.get_by_test_id("changes").locator("li.change")).to_have_count(2)
    await expect(page.get_by_test_id("changes")).to_contain_text(SAID[0])


async def train(page: Page, url: str) -> str:
    """The name of the release, whose report is open then."""
    await page.goto(f"{url}/studio/releases")
    await page.fill("[name=note]", "运费问法")
    await page.get_by_test_id("train").click()
    await page.get_by_test_id("ready").get_by_role("link", name="看报告").click()
    await expect(page.get_by_test_id("gates").locator("li")).not_to_have_count(0)
    return page.url.rpartition("/")[2]


async def come_up(database: Database, name: str) -> None:
    """Its process, which there is none of here."""
    async with database.transaction() as session:
        await session.execute(update(Release).where(Release.name == name).values(is_up=True))
