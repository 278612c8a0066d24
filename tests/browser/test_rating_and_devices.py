"""Rating a service, going on elsewhere, and the way round a blocked socket, in real browsers on the real channel."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from bot.conversations.model import HandOffReason
from connectors.web.identity import signature
from tests.browser.conftest import OpenPage
from tests.connectors.web.site import IDENTITY_SECRET, Site

pytestmark = pytest.mark.browser

ANSWERS = ".row:not(.mine, .typing) .bubble"
NO_SOCKET = """
window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.({code: 1006}), 5); }
  close() {}
};
Object.assign(window.WebSocket, {CONNECTING: 0, OPEN: 1, CLOSED: 3});
"""


async def write(page: Page, text: str) -> None:
    await page.get_by_label("输入消息").fill(text)
    await page.keyboard.press("Enter")


async def conversation_of(page: Page) -> UUID:
    key = "Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'))[1]"
    return UUID(await page.evaluate(key))


async def serve(page: Page, site: Site) -> UUID:
    """A person has helped and is done."""
    await write(page, "在吗")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    conversation = await conversation_of(page)
    await site.conversations.hand_off(conversation, HandOffReason.asked, intent=None, summary="", seq=0)
    await site.conversations.accept(conversation, "lin", "林晓")
    await site.conversations.say_as_agent(conversation, "lin", "已为您安排优先派送。", external_id="desk-1")
    await expect(page.get_by_text("已为您安排优先派送。")).to_be_visible()
    await site.conversations.resolve(conversation, "lin")
    return conversation


# -- rating


async def test_a_persons_service_is_rated_with_stars_reasons_and_words(page: Page, site: Site) -> None:
    conversation = await serve(page, site)
    await expect(page.get_by_role("heading", name="请为 林晓 的服务打分")).to_be_visible()
    await page.get_by_role("radio", name="2 星，不满意").check()
    await page.get_by_role("checkbox", name="等得太久").check()
    await page.get_by_label("还想说点什么").fill("等了半小时")
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_text("感谢您的评价")).to_be_visible()

    [kept] = await site.channel.ratings.of_conversation(conversation)
    assert (kept.score, kept.reasons, kept.comment, kept.agent_name) == (2, ("slow",), "等了半小时", "林晓")
    await page.reload()
    await expect(page.get_by_text("已为您安排优先派送。")).to_be_visible()
    await expect(page.get_by_role("heading", name="请为 林晓 的服务打分")).to_be_hidden()


async def test_the_stars_can_be_chosen_with_the_keyboard(page: Page, site: Site) -> None:
    await serve(page, site)
    await page.get_by_role("radio", name="1 星").focus()
    for _ in range(4):
        await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="5 星，非常满意")).to_be_checked()
    await expect(page.get_by_role("checkbox", name="回复很快")).to_be_visible()


async def test_an_offer_survives_a_reload_and_saying_no_ends_it_in_every_tab(
    page: Page, browse: OpenPage, site: Site
) -> None:
    conversation = await serve(page, site)
    card = "请为 林晓 的服务打分"
    await expect(page.get_by_role("heading", name=card)).to_be_visible()
    await page.reload()
    other = await browse(like=page)
    await expect(other.get_by_role("heading", name=card)).to_be_visible()
    await page.get_by_role("button", name="不评价").click()
    await expect(page.get_by_role("heading", name=card)).to_be_hidden()
    await expect(other.get_by_role("heading", name=card)).to_be_hidden()
    assert (await site.channel.ratings.of_conversation(conversation))[0].score is None


# -- elsewhere


async def test_a_link_goes_on_with_the_conversation_on_a_phone(page: Page, browse: OpenPage, site: Site) -> None:
    await write(page, "在吗")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    await page.get_by_role("button", name="换设备继续").click()
    await expect(page.get_by_role("img", name="用另一台设备扫描的二维码")).to_be_visible()
    url = await page.get_by_label("对话链接").input_value()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="换个设备接着聊")).to_be_hidden()

    phone = await browse(url.removeprefix(site.base), phone=True)
    await expect(phone.get_by_role("heading", name="接着之前的对话？")).to_be_visible()
    await phone.get_by_role("button", name="继续对话").click()
    await expect(phone.locator(ANSWERS).last).to_have_text("在的，请讲。")
    await expect(phone).to_have_url(re.compile(r"/c/$"))
    await write(phone, "我在手机上")
    await expect(page.get_by_text("我在手机上", exact=True).first).to_be_visible()
    assert await conversation_of(phone) == await conversation_of(page)

    stranger = await browse(url.removeprefix(site.base))
    await stranger.get_by_role("button", name="继续对话").click()
    await expect(stranger.get_by_role("alert").filter(has_text="已在另一台设备上使用过")).to_be_visible()
    await stranger.get_by_role("button", name="不用了").click()
    await expect(stranger.locator(ANSWERS)).to_have_count(1)


async def test_nobody_is_put_into_a_conversation_by_merely_opening_a_link(
    page: Page, browse: OpenPage, site: Site
) -> None:
    await write(page, "在吗")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    url = await site.channel.links.link(await conversation_of(page), site.channel.clock())
    other = await browse()
    await write(other, "我是另一个人")
    await expect(other.locator(ANSWERS)).to_have_count(2)
    own = await conversation_of(other)
    again = await browse(url.removeprefix(site.base), like=other)
    await expect(again.get_by_text("这台设备上现在的对话会换成那一段")).to_be_visible()
    await again.get_by_role("button", name="不用了").click()
    await expect(again.get_by_text("我是另一个人", exact=True).first).to_be_visible()
    assert await conversation_of(again) == own


# -- who is logged in


async def test_a_logged_in_customer_goes_on_in_another_browser_and_logging_out_leaves_nothing(
    browse: OpenPage,
) -> None:
    identity = {"user_id": "u-7", "hash": signature(IDENTITY_SECRET, "u-7")}
    first, second = await browse(), await browse()
    await first.evaluate("identity => KuaidaChat.identify(identity)", identity)
    await write(first, "在吗")
    await expect(first.locator(ANSWERS)).to_have_count(2)
    await second.evaluate("identity => KuaidaChat.identify(identity)", identity)
    await expect(second.locator(".row.mine")).to_have_count(1)
    assert await conversation_of(first) == await conversation_of(second)

    await second.evaluate("KuaidaChat.logout()")
    await expect(second.locator(".row.mine")).to_have_count(0)
    await expect(second.locator(ANSWERS)).to_have_count(1)
    assert await conversation_of(first) != await conversation_of(second)


# -- the way round a blocked socket


async def test_where_no_socket_is_let_through_the_chat_works_by_events(browse: OpenPage, site: Site) -> None:
    page = await browse(before=NO_SOCKET)
    await write(page, "在吗")
    await expect(page.locator(ANSWERS).last).to_have_text("在的，请讲。")
    await expect(page.locator(".row.mine.pending")).to_have_count(0)
    conversation = await conversation_of(page)
    await site.conversations.hand_off(conversation, HandOffReason.asked, intent=None, summary="", seq=0)
    await expect(page.get_by_role("button", name="取消排队")).to_be_visible()
    await page.get_by_role("button", name="取消排队").click()
    await expect(page.get_by_role("button", name="取消排队")).to_be_hidden()
    # The next visit knows the way at once.
    await page.reload()
    await expect(page.locator(ANSWERS).first).to_be_visible(timeout=4_000)


async def test_a_stream_that_breaks_is_taken_up_without_losing_or_doubling_anything(
    browse: OpenPage, site: Site
) -> None:
    page = await browse(before=NO_SOCKET)
    await write(page, "一")
    await expect(page.locator(ANSWERS)).to_have_count(2)
    await site.stop()
    await write(page, "二")
    await site.start()
    await expect(page.locator(ANSWERS)).to_have_text([re.compile("^您好"), "一", "二"])
    await expect(page.locator(".row.mine")).to_have_count(2)
