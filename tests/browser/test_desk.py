"""The desk in a real browser: log in, accept, talk both ways, resolve; and nothing typed is lost."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from bot.clock import system_clock
from bot.conversations.model import ConversationState
from bot.conversations.mood import Felt, Mood, Sentiment, Urgency
from bot.db import Database
from bot.desk.workplace import DeskServices
from bot.staff.model import Role
from tests.browser.patience import PATIENCE_MS
from tests.desk.builders import PASSWORD, WAYBILL_NO, customer_says, make_services, make_waiting
from tests.ports import free_port

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]

LogIn = Callable[..., Awaitable[Page]]


class DeskProcess:
    """The desk, or another part with pages, on a port of its own; may be killed and started again there.

    ``arguments`` are the server's own, behind the database's address and the port.
    """

    def __init__(self, database_url: str, server: str = "tests.desk.serve", *arguments: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", server, database_url, str(self.port), *map(str, arguments)]

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, cwd=ROOT)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, "the desk did not start"
            assert time.monotonic() < deadline, "the desk does not answer"
            time.sleep(0.1)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/desk/login", timeout=2):
                return True
        except OSError:
            return False


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str) -> Iterator[DeskProcess]:
    desk = DeskProcess(postgres_url)
    desk.start()
    yield desk
    desk.kill()


@pytest.fixture
async def desk(database: Database) -> DeskServices:
    desk = make_services(database, system_clock)
    await desk.agents.create("lina", "李娜", PASSWORD, Role.agent)
    await desk.agents.create("zhou", "周强", PASSWORD, Role.agent)
    return desk


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, desk: DeskServices) -> AsyncIterator[LogIn]:
    """``await log_in("lina", phone=False)`` -> her desk, in a browser of its own."""
    contexts = []
    failures: list[str] = []

    async def log_in(username: str = "lina", *, phone: bool = False) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 720}
        context = await chromium.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        await page.goto(f"{process.url}/desk/")
        await page.fill("[name=username]", username)
        await page.fill("[name=password]", PASSWORD)
        await page.click("button")
        await page.get_by_test_id("queue-count").wait_for()
        return page

    yield log_in
    for context in contexts:
        await context.close()
    await quiet(desk)
    assert failures == []


async def quiet(desk: DeskServices) -> None:
    """Wait until the process does nothing more for pages that are closed: the tables are about to be emptied."""
    busy = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend' AND state <> 'idle'"
    )
    calm = 0
    while calm < 3:
        async with desk.database.transaction() as session:
            calm = 0 if await session.scalar(busy) else calm + 1
        await asyncio.sleep(0.02)  # between two looks at another process


async def accepted(desk: DeskServices, log_in: LogIn, **waiting: str) -> Page:
    """A page whose person has just taken the only waiting customer."""
    await make_waiting(desk, **waiting)  # type: ignore[arg-type]
    page = await log_in()
    await page.keyboard.press("Alt+a")
    await page.get_by_test_id("mine-line").wait_for()
    await expect(page.get_by_test_id("composer")).to_be_enabled()
    return page


async def test_a_person_logs_in_accepts_talks_and_gives_the_conversation_back(
    desk: DeskServices, log_in: LogIn
) -> None:
    page = await log_in()
    await expect(page.get_by_test_id("queue-count")).to_have_text("0")
    conversation_id = await make_waiting(desk, waybill_no=WAYBILL_NO, says="我的件停了两天了")
    await expect(page.get_by_test_id("queue-count")).to_have_text("1")
    await expect(page).to_have_title("(1) 坐席工作台")
    await page.get_by_test_id("queue-line").click()
    await expect(page.locator(".panel")).to_contain_text("138****1234")
    await expect(page.get_by_test_id("composer")).to_be_disabled()
    await page.get_by_test_id("accept").click()
    await page.get_by_test_id("composer").fill("您好，正在为您核实。")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.agent:not(.sending) .said")).to_have_text("您好，正在为您核实。")
    await customer_says(desk, "好的，谢谢", nth=2)
    await expect(page.locator(".bubble.customer .said").last).to_have_text("好的，谢谢")
    await page.keyboard.press("Alt+r")
    await page.get_by_test_id("wrap-code").fill("cuipai")
    await page.get_by_test_id("wrap-code").press("Enter")
    await page.get_by_test_id("wrap-text").fill("已催成都中心，明天派送。")
    await page.get_by_test_id("confirm-resolve").click()
    await expect(page.get_by_test_id("mine-line")).to_have_count(0)
    assert (await desk.conversations.view(conversation_id)).state is ConversationState.bot
    log = await desk.conversations.messages_after(conversation_id, 0)
    assert [message.text for message in log if message.author == "agent"] == ["您好，正在为您核实。"]
    (summary,) = await desk.tickets.summaries_of(conversation_id)
    assert (summary.wrap_up_code, summary.text, summary.by) == (
        "urge_delivery",
        "已催成都中心，明天派送。",
        "lina",
    )


async def test_a_customers_markup_is_shown_and_never_run(desk: DeskServices, log_in: LogIn) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"> **粗** {{ 7*7 }}"
    page = await accepted(desk, log_in, says=hostile)
    await expect(page.locator(".bubble.customer .said").last).to_have_text(hostile)
    assert await page.locator(".chat img, .lists img").count() == 0


async def test_a_restart_loses_neither_the_draft_nor_a_message_sent_meanwhile(
    desk: DeskServices, log_in: LogIn, process: DeskProcess
) -> None:
    page = await accepted(desk, log_in)
    (held,) = await desk.conversations.held_by("lina")
    process.kill()
    await page.get_by_test_id("composer").fill("停机时发出的话")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("composer").fill("还没写完的")
    process.start()
    await expect(page.locator(".bubble.agent:not(.sending) .said")).to_have_text("停机时发出的话")
    await expect(page.get_by_test_id("composer")).to_have_value("还没写完的")
    log = await desk.conversations.messages_after(held.id, 0)
    assert [message.text for message in log if message.author == "agent"] == ["停机时发出的话"]


async def test_enter_while_an_input_method_composes_sends_nothing(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    composer = page.get_by_test_id("composer")
    await composer.fill("nihao")
    await composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await composer.press("Shift+Enter")
    await expect(composer).to_have_value("nihao\n")
    await expect(page.locator(".bubble.agent")).to_have_count(0)


async def test_who_is_slower_reads_that_a_colleague_has_it(desk: DeskServices, log_in: LogIn) -> None:
    conversation_id = await make_waiting(desk)
    page = await log_in()
    await page.get_by_test_id("queue-line").click()
    await page.get_by_test_id("accept").wait_for()
    await desk.conversations.accept(conversation_id, "zhou", "周强")
    await expect(page.locator(".q-notification")).to_contain_text("同事已经接入")
    await expect(page.get_by_test_id("queue-line")).to_have_count(0)


async def test_a_message_into_a_conversation_lost_meanwhile_comes_back_to_the_writer(
    desk: DeskServices, log_in: LogIn, process: DeskProcess
) -> None:
    page = await accepted(desk, log_in)
    (held,) = await desk.conversations.held_by("lina")
    process.kill()
    await desk.conversations.resolve(held.id, "lina")
    await page.get_by_test_id("composer").fill("太晚了")
    process.start()
    await expect(page.locator(".q-notification")).to_be_visible(timeout=30_000)
    log = await desk.conversations.messages_after(held.id, 0)
    assert "太晚了" not in [message.text for message in log]


async def test_a_session_that_ended_leads_to_the_login_and_the_words_wait(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    (held,) = await desk.conversations.held_by("lina")
    await desk.agents.set_active("lina", active=False)
    await page.get_by_test_id("composer").fill("登录过期时写的")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/desk/login$"))
    await desk.agents.set_active("lina", active=True)
    await page.fill("[name=username]", "lina")
    await page.fill("[name=password]", PASSWORD)
    await page.click("button")
    await page.get_by_test_id("mine-line").click()
    await expect(page.locator(".bubble.agent:not(.sending) .said")).to_have_text("登录过期时写的")
    assert (await desk.conversations.messages_after(held.id, 0))[-1].text == "登录过期时写的"


TYPES = "客户正在输入…"


async def test_a_customer_is_seen_typing_until_the_message_comes(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    (held,) = await desk.conversations.held_by("lina")
    await desk.conversations.typing(held.id, "customer", on=True)
    await expect(page.locator(".typing")).to_have_text(TYPES)
    await customer_says(desk, "写好了", nth=2)
    await expect(page.locator(".typing")).to_have_text("")


@pytest.mark.parametrize(("stopped", "seen"), [(False, TYPES), (True, "")])
async def test_who_opens_a_conversation_sees_whether_the_customer_is_just_typing(
    desk: DeskServices, log_in: LogIn, stopped: bool, seen: str
) -> None:
    first = await make_waiting(desk, visitor="a", says="我是甲")
    second = await make_waiting(desk, visitor="b", says="我是乙")
    page = await log_in()
    await page.get_by_test_id("queue-line").last.click()
    await expect(page.locator(".bubble.customer").last).to_contain_text("我是乙")
    await desk.conversations.typing(first, "customer", on=True)
    if stopped:
        await desk.conversations.typing(first, "customer", on=False)
    await desk.conversations.typing(second, "customer", on=True)
    await expect(page.locator(".typing")).to_have_text(TYPES)
    await page.get_by_test_id("queue-line").first.click()
    await expect(page.locator(".bubble.customer").last).to_contain_text("我是甲")
    await expect(page.locator(".typing")).to_have_text(seen)


async def test_a_phone_shows_one_pane_at_a_time(desk: DeskServices, log_in: LogIn) -> None:
    await make_waiting(desk)
    page = await log_in(phone=True)
    await page.get_by_test_id("accept-line").click()
    await expect(page.get_by_test_id("composer")).to_be_visible()
    await expect(page.locator(".lists")).to_be_hidden()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


async def test_unread_messages_of_another_conversation_are_counted(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in, visitor="a")
    await make_waiting(desk, visitor="b")
    await page.keyboard.press("Alt+a")
    await expect(page.get_by_test_id("mine-line")).to_have_count(2)
    await customer_says(desk, "还在吗", visitor="a", nth=2)
    await expect(page.get_by_test_id("unread")).to_have_text("1")
    await page.get_by_test_id("mine-line").first.click()
    await expect(page.get_by_test_id("unread")).to_have_count(0)


async def test_the_mood_of_who_waits_is_a_badge_that_explains_itself(desk: DeskServices, log_in: LogIn) -> None:
    await make_waiting(desk, visitor="calm")
    upset = await make_waiting(desk, visitor="upset", says="骗子公司，药都断了")
    seq = (await desk.conversations.messages_after(upset, 0))[1].seq
    page = await log_in()
    await expect(page.get_by_test_id("mood")).to_have_count(0)

    await desk.conversations.keep_moods([Felt(upset, seq, Mood(Sentiment.angry, 0.9, Urgency.critical, 0.9))])

    first = page.get_by_test_id("queue-line").first
    await expect(first.get_by_test_id("mood")).to_have_text(["愤怒", "危急"])
    await expect(first.get_by_test_id("mood").first).to_have_attribute("title", re.compile("先安抚"))
    await page.get_by_test_id("accept-line").first.click()
    await expect(page.locator(".chat-head").get_by_test_id("mood")).to_have_text(["愤怒", "危急"])
