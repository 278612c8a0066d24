"""Handing over in a real browser: two agents, a supervisor and a customer."""

from playwright.async_api import Page, expect

from bot.desk.workplace import DeskServices
from bot.staff.model import Role
from tests.browser.test_desk import LogIn, desk, log_in, process
from tests.desk.builders import PASSWORD, customer_says, make_waiting

__all__ = ["desk", "log_in", "process"]


async def online(page: Page) -> None:
    await page.get_by_test_id("state-online").click()
    await expect(page.get_by_test_id("state-online")).to_have_attribute("aria-checked", "true")


async def test_a_customer_is_offered_taken_transferred_and_given_back(desk: DeskServices, log_in: LogIn) -> None:
    lina, zhou = await log_in("lina"), await log_in("zhou")
    await online(lina)
    conversation_id = await make_waiting(desk)
    await expect(lina.get_by_test_id("offer")).to_contain_text("派给您")
    await expect(zhou.get_by_test_id("accept-line")).to_have_count(0)
    await lina.keyboard.press("Alt+a")
    await lina.get_by_test_id("mine-line").wait_for()
    await expect(lina.get_by_test_id("load")).to_have_text("接待 1/5")
    await online(zhou)
    await lina.keyboard.press("Alt+t")
    await lina.get_by_test_id("transfer-to").select_option("agent:zhou")
    await lina.get_by_test_id("transfer-note").fill("客户要加急，已催过一次")
    await lina.get_by_test_id("confirm-transfer").click()
    await expect(lina.get_by_test_id("mine-line")).to_have_count(0)
    await expect(zhou.get_by_test_id("offer")).to_be_visible()
    await zhou.get_by_test_id("accept-line").click()
    await expect(zhou.locator(".panel")).to_contain_text("客户要加急，已催过一次")
    await customer_says(desk, "在吗", nth=2)
    await expect(zhou.locator(".bubble.customer .said").last).to_have_text("在吗")
    await zhou.keyboard.press("Alt+r")
    await zhou.get_by_test_id("confirm-resolve").click()
    await expect(zhou.get_by_test_id("mine-line")).to_have_count(0)
    assert (await desk.conversations.view(conversation_id)).state == "bot"
    told = [one.text for one in await desk.conversations.messages_after(conversation_id, 0) if one.author == "system"]
    assert sum("转接" in text and "同事" in text for text in told) == 1
    assert not any("加急" in text for text in told)


async def test_who_does_not_want_it_passes_it_to_the_next(desk: DeskServices, log_in: LogIn) -> None:
    lina, zhou = await log_in("lina"), await log_in("zhou")
    await online(lina)
    await make_waiting(desk)
    await lina.get_by_test_id("decline").wait_for()
    await online(zhou)
    await lina.get_by_test_id("decline").click()
    await expect(zhou.get_by_test_id("offer")).to_be_visible()
    await expect(lina.get_by_test_id("offer")).to_have_count(0)


async def test_a_supervisor_listens_whispers_and_takes_over(desk: DeskServices, log_in: LogIn) -> None:
    await desk.agents.create("boss", "王主管", PASSWORD, Role.supervisor)
    conversation_id = await make_waiting(desk)
    lina, boss = await log_in("lina"), await log_in("boss")
    await lina.keyboard.press("Alt+a")
    await lina.get_by_test_id("mine-line").wait_for()
    await boss.goto(f"{boss.url.split('/desk')[0]}/desk/?c={conversation_id}")
    await expect(boss.locator(".log")).to_contain_text("我要人工")
    await boss.get_by_test_id("whisper").click()
    await boss.get_by_test_id("whisper-text").fill("先安抚，再催件")
    await boss.get_by_test_id("confirm-whisper").click()
    await expect(boss.get_by_text("已发给坐席")).to_be_visible()
    assert not any("安抚" in one.text for one in await desk.conversations.messages_after(conversation_id, 0))
    await boss.get_by_test_id("take-over").click()
    await expect(boss.get_by_test_id("composer")).to_be_enabled()
    await expect(lina.get_by_test_id("mine-line")).to_have_count(0)
    assert (await desk.conversations.view(conversation_id)).agent == "boss"


async def test_it_is_readable_by_day_by_night_and_on_a_phone(desk: DeskServices, log_in: LogIn, tmp_path) -> None:
    """Nothing is wider than the screen; the pictures are for looking at."""
    page = await log_in("lina")
    await online(page)
    for visitor in ("visitor-1", "visitor-2"):
        await make_waiting(desk, visitor=visitor)
    await page.get_by_test_id("offer").first.wait_for()
    await page.screenshot(path=tmp_path / "light.png")
    await page.evaluate("setDark(true)")
    await page.screenshot(path=tmp_path / "dark.png")
    phone = await log_in("zhou", phone=True)
    await phone.screenshot(path=tmp_path / "phone.png")
    for each in (page, phone):
        assert await each.evaluate("document.documentElement.scrollWidth <= innerWidth")
