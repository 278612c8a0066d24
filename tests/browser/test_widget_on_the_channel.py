"""The chat widget on the real web channel, with a scripted engine behind it."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from bot.conversations.model import HandOffReason
from tests.connectors.web.site import Site

pytestmark = pytest.mark.browser

ANSWERS = ".row:not(.mine, .typing) .bubble"
GREETING = re.compile("^您好")


async def write(page: Page, text: str) -> None:
    await page.get_by_label("输入消息").fill(text)
    await page.keyboard.press("Enter")


async def conversation_of(page: Page) -> UUID:
    stored = "Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'))[1]"
    return UUID(await page.evaluate(stored))


async def test_a_question_is_answered_and_still_there_after_a_reload(page: Page) -> None:
    await write(page, "在吗")
    await expect(page.locator(ANSWERS)).to_have_text([GREETING, "在的，请讲。"])
    await page.reload()
    await expect(page.locator(ANSWERS)).to_have_text([GREETING, "在的，请讲。"])
    await expect(page.locator(".row.mine .bubble")).to_have_count(1)


async def test_faster_than_allowed_arrives_later_and_in_order(page: Page, site: Site) -> None:
    said = [f"第 {number} 句" for number in range(7)]
    for text in said:
        await write(page, text)
    await expect(page.locator(".row.mine.pending")).to_have_count(0)
    await expect(page.locator(ANSWERS).last).to_have_text(said[-1])
    log = await site.conversations.messages_after(await conversation_of(page), 0)
    assert [message.text for message in log if message.author == "customer"] == said


async def test_a_person_takes_over_and_gives_back(page: Page, site: Site) -> None:
    await write(page, "在吗")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    conversation = await conversation_of(page)
    await site.conversations.hand_off(conversation, HandOffReason.asked, intent=None, summary="", seq=0)
    await expect(page.get_by_role("button", name="取消排队")).to_be_visible()
    await site.conversations.accept(conversation, "lin", "林晓")
    await expect(page.get_by_text("正在与 林晓 对话")).to_be_visible()
    await site.conversations.say_as_agent(conversation, "lin", "您好，我来处理。", external_id="desk-1")
    await expect(page.get_by_text("您好，我来处理。")).to_be_visible()
    await site.conversations.resolve(conversation, "lin")
    await expect(page.get_by_text("正在与 林晓 对话")).to_be_hidden()
    await expect(page.locator(".to-human")).to_be_enabled()


async def test_what_is_said_while_the_server_is_down_is_answered_when_it_is_back(page: Page, site: Site) -> None:
    await write(page, "一")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    await site.stop()
    await write(page, "二")
    await write(page, "三")
    await expect(page.get_by_text("未发出的消息会自动补发")).to_be_visible()
    await site.start()
    await expect(page.locator(ANSWERS)).to_have_text([GREETING, "一", "二", "三"])
    await expect(page.locator(".row.mine .bubble")).to_have_count(3)
