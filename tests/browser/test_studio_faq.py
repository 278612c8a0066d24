"""The knowledge base's pages in a real browser: search, edit, two trainers, try, files, hostile words."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from bot.clock import system_clock
from bot.db import Database
from bot.desk.service import AgentService
from tests.browser.test_desk import DeskProcess
from tests.browser.visiting import Visits
from tests.desk.builders import CHEAP, PASSWORD
from tests.studio.faq.builders import xlsx
from tests.studio.faq.site import PEOPLE

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=\"document.title='taken'\">{{7*7}}"
POLICY = "# 规定\n\n## 无人机配送范围\n\n深圳与杭州试点。\n\n## 超时说明\n\n另行通知。\n"
LogIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    desk = DeskProcess(postgres_url, "tests.studio.faq.serve", tmp_path_factory.mktemp("faq"))
    desk.start()
    yield desk
    desk.kill()


@pytest.fixture
async def agents(database: Database) -> AgentService:
    agents = AgentService(database, system_clock, CHEAP)
    for username, name, role in PEOPLE:
        await agents.create(username, name, PASSWORD, role)
    return agents


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, agents: AgentService) -> AsyncIterator[LogIn]:
    """``await log_in("he", "/studio/faq")`` -> the page, in a browser of that person's own."""
    visits = Visits(chromium, process.url)

    async def log_in(username: str, path: str = "/studio/faq", *, phone: bool = False, dark: bool = False) -> Page:
        return await visits.log_in(username, path, phone=phone, dark=dark)

    yield log_in
    await visits.close()


async def save(page: Page, why: str) -> None:
    await page.fill("form[data-testid=entry] [name=why]", why)
    await page.keyboard.press("Control+s")


async def hand_in(page: Page, name: str, content: bytes) -> None:
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="选择文件").click()
    await (await choosing.value).set_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})


async def test_the_list_is_searched_by_initials_with_the_keyboard(log_in: LogIn) -> None:
    page = await log_in("he")
    await page.get_by_test_id("faq").wait_for()
    await page.keyboard.press("/")
    await page.keyboard.type("bjssm")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("faq").locator("tbody tr")).to_have_count(1)
    await expect(page.get_by_test_id("faq-count")).to_have_text("共 1 个主题")


async def test_a_change_is_previewed_checked_and_saved_to_the_draft(log_in: LogIn) -> None:
    page = await log_in("he", "/studio/faq/price.volumetric")
    form = page.get_by_test_id("entry")
    ways = form.locator("[name=phrasings]")
    await ways.fill(f"{await ways.input_value()}\n保价是什么？保价费怎么收")
    await form.locator("[name=answer]").fill("**大的算**，热线 {hotline}\n- 长×宽×高")
    await expect(page.get_by_test_id("preview-wechat")).to_contain_text("大的算，热线 400-888-0000")
    await expect(page.get_by_test_id("checks")).to_contain_text("保价费怎么收", timeout=60_000)
    await page.get_by_role("button", name="删掉这句").first.click()
    await expect(form).to_contain_text("45 个问法")
    await save(page, "说得更短")
    await expect(page.get_by_test_id("versions")).to_contain_text("说得更短")
    await expect(page.locator(".entry-head")).to_contain_text("贺兰")


async def test_an_entry_that_breaks_a_rule_is_not_saved_and_what_was_typed_stays(log_in: LogIn) -> None:
    page = await log_in("he", "/studio/faq/price.remote_surcharge")
    answer = page.locator("form[data-testid=entry] [name=answer]")
    await answer.fill("请看 {webseite}")
    await save(page, "试试")
    await expect(page.get_by_test_id("entry").get_by_role("alert")).to_contain_text("没有变量 {webseite}")
    await expect(answer).to_have_value("请看 {webseite}")


async def test_who_saves_second_chooses_between_both_texts(log_in: LogIn) -> None:
    address = "/studio/faq/price.peak_surcharge"
    he, tan = await log_in("he", address), await log_in("tan", address)
    await he.fill("form[data-testid=entry] [name=answer]", "贺兰的答案")
    await tan.fill("form[data-testid=entry] [name=answer]", "谭静的答案")
    await tan.fill("form[data-testid=entry] [name=question]", "旺季加多少钱？")
    await save(he, "一")
    await expect(he.get_by_test_id("versions")).to_contain_text("一")
    await save(tan, "二")

    conflict = tan.get_by_test_id("conflict")
    await expect(conflict).to_contain_text("贺兰 先保存了改动")
    await expect(conflict).to_contain_text("贺兰的答案")
    await expect(conflict.get_by_text("双方都改了")).to_have_count(1)
    await tan.get_by_role("button", name="按所选保存").click()

    await expect(tan.get_by_test_id("versions").locator("li")).to_have_count(2)
    await expect(tan.locator("form[data-testid=entry] [name=answer]")).to_have_value("谭静的答案")
    await tan.get_by_role("button", name="与现在对比").click()
    await expect(tan.get_by_test_id("sheet")).to_contain_text("旺季加多少钱？")


