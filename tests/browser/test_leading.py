"""Supervisors' pages in a real browser: the wall moves by itself, samples are scored by keyboard, charts drawn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from bot.clock import system_clock
from bot.conversations.events import EVERYTHING, Event, announce
from bot.conversations.ratings import Rating
from bot.db import Database
from bot.handover.kinds import AgentState
from bot.staff.model import Actor
from tests.browser.patience import PATIENCE_MS
from tests.browser.test_desk import DeskProcess
from tests.desk.builders import PASSWORD, make_waiting
from tests.desk.leading.site import BOSS, LINA, LeadingSite, make_site

pytestmark = pytest.mark.browser
PAGES = ("wall", "quality", "satisfaction")
HOSTILE = "<img src=x onerror=\"document.title='taken'\">{{7*7}}"
OpenPage = Callable[..., Awaitable[Page]]


class Ahead:
    """A clock that can be put ahead of the system's, so that services are over before they are looked at."""

    def __init__(self) -> None:
        self.by = timedelta(hours=-3)

    def __call__(self):
        return system_clock() + self.by

    def advance(self, by: timedelta) -> None:
        self.by += by


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str) -> Iterator[DeskProcess]:
    desk = DeskProcess(postgres_url, "tests.desk.leading.serve")
    desk.start()
    yield desk
    desk.kill()


@pytest.fixture
async def site(database: Database) -> LeadingSite:
    site = make_site(database, Ahead())
    await site.fill()
    return site


@pytest.fixture
async def open_page(chromium: Browser, process: DeskProcess, site: LeadingSite) -> AsyncIterator[OpenPage]:
    """``await open_page("/desk/wall", "boss", phone=False)`` -> the page, in a browser of its own."""
    contexts = []
    failures: list[str] = []

    async def open_page(path: str, username: str, *, phone: bool = False, dark: bool = False) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 720}
        context = await chromium.new_context(
            viewport=size,  # type: ignore[arg-type]
            locale="zh-CN",
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        await context.add_cookies([{"name": "desk_session", "value": await log_in(site, username), "url": process.url}])
        await page.goto(process.url + path)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert failures == []


async def log_in(site: LeadingSite, username: str) -> str:
    """The token of a session that has just begun."""
    agents = make_site(site.database, system_clock).desk.agents
    return (await agents.log_in(username, PASSWORD))[1]


@pytest.mark.parametrize("username", ["lina", "outlet", "tang"])
async def test_pages_are_refused_for_other_roles(process: DeskProcess, site: LeadingSite, username: str) -> None:
    cookies = {"desk_session": await log_in(site, username)}
    async with httpx.AsyncClient(base_url=process.url, cookies=cookies) as client:
        for name in PAGES:
            answer = await client.get(f"/desk/{name}")
            if username == "lina" and name == "quality":
                assert "我的成绩" in answer.text
                assert "抽样" not in answer.text
            else:
                assert (answer.status_code, answer.headers["location"]) == (303, "/desk/account"), name
    async with httpx.AsyncClient(base_url=process.url) as client:
        for name in PAGES:
            assert (await client.get(f"/desk/{name}")).headers["location"] == "/desk/login"


async def test_the_wall_moves_by_itself(site: LeadingSite, open_page: OpenPage) -> None:
    page = await open_page("/desk/wall", "boss")
    waiting = page.get_by_test_id("tile-waiting")
    await expect(waiting).to_contain_text("0")
    site.advance(timedelta(hours=3))
    await make_waiting(site.desk)
    await expect(waiting.locator(".big")).to_have_text("1")
    assert site.desk.handover is not None
    await site.desk.handover.be(LINA, AgentState.online)
    await expect(page.get_by_test_id("wall-agent")).to_contain_text("李娜")
    async with site.database.transaction() as session:
        await announce(session, Event(conversation_id=EVERYTHING, kind="agents"))
    longest = page.get_by_test_id("tile-longest").locator(".big")
    before = await longest.inner_text()
    await expect(longest).not_to_have_text(before)


async def test_a_forgotten_agent_is_sent_away_from_the_wall(site: LeadingSite, open_page: OpenPage) -> None:
    await site.online("lina")
    conversation_id = await site.held("lina")
    page = await open_page("/desk/wall", "boss")
    await page.get_by_role("button", name="查看李娜的会话").click()
    await expect(page.get_by_test_id("held").locator("li")).to_have_count(1)
    form = page.get_by_test_id("set-state")
    await form.locator("[name=state]").select_option("offline")
    await form.locator("[name=why]").fill("下班忘了离线")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("sheet")).to_be_hidden()
    await expect(page.get_by_test_id("wall-waiting")).to_have_count(1)
    assert (await site.desk.conversations.view(conversation_id)).agent is None


async def test_a_conversation_is_read_whispered_to_and_passed_on(site: LeadingSite, open_page: OpenPage) -> None:
    await site.online("lina")
    conversation_id = await site.held("lina")
    page = await open_page("/desk/wall", "boss")
    await page.get_by_test_id("wall-agent").get_by_role("button").click()
    await page.get_by_test_id("held").get_by_role("button").click()
    await expect(page.get_by_test_id("transcript")).to_contain_text("我要人工")
    whisper = page.get_by_test_id("whisper")
    await whisper.locator("textarea").fill("先安抚客户")
    await whisper.get_by_role("button").click()
    await expect(whisper.locator("textarea")).to_have_value("")
    await page.get_by_test_id("pass").locator("[name=to]").select_option("team:claims")
    await page.get_by_role("button", name="转派").click()
    await expect(page.get_by_test_id("sheet")).to_be_hidden()
    assert (await site.desk.conversations.view(conversation_id)).team == "claims"


