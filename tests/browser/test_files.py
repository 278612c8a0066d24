"""Pictures and files in the widget, on the real channel: chosen, pasted, dropped, sent, kept through a reload."""

import asyncio
import base64
import re
from uuid import UUID

import pytest
from playwright.async_api import FilePayload, Page, expect

from bot.conversations.model import HandOffReason
from bot.staff.model import Actor
from connectors.web.uploads import as_attachment
from tests.browser.conftest import OpenPage
from tests.connectors.web.site import Site, picture

pytestmark = pytest.mark.browser

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
TRAY = ".tray li"
SIGNED = re.compile(r"/web/files/[0-9a-f]{64}/.*w=1")
CLOCK = re.compile(r"^\d\d:\d\d$")
HAND_OVER = """([name, type, content, event]) => {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type}));
  const panel = document.querySelector("kuaida-chat").shadowRoot.querySelector(".panel");
  const init = {bubbles: true, cancelable: true};
  if (event === "paste") {
    panel.dispatchEvent(new ClipboardEvent("paste", {...init, clipboardData: transfer}));
    return;
  }
  for (const one of ["dragenter", "dragover", event].filter(Boolean)) {
    panel.dispatchEvent(new DragEvent(one, {...init, dataTransfer: transfer}));
  }
}"""


def photo(name: str = "外箱.png", colour: str = "orange") -> FilePayload:
    return FilePayload(name=name, mimeType="image/png", buffer=picture(colour))


async def choose(page: Page, *files: FilePayload) -> None:
    await page.locator("input[type=file]").first.set_input_files(list(files))


async def hand_over(page: Page, event: str, content: bytes = b"", kind: str = "image/png") -> None:
    encoded = base64.b64encode(content or picture()).decode()
    await page.evaluate(HAND_OVER, ["截图.png", kind, encoded, event])


async def send(page: Page) -> None:
    await page.get_by_role("button", name="发送", exact=True).click()


async def settled(page: Page) -> None:
    """Nothing is on its way any more."""
    await expect(page.locator(".row.mine").first).to_be_visible()
    await expect(page.locator(".row.mine.pending")).to_have_count(0)


async def stored(page: Page, site: Site) -> list[tuple[str, list[str]]]:
    """Words and names of files of everything the customer said, as the server has it."""
    key = "Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'))[1]"
    log = await site.conversations.messages_after(UUID(await page.evaluate(key)), 0)
    return [(one.text, [file.name for file in one.attachments]) for one in log if one.author == "customer"]


async def test_a_picture_and_words_are_one_message_with_a_thumbnail_that_opens(page: Page, site: Site) -> None:
    await choose(page, photo())
    await expect(page.locator(TRAY)).to_have_count(1)
    await page.get_by_label("输入消息").fill("收到时就破了")
    await send(page)

    thumb = page.locator(".row.mine .picture img")
    await expect(thumb).to_have_attribute("src", SIGNED)
    await expect(page.locator(TRAY)).to_have_count(0)
    await expect(page.locator(".row.mine .meta")).to_have_text(CLOCK)
    assert await stored(page, site) == [("收到时就破了", ["外箱.png"])]
    await expect(thumb).to_have_js_property("naturalWidth", 480)
    opened = await page.request.get(str(await page.locator("a.picture").get_attribute("href")))
    assert opened.headers["content-type"] == "image/png"


async def test_a_file_that_is_no_picture_shows_its_name_and_size(page: Page, site: Site) -> None:
    await choose(page, FilePayload(name="发票.pdf", mimeType="application/pdf", buffer=PDF))
    await send(page)
    await settled(page)
    await expect(page.get_by_role("link", name="打开文件 发票.pdf，1 KB")).to_be_visible()
    assert await stored(page, site) == [("", ["发票.pdf"])]


async def test_pictures_can_be_pasted_and_dropped_and_taken_out_again(page: Page, site: Site) -> None:
    await hand_over(page, "paste")
    await expect(page.locator(TRAY)).to_have_count(1)
    await hand_over(page, "")
    await expect(page.get_by_text("松开即可添加")).to_be_visible()
    await hand_over(page, "drop")
    await expect(page.get_by_text("松开即可添加")).to_be_hidden()
    await expect(page.locator(TRAY)).to_have_count(2)
    await page.get_by_role("button", name="移除 截图.png").first.click()
    await send(page)
    await settled(page)
    await expect(page.locator(".row.mine .picture")).to_have_count(1)
    assert await stored(page, site) == [("", ["截图.png"])]


async def test_what_cannot_be_sent_is_said_before_it_is_tried(page: Page) -> None:
    await hand_over(page, "paste", b"PK\x03\x04", "application/zip")
    await expect(page.get_by_role("alert").filter(has_text="暂不支持")).to_be_visible()
    await expect(page.locator(TRAY)).to_have_count(0)


