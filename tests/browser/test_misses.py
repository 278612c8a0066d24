"""Misses in a real browser: walked and mended from the keyboard, taken back, and only looked at by a supervisor."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.db import Database
from bot.staff.model import Role
from bot.studio.misses.tables import Miss
from bot.words import Words
from tests.browser.test_desk import DeskProcess
from tests.browser.visiting import Visits
from tests.desk.builders import PASSWORD, make_services
from tests.studio.misses.builders import MissSite, make_site, not_understood, offer

pytestmark = pytest.mark.browser
LogIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str) -> Iterator[DeskProcess]:
    process = DeskProcess(postgres_url, "tests.studio.misses.serve")
    process.start()
    yield process
    process.kill()


@pytest.fixture
async def site(database: Database, clock, words: Words) -> MissSite:
    """Three sentences of one group, and one that tells who it is."""
    site = make_site(database, clock, words)
    desk = make_services(database, clock)
    await desk.agents.create("he", "贺兰", PASSWORD, Role.trainer)
    await desk.agents.create("zhou", "周强", PASSWORD, Role.supervisor)
    await desk.agents.create("lina", "李娜", PASSWORD, Role.agent)
    for visitor, text in enumerate(("充电宝能寄吗", "充电宝能寄吗呀", "充电宝能寄么")):
        await site.talk(f"v{visitor}").asks(text, not_understood())
    await site.talk("v9").asks("YD2026000000011怎么<b>还</b>不送", offer())
    await site.settle()
    return site


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, site: MissSite) -> AsyncIterator[LogIn]:
    visits = Visits(chromium, process.url)

    async def log_in(username: str, *, phone: bool = False) -> Page:
        return await visits.log_in(username, "/studio/misses", phone=phone)

    yield log_in
    await visits.close()


async def states(site: MissSite) -> list[str]:
    async with site.database.transaction() as session:
        return list(await session.scalars(select(Miss.state).order_by(Miss.at)))


async def test_a_trainer_walks_mends_and_undoes_by_keyboard(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("he")
    rows = page.get_by_test_id("member")
    await expect(rows).to_have_count(4)
    await expect(rows.first).to_contain_text("运单号怎么<b>还</b>不送")
    await expect(page.get_by_test_id("said")).to_contain_text("您是不是想问")

    await page.keyboard.press("i")
    await expect(rows).to_have_count(3)
    await page.keyboard.press("j")
    await expect(page.get_by_test_id("suggestion").first).to_contain_text("充电宝能寄吗")
    await page.keyboard.press("1")
    await expect(rows).to_have_count(2)
    assert await states(site) == ["open", "mended", "open", "ignored"]

    await expect(page.get_by_test_id("undo")).to_be_enabled()
    await page.keyboard.press("u")
    await expect(rows).to_have_count(3)
    assert await states(site) == ["open", "open", "open", "ignored"]


async def test_an_example_is_taught_with_its_entities_and_never_with_a_real_number(
    site: MissSite, log_in: LogIn
) -> None:
    page = await log_in("he")
    await page.get_by_test_id("member").first.click()
    await expect(page.get_by_test_id("said")).to_be_visible()
    await page.keyboard.press("e")
    text = page.get_by_test_id("text")
    await expect(text).to_have_value("YD2000" + (await text.input_value())[6:])
    await expect(page.get_by_test_id("mark")).to_contain_text("运单号")
    await page.get_by_test_id("target").fill("urge_delivery")
    await expect(page.get_by_test_id("target-name")).to_have_text("催派送")

    await text.fill("给13812345678送到北京")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("refusal")).to_contain_text("虚构")
    await text.fill("送到北京要快点")
    await text.evaluate(
        "(field) => { field.focus(); field.setSelectionRange(2, 4); field.dispatchEvent(new Event('select')) }"
    )
    await page.get_by_test_id("kind-region").click()
    await expect(page.get_by_test_id("mark")).to_contain_text("北京 地区")
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("mend-sheet")).not_to_be_visible()
    await expect(page.get_by_test_id("member")).to_have_count(3)


async def test_a_whole_group_is_put_to_an_entry_in_one_step(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("he")
    await page.get_by_test_id("group").filter(has_text="充电宝").first.click()
    await expect(page.get_by_test_id("member")).to_have_count(3)
    await page.get_by_test_id("whole").check()
    await page.get_by_test_id("act-phrasing").click()
    await expect(page.get_by_test_id("text")).to_have_count(3)
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("empty")).to_be_visible()
    assert await states(site) == ["mended", "mended", "mended", "open"]


async def test_filters_stand_in_the_address_and_hold_after_a_reload(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("he")
    await page.locator("select[name=cause]").select_option("declined")
    await expect(page.get_by_test_id("member")).to_have_count(0)
    assert "cause=declined" in page.url
    await page.reload()
    await expect(page.get_by_test_id("empty")).to_be_visible()


async def test_a_group_is_opened_by_its_address_and_stays_in_it(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("he")
    await page.get_by_test_id("group").filter(has_text="充电宝").first.click()
    await expect(page.get_by_test_id("member")).to_have_count(3)
    assert "group=" in page.url
    await page.goto(page.url)
    await expect(page.get_by_test_id("member")).to_have_count(3)
    await expect(page.locator(".group[aria-current=true]")).to_contain_text("充电宝")
    await page.goto(page.url.split("?")[0] + "?group=999999")
    await expect(page.get_by_test_id("member")).to_have_count(4)


async def test_nothing_is_proposed_that_belongs_to_the_sentence_before(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("he")
    await expect(page.get_by_test_id("suggestion").first).to_be_visible()
    await page.evaluate(
        """() => {
          const press = (key) => new KeyboardEvent("keydown", {key, bubbles: true});
          for (const key of ["j", "1", "f"]) document.body.dispatchEvent(press(key));
        }"""
    )
    await expect(page.get_by_test_id("mend-sheet")).to_be_visible()
    await expect(page.get_by_test_id("target")).to_have_value("")
    assert await states(site) == ["open"] * 4


async def test_a_supervisor_looks_and_changes_nothing(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("zhou")
    await expect(page.get_by_test_id("member")).to_have_count(4)
    await expect(page.get_by_test_id("said")).to_be_visible()
    await page.keyboard.press("i")
    await page.keyboard.press("1")
    await expect(page.get_by_test_id("acts")).to_have_count(0)
    assert await states(site) == ["open"] * 4


async def test_on_a_phone_one_pane_follows_the_other(site: MissSite, log_in: LogIn) -> None:
    page = await log_in("he", phone=True)
    await page.get_by_test_id("group").filter(has_text="充电宝").first.tap()
    await page.get_by_test_id("member").first.tap()
    await expect(page.get_by_test_id("said")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.locator(".beside-head .back").tap()
    await expect(page.get_by_test_id("members")).to_be_visible()