async def test_an_old_version_is_brought_back(log_in: LogIn) -> None:
    page = await log_in("he", "/studio/faq/price.upstairs_fee")
    answer = page.locator("form[data-testid=entry] [name=answer]")
    for text in ("第一版", "第二版"):
        await answer.fill(text)
        await save(page, text)
        await expect(page.get_by_test_id("versions").locator("li").first).to_contain_text(text)
    page.on("dialog", lambda dialog: dialog.accept("改错了"))
    await page.get_by_role("button", name="恢复").click()
    await expect(page.get_by_test_id("versions").locator("li")).to_have_count(3)
    await expect(answer).to_have_value("第一版")


async def test_a_question_is_tried_on_draft_and_published(log_in: LogIn) -> None:
    page = await log_in("zhou")
    await page.get_by_test_id("faq").wait_for()
    await page.keyboard.press("Alt+t")
    await page.get_by_test_id("try").locator("[name=q]").fill("充电宝可以寄吗")
    await page.keyboard.press("Enter")
    for side in ("draft", "published"):
        await expect(page.get_by_test_id(f"side-{side}").locator("li")).to_have_count(5, timeout=60_000)


async def test_supervisors_look_and_cannot_save(log_in: LogIn) -> None:
    page = await log_in("zhou", "/studio/faq/price.volumetric")
    await expect(page.locator("form[data-testid=entry] [name=answer]")).to_be_disabled()
    await expect(page.get_by_role("button", name="保存到草稿")).to_have_count(0)
    await page.goto(page.url.replace("price.volumetric", "import"))
    await expect(page.locator(".office")).to_contain_text("只有训练师")


async def test_a_sheet_is_looked_at_then_taken_in(log_in: LogIn) -> None:
    page = await log_in("he", "/studio/faq/import")
    await hand_in(page, "坏.xlsx", xlsx(("主题编号", "答案"), ("price.bulk_discount", "看 {nope}")))
    await expect(page.get_by_test_id("problems")).to_contain_text("B 答案")
    await hand_in(page, "好.xlsx", xlsx(("主题编号", "答案"), ("price.bulk_discount", "寄得多就便宜。")))
    await page.get_by_role("button", name="导入 1 个条目").click()
    await expect(page.get_by_test_id("plan")).to_contain_text("修改 1 个")
    await hand_in(page, "virus.exe", b"x")
    await expect(page.get_by_role("alert").first).to_contain_text("不支持")


async def test_a_document_becomes_entries_after_somebody_looked(log_in: LogIn) -> None:
    page = await log_in("he", "/studio/faq/document")
    await hand_in(page, "规定.md", POLICY.encode())
    first = page.get_by_test_id("proposal").first
    await first.wait_for(timeout=60_000)
    await first.get_by_label("保存这条").check()
    await first.locator("[name$=id]").fill("service.drone")
    await page.get_by_role("button", name="保存勾选的条目").click()
    await expect(page.get_by_role("alert").last).to_contain_text("至少要 8 个")
    await first.locator("[name$=phrasings]").fill("\n".join(f"无人机送不送{place}" for place in "甲乙丙丁戊己庚辛"))
    await page.get_by_role("button", name="保存勾选的条目").click()
    await expect(page.get_by_test_id("proposals")).to_contain_text("新增 1 个")


async def test_hostile_words_are_text_in_every_place(log_in: LogIn) -> None:
    page = await log_in("he", "/studio/faq/price.return_freight")
    form = page.get_by_test_id("entry")
    await form.locator("[name=question]").fill(HOSTILE)
    await form.locator("[name=answer]").fill(f"{HOSTILE.replace('{{7*7}}', '')} [x](javascript:alert(1))")
    await page.get_by_test_id("preview-web").get_by_text("javascript").wait_for()
    await save(page, HOSTILE)
    await expect(page.get_by_test_id("versions")).to_contain_text(HOSTILE)
    await expect(page.locator("h1")).to_have_text(HOSTILE)
    await page.goto(page.url.replace("/price.return_freight", "?state=changed"))
    await expect(page.get_by_test_id("faq")).to_contain_text(HOSTILE)
    assert await page.locator("img[src=x]").count() == 0
    assert await page.locator("a[href^=javascript]").count() == 0
    assert await page.title() == "坐席工作台"


@pytest.mark.parametrize("path", ["/studio/faq", "/studio/faq/price.freight_collect", "/studio/faq/import"])
async def test_nothing_runs_out_of_a_phone(log_in: LogIn, path: str) -> None:
    page = await log_in("he", path, phone=True, dark=True)
    await page.locator(".office h1").wait_for()
    wide = await page.evaluate("document.querySelector('.office').scrollWidth")
    assert wide <= 390