async def test_what_the_server_refuses_comes_back_with_its_reason(page: Page, site: Site) -> None:
    await choose(page, FilePayload(name="假的.png", mimeType="image/png", buffer=b"no picture at all"))
    await page.get_by_label("输入消息").fill("看这张")
    await send(page)
    await expect(page.get_by_text("不支持这种文件")).to_be_visible()
    await page.get_by_role("button", name="修改").click()
    await expect(page.get_by_label("输入消息")).to_have_value("看这张")
    await expect(page.locator(TRAY)).to_have_count(1)
    assert await stored(page, site) == []


async def test_progress_is_shown_and_later_messages_wait_their_turn(page: Page, site: Site) -> None:
    await page.route("**/web/uploads", lambda route: None)
    await choose(page, photo())
    await send(page)
    await page.get_by_label("输入消息").fill("第二句")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.get_by_text("等待发送")).to_be_visible()
    assert await stored(page, site) == []


async def test_an_upload_that_breaks_off_is_tried_again_and_in_the_end_by_hand(page: Page, site: Site) -> None:
    await page.clock.install()
    await page.route("**/web/uploads", lambda route: route.abort())
    await choose(page, photo())
    await send(page)
    failed = page.get_by_text("没有上传成功")
    async with asyncio.timeout(30):
        while not await failed.count():
            await page.clock.run_for(1_000)
    await page.unroute("**/web/uploads")
    await page.clock.resume()
    await page.get_by_role("button", name="重新发送").click()
    await expect(page.locator(".row.mine.failed")).to_have_count(0)
    await settled(page)
    assert await stored(page, site) == [("", ["外箱.png"])]


async def test_pictures_written_offline_survive_a_reload_and_go_out_in_order(page: Page, site: Site) -> None:
    await page.get_by_label("输入消息").fill("在吗")
    await page.keyboard.press("Enter")
    await expect(page.locator(".row:not(.mine, .typing) .bubble")).to_have_count(2)
    await site.stop()
    await choose(page, photo("一.png"), photo("二.png", "teal"))
    await page.get_by_label("输入消息").fill("两张照片")
    await send(page)
    await page.get_by_label("输入消息").fill("都拍了")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("等待发送")).to_have_count(2)

    await page.context.set_offline(True)
    await site.start()
    await page.context.set_offline(False)
    await page.route("**/web/uploads", lambda route: route.abort())
    await page.reload()
    await expect(page.locator(".row.mine.pending .picture img")).to_have_count(2)
    await expect(page.locator(".row.mine.pending")).to_have_count(2)
    await page.unroute_all()
    await settled(page)
    assert await stored(page, site) == [("在吗", []), ("两张照片", ["一.png", "二.png"]), ("都拍了", [])]


async def test_a_picture_the_browser_lost_is_said_to_be_lost(browse: OpenPage, site: Site) -> None:
    page = await browse(before="Object.defineProperty(window, 'indexedDB', {get() { throw new Error('forbidden'); }})")
    await page.route("**/web/uploads", lambda route: route.abort())
    await choose(page, photo())
    await send(page)
    await expect(page.locator(".row.mine.pending")).to_have_count(1)
    await page.reload()
    await expect(page.get_by_text("文件已不在浏览器里")).to_be_visible()
    assert await stored(page, site) == []


async def test_pictures_stay_in_the_conversation_after_a_reload_and_in_another_tab(
    page: Page, browse: OpenPage
) -> None:
    await choose(page, photo())
    await send(page)
    await expect(page.locator(".row.mine .picture img")).to_have_count(1)
    await expect(page.locator(".row.mine.pending")).to_have_count(0)
    other = await browse(like=page)
    await page.reload()
    for each in (page, other):
        thumb = each.locator(".row.mine .picture img")
        await expect(thumb).to_have_attribute("src", SIGNED)
        await expect(each.get_by_role("link", name="查看图片 外箱.png")).to_be_visible()


async def test_a_picture_of_an_agent_is_shown_and_opens(page: Page, site: Site) -> None:
    await page.get_by_label("输入消息").fill("在吗")
    await page.keyboard.press("Enter")
    await settled(page)
    key = "Object.entries(localStorage).find(([key]) => key.endsWith(':conversation'))[1]"
    conversation = UUID(await page.evaluate(key))
    kept = await site.attachments.upload(picture("green"), "image/png", "签收底单.png", by=Actor("agent:lin"))
    await site.conversations.hand_off(conversation, HandOffReason.asked, intent=None, summary="", seq=0)
    await site.conversations.accept(conversation, "lin", "林晓")
    await site.conversations.say_as_agent(
        conversation, "lin", "底单在这里", external_id="desk-1", attachments=(as_attachment(kept),)
    )
    await expect(page.get_by_role("link", name="查看图片 签收底单.png")).to_be_visible()
    await expect(page.locator(".row:not(.mine) .picture img")).to_have_attribute("src", SIGNED)


async def test_phones_offer_the_camera(browse: OpenPage) -> None:
    phone, desktop = await browse(phone=True), await browse()
    await expect(phone.get_by_role("button", name="拍照")).to_be_visible()
    await expect(desktop.get_by_role("button", name="拍照")).to_be_hidden()
    assert await phone.locator("input[capture]").get_attribute("accept") == "image/*"
