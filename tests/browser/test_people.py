"""People, accounts and the audit in a real browser: second factor, links, hostile names, keys, ended sessions."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from bot.clock import system_clock
from bot.db import Database
from bot.desk.service import AgentService
from bot.staff.model import Actor, Role
from bot.staff.schemas import AccountChange
from tests.browser.patience import PATIENCE_MS
from tests.browser.test_desk import DeskProcess
from tests.desk.builders import CHEAP, PASSWORD

pytestmark = pytest.mark.browser
NEW = "another good horse"
HOSTILE = "<img src=x onerror=\"document.title='taken'\">{{7*7}}"
SYSTEM = Actor("system")

LogIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str) -> Iterator[DeskProcess]:
    desk = DeskProcess(postgres_url)
    desk.start()
    yield desk
    desk.kill()


@pytest.fixture
async def agents(database: Database) -> AgentService:
    agents = AgentService(database, system_clock, CHEAP)
    await agents.create("boss", "周经理", PASSWORD, Role.admin)
    await agents.create("lina", "李娜", PASSWORD, Role.agent)
    return agents


@pytest.fixture
async def open_page(chromium: Browser, process: DeskProcess, agents: AgentService) -> AsyncIterator[LogIn]:
    """``await open_page("/desk/people", "boss")`` -> the page, in a browser of its own."""
    contexts = []
    failures: list[str] = []

    async def open_page(path: str, username: str | None = None, *, dark: bool = False) -> Page:
        context = await chromium.new_context(
            viewport={"width": 1280, "height": 720}, locale="zh-CN", color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        if username is not None:
            await log_in(page, process, username)
            await page.wait_for_url("**/desk/")
        await page.goto(f"{process.url}{path}")
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert failures == []


async def log_in(page: Page, process: DeskProcess, username: str, password: str = PASSWORD) -> None:
    await page.goto(f"{process.url}/desk/login")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", password)
    await page.click("button")


async def test_who_turns_the_second_factor_on_logs_in_with_it(
    agents: AgentService, open_page: LogIn, process: DeskProcess
) -> None:
    page = await open_page("/desk/account", "lina")
    await page.get_by_role("button", name="开始设置").click()
    secret = await page.get_by_test_id("secret").inner_text()
    setup = page.get_by_test_id("factor-setup")
    await setup.locator("[name=password]").fill(PASSWORD)
    await setup.locator("[name=code]").fill("000000")
    await page.keyboard.press("Enter")
    await expect(setup.get_by_role("alert")).to_contain_text("验证码不正确")
    await expect(setup.locator("[name=password]")).to_have_value(PASSWORD)
    await setup.locator("[name=code]").fill(pyotp.TOTP(secret).now())
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("codes").locator("li")).to_have_count(10)
    code = await page.get_by_test_id("codes").locator("li").first.inner_text()

    await page.get_by_role("button", name="退出").click()
    await page.wait_for_url("**/desk/login")
    await log_in(page, process, "lina")
    await page.wait_for_url("**/desk/login/code")
    await page.fill("[name=code]", "000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("验证码不正确")
    await page.fill("[name=code]", code)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/")
    assert await agents.own.recovery_codes_left("lina") == 9


async def test_a_new_person_gets_in_by_the_link_of_the_sheet(
    agents: AgentService, open_page: LogIn, process: DeskProcess
) -> None:
    await agents.teams.create("claims", "理赔组", by=SYSTEM)
    page = await open_page("/desk/people", "boss")
    await page.get_by_test_id("people").wait_for()
    await page.keyboard.press("Alt+n")
    form = page.get_by_test_id("new-person")
    await form.locator("[name=username]").fill("hz001")
    await form.locator("[name=name]").fill("陈网点")
    await form.locator("[name=role]").select_option("outlet_agent")
    await form.get_by_label("理赔组").check()
    await form.get_by_role("button", name="创建").click()
    await expect(form.get_by_role("alert")).to_contain_text("网点编码")
    await form.locator("[name=unit]").fill("HZ001")
    await form.get_by_role("button", name="创建").click()
    link = await page.get_by_test_id("link").inner_text()
    await expect(page.get_by_test_id("people")).to_contain_text("HZ001")
    assert (await agents.accounts.get("hz001")).teams == ("claims",)

    other = await open_page(link.removeprefix(process.url))
    assert "#" not in other.url
    await other.fill("[name=password]", NEW)
    await other.fill("[name=repeat]", NEW)
    await other.keyboard.press("Enter")
    await expect(other.get_by_role("alert")).to_contain_text("密码已设置")
    await log_in(other, process, "hz001", NEW)
    await other.wait_for_url("**/desk/account")
    await expect(other.locator(".desk-nav a")).to_have_count(3)


async def test_changes_are_made_on_the_sheet_and_read_in_the_audit(agents: AgentService, open_page: LogIn) -> None:
    page = await open_page("/desk/people", "boss")
    await page.get_by_role("button", name="李娜").click()
    form = page.get_by_test_id("person")
    await form.locator("[name=capacity]").fill("9")
    await form.locator("[name=skills]").fill("英语，粤语")
    await page.keyboard.press("Enter")
    async with asyncio.timeout(30):
        while (person := await agents.accounts.get("lina")).capacity != 9:
            await asyncio.sleep(0.05)
    assert person.skills == ("英语", "粤语")

    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="李娜").click()
    await page.get_by_role("button", name="停用").click()
    await expect(page.get_by_test_id("sheet").get_by_role("button", name="启用")).to_be_visible()
    await page.goto(page.url.split("/desk/")[0] + "/desk/audit?about=lina")
    await expect(page.get_by_test_id("audit").locator("tbody tr")).to_have_count(3)
    await expect(page.get_by_test_id("audit")).to_contain_text("技能：英语、粤语")


async def test_a_hostile_name_is_text_on_every_page(agents: AgentService, open_page: LogIn) -> None:
    await agents.accounts.change("lina", AccountChange(name=HOSTILE, skills=(HOSTILE[:40],)), by=SYSTEM)
    await agents.teams.create("claims", HOSTILE, purpose=HOSTILE, by=SYSTEM)
    await agents.teams.set_members("claims", ["lina"], by=SYSTEM)
    page = await open_page("/desk/people", "boss")
    await expect(page.get_by_test_id("people")).to_contain_text(HOSTILE)
    await page.get_by_role("button", name=HOSTILE).first.click()
    await expect(page.locator("dialog h2")).to_have_text(HOSTILE)
    await expect(page.locator("dialog [name=name]")).to_have_value(HOSTILE)
    base = page.url.split("/desk/")[0]
    for path, place in (("/desk/people?tab=teams", "teams"), ("/desk/audit", "audit")):
        await page.goto(base + path)
        await expect(page.get_by_test_id(place)).to_contain_text(HOSTILE)
    hers = await open_page("/desk/account", "lina")
    await expect(hers.locator(".desk-person")).to_contain_text(HOSTILE)
    for each in (page, hers):
        assert await each.locator("img").count() == 0
        assert await each.title() == "坐席工作台"


async def test_a_person_who_is_closed_leaves_every_open_page(agents: AgentService, open_page: LogIn) -> None:
    page = await open_page("/desk/account", "lina")
    await page.get_by_test_id("sessions").wait_for()
    await agents.set_active("lina", active=False, by=SYSTEM)
    await page.get_by_role("button", name="开始设置").click()
    await expect(page).to_have_url(re.compile("/desk/login$"))


async def test_agents_see_neither_people_nor_audit(agents: AgentService, open_page: LogIn) -> None:
    page = await open_page("/desk/people", "lina")
    await page.wait_for_url("**/desk/account")
    await page.goto(page.url.replace("account", "audit"))
    await page.wait_for_url("**/desk/account")


async def test_the_search_is_a_key_away_and_finds_by_any_part(agents: AgentService, open_page: LogIn) -> None:
    page = await open_page("/desk/people", "boss", dark=True)
    await page.get_by_test_id("people").wait_for()
    await page.keyboard.press("/")
    await page.keyboard.type("娜")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("people").locator("tbody tr")).to_have_count(1)
    await expect(page.get_by_test_id("people-count")).to_have_text("1 人")