async def test_what_people_wrote_is_never_markup(site: LeadingSite, open_page: OpenPage) -> None:
    await site.desk.agents.teams.create("evil", HOSTILE, by=Actor("system"))
    await site.desk.agents.teams.set_members("evil", ["lina"], by=Actor("system"))
    await site.online("lina")
    conversation_id = await site.served("lina")
    await rated(site, conversation_id, 1, HOSTILE)
    page = await open_page("/desk/wall", "boss")
    # Labels of teams are among what is read every fifteen seconds only.
    await expect(page.get_by_test_id("wall-agents")).to_contain_text("{{7*7}}", timeout=40_000)
    await page.goto(page.url.replace("wall", "satisfaction"))
    await expect(page.get_by_test_id("comments")).to_contain_text("{{7*7}}")
    assert await page.title() != "taken"


async def test_a_sample_is_scored_by_keyboard_and_the_agent_objects(site: LeadingSite, open_page: OpenPage) -> None:
    conversation_id = await site.served("lina")
    sample_id = await site.leading.sampling.calibrate(BOSS, conversation_id, scorers=1)
    page = await open_page("/desk/quality", "boss")
    await page.get_by_role("link", name="评分", exact=True).first.click()
    await page.wait_for_url(f"**/desk/quality/{sample_id}")
    await expect(page.get_by_test_id("transcript")).to_contain_text("138****5678")
    await page.get_by_text("评语").first.click()
    await page.locator("[name^=remark-]").fill("可以先问候")
    await page.locator(".criterion").first.locator("input").first.focus()
    for key in "13" + "1" * 9:
        await page.keyboard.press(key)
    await expect(page.get_by_test_id("total")).to_have_text("90")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_url("**/desk/quality")
    await expect(page.get_by_test_id("samples")).to_contain_text("90")

    theirs = await open_page(f"/desk/quality/{sample_id}", "lina")
    await expect(theirs.get_by_test_id("transcript")).to_contain_text("评语：可以先问候")
    await theirs.get_by_test_id("object").locator("textarea").fill("客户先骂人")
    await theirs.get_by_role("button", name="提交申诉").click()
    await expect(theirs.get_by_test_id("objection")).to_contain_text("客户先骂人")
    await page.goto(page.url + f"/{sample_id}")
    answer = page.get_by_test_id("answer")
    await answer.locator("textarea").fill("有理")
    await answer.locator("[name=total]").fill("100")
    await answer.get_by_role("button").click()
    await expect(page.get_by_test_id("objection")).to_contain_text("申诉成立")


async def test_what_is_not_filled_is_said_and_nothing_is_lost(site: LeadingSite, open_page: OpenPage) -> None:
    sample_id = await site.leading.sampling.calibrate(BOSS, await site.served("lina"), scorers=1)
    page = await open_page(f"/desk/quality/{sample_id}", "boss")
    await page.locator("[name=comment]").fill("还行")
    await page.get_by_role("button", name="提交评分").click()
    await expect(page.get_by_role("alert")).to_contain_text("还有评分项没有打分")
    await expect(page.locator("[name=comment]")).to_have_value("还行")


async def test_a_sheet_is_edited_as_text(site: LeadingSite, open_page: OpenPage) -> None:
    page = await open_page("/desk/quality?tab=sheets", "boss")
    form = page.get_by_test_id("sheet-service")
    await form.locator("[name=lines]").fill("# 态度\n五分 | tone | 语气")
    await form.get_by_role("button").click()
    await expect(form.get_by_role("alert")).to_contain_text("第 2 行")
    await form.locator("[name=lines]").fill("# 态度\n100 | tone | 语气")
    await form.get_by_role("button").click()
    await expect(page.get_by_text("已保存第 1 版")).to_be_visible()
    assert [one.key for one in (await site.leading.editions.sheet("service")).criteria()] == ["tone"]


@pytest.mark.parametrize("dark", [False, True])
async def test_charts_are_drawn_with_their_table_one_click_away(
    site: LeadingSite, open_page: OpenPage, *, dark: bool
) -> None:
    for number in range(6):
        await rated(site, await site.served("lina", f"v{number}"), 4 + number % 2, "")
    page = await open_page("/desk/satisfaction", "boss", dark=dark)
    await expect(page.locator(".chart svg")).to_have_count(2)
    await expect(page.get_by_test_id("figures")).to_contain_text("4.50")
    table = page.get_by_test_id("stars-table")
    await expect(table).to_be_hidden()
    await page.get_by_text("表格").last.click()
    await expect(table).to_contain_text("50%")
    async with page.expect_download() as download:
        await page.get_by_test_id("export").click()
    assert (await download.value).suggested_filename == "satisfaction.csv"


@pytest.mark.parametrize("path", ["/desk/wall", "/desk/quality", "/desk/satisfaction", "/desk/quality?tab=sheets"])
async def test_nothing_is_wider_than_a_phone(site: LeadingSite, open_page: OpenPage, path: str) -> None:
    await site.online("lina")
    await rated(site, await site.served("lina"), 5, "很好")
    page = await open_page(path, "boss", phone=True)
    await page.wait_for_selector("main")
    await asyncio.sleep(0.5)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def rated(site: LeadingSite, conversation_id: UUID, score: int, comment: str) -> None:
    async with site.database.transaction() as session:
        session.add(
            Rating(
                conversation_id=conversation_id,
                seq=1,
                about="agent",
                agent_name="李娜",
                score=score,
                reasons=[],
                comment=comment,
                offered_at=site.now,
                answered_at=site.now,
            )
        )
