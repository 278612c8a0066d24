"""Intents, words and the draft in a real browser: marked and added, edited by two at once, at odds with the files."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.clock import system_clock
from bot.db import Database
from bot.staff.model import Role
from tests.browser.test_desk import DeskProcess
from tests.browser.visiting import Visits
from tests.desk.builders import CHEAP, PASSWORD, make_services
from tests.studio.drafts.builders import HE, make_drafts, write_content

pytestmark = pytest.mark.browser
LogIn = Callable[..., Awaitable[Page]]
PRICE = "/studio/intents?intent=query_price"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_content(tmp_path)
    return tmp_path


@pytest.fixture
def process(database: Database, postgres_url: str, chromium_path: str, folder: Path) -> Iterator[DeskProcess]:
    desk = DeskProcess(postgres_url, "tests.studio.drafts.serve", folder)
    desk.start()
    yield desk
    desk.kill()


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, database: Database) -> AsyncIterator[LogIn]:
    """``await log_in("he", "/studio/intents", phone=True)`` -> the page, in a browser of that person's own."""
    agents = make_services(database, system_clock, hasher=CHEAP).agents
    people = (("he", "贺兰", Role.trainer), ("lin", "林晓", Role.trainer), ("zhou", "周强", Role.supervisor))
    for username, name, role in people:
        await agents.create(username, name, PASSWORD, role)
    visits = Visits(chromium, process.url)
    yield visits.log_in
    await visits.close()


async def test_an_example_is_written_and_marked_by_keyboard_and_added(log_in):
    page = await log_in("he", PRICE)
    box = page.locator("[name=texts]")
    await page.keyboard.press("Alt+n")
    await expect(box).to_be_focused()
    await page.keyboard.insert_text("寄成都")
    for _ in range(2):
        await page.keyboard.press("Shift+ArrowLeft")
    await page.keyboard.press("Alt+m")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("寄[成都](region)")

    await page.fill("form[data-testid=add-examples] [name=why]", "客户常问")
    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("examples").locator("li")).to_have_count(4)
    await expect(page.get_by_test_id("examples").locator("li").last.locator("mark")).to_have_text("成都region")
    await expect(box).to_have_value("")


async def test_what_a_text_is_too_like_is_said_while_it_is_written(log_in):
    page = await log_in("he", PRICE)

    await page.fill("[name=texts]", "我的快递到哪里了呀！")
    await page.keyboard.press("Tab")

    await expect(page.get_by_test_id("warnings")).to_contain_text("query_waybill: 我的快递到哪里了呀")


async def test_the_second_of_two_trainers_sees_both_texts_and_chooses(log_in):
    first, second = await log_in("he", PRICE), await log_in("lin", PRICE)
    for page in (first, second):
        await page.get_by_test_id("examples").locator("li").first.get_by_role("button").click()
    await save(first, "寄北京多少钱")
    await expect(first.get_by_test_id("examples").locator("li").first).to_contain_text("寄北京多少钱")

    await save(second, "寄到北京要几块")
    stale = second.get_by_test_id("stale")
    await expect(stale).to_contain_text("刚被 he 改过")
    await expect(stale.locator("pre")).to_have_text(["寄北京多少钱", "寄到北京要几块"])
    await second.locator("dialog button.primary").click()

    await expect(second.get_by_test_id("examples").locator("li").first).to_contain_text("寄到北京要几块")


async def save(page: Page, text: str) -> None:
    await page.fill("dialog [name=text]", text)
    await page.fill("dialog [name=why]", "更口语")
    await page.locator("dialog button.primary").click()


async def test_a_change_is_seen_in_the_draft_and_taken_back(log_in, database, folder):
    drafts = make_drafts(folder, database, system_clock)
    entry = await drafts.entry("price.remote")
    await drafts.add_phrasings(HE, entry.id, ["西藏加钱吗"], why="未听懂")
    page = await log_in("lin", "/studio/draft")
    change = page.get_by_test_id("changes").locator("li.change")
    await expect(change).to_contain_text("添加 1 种问法：“西藏加钱吗”")
    await change.locator("summary").click()
    await expect(change.locator(".came")).to_have_text(["+ - 西藏加钱吗"])

    await change.get_by_role("button", name="恢复成已发布的").click()
    await page.fill("dialog [name=why]", "先不要")
    await page.locator("dialog button.primary").click()

    await expect(page.get_by_text("草稿与已发布的内容一样")).to_be_visible()


async def test_a_conflict_with_the_files_is_settled_by_choosing(log_in, database, folder):
    drafts = make_drafts(folder, database, system_clock)
    example = (await drafts.examples("query_price")).items[0]
    await drafts.change_example(HE, example.id, "寄北京多少钱", version=example.version, why="更口语")
    file = folder / "checkout/nlu_data/intents/query_price.yml"
    file.write_text(file.read_text().replace("寄到北京多少钱", "寄到北京要多少钱"))
    await drafts.sync()
    page = await log_in("lin", "/studio/draft?tab=conflicts")
    await expect(page.locator(".conflict pre")).to_have_text(["寄到北京多少钱", "寄北京多少钱", "寄到北京要多少钱"])

    await page.get_by_role("button", name="用文件里的").click()
    await page.fill("dialog [name=why]", "问过了")
    await page.locator("dialog button.primary").click()

    await expect(page.get_by_text("没有冲突", exact=True)).to_be_visible()
    assert (await drafts.examples("query_price")).items[0].text == "寄到北京要多少钱"


async def test_a_response_is_previewed_on_each_channel_and_saved(log_in):
    page = await log_in("he", "/studio/words?tab=responses&name=utter_status")
    await page.fill("textarea[name=text]", "运单 **{waybill_no}** ")
    await page.locator("[data-insert='{status}']").click()
    await expect(page.locator("textarea[name=text]")).to_have_value("运单 **{waybill_no}** {status}")
    await page.fill("[name=why]", "更短")

    await page.get_by_role("button", name="预览").click()
    await expect(page.get_by_test_id("previews").locator("pre").first).to_have_text("运单 YD2026112200012 运输中")
    await page.get_by_role("button", name="保存").click()

    await expect(page.locator(".changes-short")).to_contain_text("更短")


async def test_words_are_added_with_what_they_stand_for(log_in):
    page = await log_in("he", "/studio/words?name=aliases.yml:region")
    await page.fill("[name=words]", "蓉 成都")
    await page.fill("form[data-testid=add-words] [name=why]", "常说")
    await page.keyboard.press("Enter")

    await expect(page.get_by_test_id("words").get_by_role("button")).to_have_text(
        ["沪 → 上海", "京 → 北京", "蓉 → 成都"]
    )


async def test_who_only_looks_is_offered_no_change(log_in):
    page = await log_in("zhou", PRICE)

    await expect(page.get_by_test_id("examples").locator("li")).to_have_count(3)
    await expect(page.locator("form[data-testid=add-examples]")).to_have_count(0)
    await expect(page.get_by_role("button", name="编辑")).to_have_count(0)


async def test_every_page_fits_a_phone(log_in, process):
    page = await log_in("he", "/studio/intents", phone=True)
    words = ("/studio/words", "/studio/words?name=words.txt", "/studio/words?tab=responses")
    drafts = ("/studio/draft", "/studio/draft?tab=log", "/studio/words?tab=responses&name=utter_greet")
    for path in ("/studio/intents", PRICE, *words, *drafts):
        await page.goto(process.url + path)
        await page.locator(".drafts-page").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path
