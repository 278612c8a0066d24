"""Training, looking at a report, publishing and taking back, in a real browser."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, expect

from bot.clock import system_clock
from bot.db import Database
from bot.staff.model import Role
from bot.studio.releases.model import Release
from bot.studio.releases.states import ReleaseState
from tests.browser.test_desk import DeskProcess
from tests.browser.visiting import Visits
from tests.desk.builders import PASSWORD, make_services
from tests.studio.releases.site import fill

pytestmark = pytest.mark.browser
LogIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("releases")


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str, folder: Path) -> Iterator[DeskProcess]:
    studio = DeskProcess(postgres_url, "tests.studio.releases.serve", folder)
    studio.start()
    yield studio
    studio.kill()


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, database: Database, folder: Path) -> AsyncIterator[LogIn]:
    """``await log_in("/studio/releases", phone=True, username="zhou")`` -> the page."""
    desk = make_services(database, system_clock, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    for username, role in (("he", Role.trainer), ("admin", Role.admin), ("zhou", Role.supervisor)):
        await desk.agents.create(username, username, PASSWORD, role)
    await fill(database, system_clock, folder, conversations=20)
    visits = Visits(chromium, process.url)

    async def log_in(path: str, *, username: str = "he", phone: bool = False) -> Page:
        return await visits.log_in(username, path, phone=phone)

    yield log_in
    await visits.close()


async def state_of(database: Database, name: str) -> str:
    async with database.transaction() as session:
        release = await session.get(Release, name)
    assert release is not None
    return release.state


async def test_the_draft_is_trained_from_the_page_and_the_training_called_off(log_in: LogIn) -> None:
    page = await log_in("/studio/releases")

    await page.fill("[name=note]", "补催派问法")
    await page.get_by_test_id("train").click()
    work = page.get_by_test_id("work")
    await expect(work).to_contain_text("排队训练")
    await work.get_by_role("button", name="取消训练").click()

    await expect(page.get_by_test_id("history")).to_contain_text("已取消")


async def test_a_candidate_is_compared_and_taken_back_with_a_reason(log_in: LogIn, database: Database) -> None:
    page = await log_in("/studio/releases")

    comparison = page.get_by_test_id("comparison")
    await expect(comparison).to_contain_text("转人工")
    await comparison.locator("[name=why]").fill("运费答错")
    await page.get_by_test_id("withdraw").click()

    await expect(page.get_by_test_id("arms")).not_to_contain_text("灰度")
    assert await state_of(database, "2026-11-22-1") == ReleaseState.withdrawn


async def test_a_report_shows_closed_gates_first_and_its_sentences_by_pages(log_in: LogIn) -> None:
    page = await log_in("/studio/releases/2026-11-21-1")

    await expect(page.get_by_test_id("gates").locator("li").first).to_contain_text("✕")
    await page.get_by_role("link", name="句子").click()
    await page.get_by_role("link", name="变对的句子").click()
    await expect(page.get_by_test_id("sentences").locator("tbody tr")).to_have_count(50)
    await page.get_by_role("link", name="下一页").click()
    await expect(page.get_by_test_id("sentences").locator("tbody tr")).to_have_count(10)


async def test_who_only_looks_is_offered_nothing_to_change(log_in: LogIn) -> None:
    page = await log_in("/studio/releases", username="zhou")

    await expect(page.get_by_test_id("comparison")).to_be_visible()
    assert await page.get_by_test_id("train").count() == 0
    assert await page.get_by_test_id("withdraw").count() == 0


async def test_on_a_phone_nothing_is_wider_than_the_screen(log_in: LogIn) -> None:
    for path in ("/studio/releases", "/studio/releases/2026-11-22-1", "/studio/releases/2026-11-22-1?tab=sets"):
        page = await log_in(path, phone=True)
        await expect(page.locator(".office")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
