"""How the desk looks: contrast of every text in both themes, nothing wider than the screen, pictures to be looked at.

With ``DESK_PICTURES`` naming a folder the pictures of ``docs/images`` are taken into it.
"""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page

from bot.conversations.mood import Felt, Mood, Sentiment, Urgency
from bot.desk.tools.kinds import PromiseKind
from bot.desk.tools.shipping import ship
from bot.desk.tools.summing_up import Confirmed, ConfirmedPromise
from bot.desk.workplace import DeskServices
from bot.staff.model import Actor, Role
from bot.tickets.model import TicketKind
from bot.tickets.service import Contact
from tests.browser.test_desk import LogIn, desk, log_in, process
from tests.desk.builders import WAYBILL_NO, customer_says, make_waiting

__all__ = ["desk", "log_in", "process"]
pytestmark = pytest.mark.browser
LINA = Actor("agent:lina", Role.agent)
ZHOU = Actor("agent:zhou", Role.agent)
AA = 4.5
LARGE = 3.0

_CONTRAST = """() => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (css) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.push(rgba(getComputedStyle(one).backgroundColor));
      const mirror = one.matches('textarea') && one.parentElement.querySelector('.mirror');
      if (mirror) layers.push(rgba(getComputedStyle(mirror).backgroundColor));
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const opacity = (element) => element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1;
  const found = [];
  const judge = (element, css, text) => {
    const style = getComputedStyle(element), below = ground(element), ink = rgba(css);
    ink[3] *= opacity(element);
    const [a, b] = [light(over(ink, below)), light(below)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const of = element.className || element.tagName;
    found.push({ ratio: (a + 0.05) / (b + 0.05), large, text: text.trim().slice(0, 40), of });
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data, element = walker.currentNode.parentElement;
    if (!text.trim() || element.closest('[aria-hidden=true], script, style, noscript, option, :disabled')) continue;
    if (!element.checkVisibility({ visibilityProperty: true }) || !element.getClientRects().length) continue;
    judge(element, getComputedStyle(element).color, text);
  }
  const fields = 'input:not([type=file], [type=radio]), textarea, select';
  document.querySelectorAll(fields).forEach((one) => {
    if (one.disabled || !one.checkVisibility()) return;
    judge(one, getComputedStyle(one).color, one.value || '(value)');
    if (one.placeholder) judge(one, getComputedStyle(one, '::placeholder').color, one.placeholder);
  });
  return found;
}"""


async def furnish(desk: DeskServices) -> UUID:
    """A queue, and a conversation of 李娜 with everything that the page can show.  Returns it."""
    assert desk.tools is not None
    await ship(desk.database, desk.clock())
    for visitor, says in (("w1", "快递还没到，我很着急"), ("w2", "包裹破了，要赔"), ("w3", "帮我改地址")):
        await make_waiting(desk, visitor=visitor, says=says, waybill_no=WAYBILL_NO if visitor == "w1" else None)
    earlier = await make_waiting(desk, visitor="visitor-0", says="上次的件呢")
    conversation_id = await make_waiting(
        desk, says="我的件两天没动了，电话13812341234，地址成都市锦江区红星路二段88号3栋502室", waybill_no=WAYBILL_NO
    )
    seq = (await desk.conversations.messages_after(conversation_id, 0))[1].seq
    await desk.conversations.keep_moods([Felt(conversation_id, seq, Mood(Sentiment.angry, 0.9, Urgency.pressing, 0.9))])
    view = await desk.conversations.view(conversation_id)
    contact = Contact(view.customer_id, conversation_id, f"{conversation_id}:2")
    await desk.tickets.report(TicketKind.service, "report_stalled", "停滞", waybill_no=WAYBILL_NO, contact=contact)
    await desk.conversations.accept(earlier, "zhou", "周强")
    await desk.conversations.accept(conversation_id, "lina", "李娜")
    await _before(desk, conversation_id)
    await _say(desk, conversation_id, "您好，我是客服李娜。已请成都中心核实，我明天下午六点前给您回电。", 1)
    await customer_says(desk, "怎么一直停在成都？给个说法", nth=2)
    await desk.tools.notes.add(ZHOU, earlier, "@李娜 这位客户昨天也问过，成都中心爆仓，预计今晚疏通。")
    await desk.tools.notes.add(LINA, conversation_id, "成都中心今晚疏通，已请 @周强 盯一下。")
    return conversation_id


async def _before(desk: DeskServices, conversation_id: UUID) -> None:
    assert desk.tools is not None
    due = desk.clock() + timedelta(hours=5)
    promise = ConfirmedPromise(kind=PromiseKind.call_back, words="今天下午给您回电", due_at=due)
    done = Confirmed(wrap_up_code="urge_delivery", text="已催成都中心，今天下午回电。", promises=(promise,))
    await desk.tools.summing_up.confirm(LINA, conversation_id, done)


async def _say(desk: DeskServices, conversation_id: UUID, text: str, nth: int) -> None:
    await desk.conversations.say_as_agent(conversation_id, "lina", text, external_id=f"desk:look-{nth:06d}")


async def turn(page: Page, *, dark: bool) -> str:
    """As the button in the bar does it; returns the theme's name."""
    tone = "dark" if dark else "light"
    await page.context.add_cookies([{"name": "desk_theme", "value": tone, "url": page.url}])
    await page.reload()
    await page.get_by_test_id("bell-count").wait_for()
    assert await page.evaluate("document.body.classList.contains('body--dark')") is dark
    return tone


async def opened(page: Page, conversation_id: UUID) -> None:
    await page.goto(f"{page.url.split('/desk')[0]}/desk/?c={conversation_id}")
    await page.locator(".bubble.customer").last.wait_for()
    await page.get_by_test_id("note").wait_for()
    await page.get_by_test_id("suggestion").first.wait_for()
    await page.get_by_test_id("bell-count").wait_for()


async def refuse_faint(page: Page, where: str) -> None:
    found = await page.evaluate(_CONTRAST)
    faint = [one for one in found if one["ratio"] < (LARGE if one["large"] else AA) - 0.005]
    assert len(found) > 40, where
    assert faint == [], f"{where}: {faint}"


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("DESK_PICTURES"):
        await page.wait_for_timeout(250)
        await page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("dark", [False, True])
async def test_every_text_is_readable_in_both_themes(desk: DeskServices, log_in: LogIn, dark: bool) -> None:
    conversation_id = await furnish(desk)
    page = await log_in("lina")
    tone = await turn(page, dark=dark)
    await picture(page, f"desk-queue-{tone}")
    await refuse_faint(page, "queue")
    await opened(page, conversation_id)
    await page.mouse.move(640, 200)
    await picture(page, f"desk-conversation-{tone}")
    await refuse_faint(page, "conversation")
    await page.keyboard.press("Alt+c")
    await page.get_by_test_id("finder").fill("cp")
    await page.get_by_test_id("found").first.wait_for()
    await picture(page, f"desk-canned-{tone}")
    await refuse_faint(page, "finder")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("composer").fill("我们保证赔您，{运单号}")
    await page.get_by_test_id("advice").wait_for()
    await page.keyboard.press("Enter")
    await page.get_by_test_id("banner").wait_for()
    await picture(page, f"desk-refused-{tone}")
    await refuse_faint(page, "banner")
    await page.get_by_test_id("composer").fill("")
    await page.keyboard.press("Alt+n")
    await page.get_by_test_id("composer").press_sequentially("请 @")
    await page.get_by_test_id("mention").first.wait_for()
    await picture(page, f"desk-note-{tone}")
    await refuse_faint(page, "note")
    await page.get_by_test_id("composer").fill("")
    await page.get_by_test_id("bell").click()
    await page.get_by_test_id("mentioned").wait_for()
    await picture(page, f"desk-bell-{tone}")
    await refuse_faint(page, "bell")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+r")
    await page.get_by_test_id("wrap-text").wait_for()
    await page.wait_for_function("document.querySelector('[data-testid=wrap-text]').value")
    await picture(page, f"desk-summary-{tone}")
    await refuse_faint(page, "summary")
    await page.keyboard.press("Escape")
    await page.locator(".log").focus()
    await page.keyboard.press("?")
    await picture(page, f"desk-keys-{tone}")
    await refuse_faint(page, "help")


@pytest.mark.parametrize("dark", [False, True])
async def test_on_a_phone_nothing_is_wider_than_the_screen(desk: DeskServices, log_in: LogIn, dark: bool) -> None:
    conversation_id = await furnish(desk)
    page = await log_in("lina", phone=True)
    tone = await turn(page, dark=dark)
    await picture(page, f"desk-phone-queue-{tone}")
    await fits(page)
    await page.get_by_test_id("mine-line").first.click()
    await page.locator(".bubble.customer").last.wait_for()
    await page.get_by_test_id("suggestion").first.wait_for()
    await fits(page)
    await picture(page, f"desk-phone-{tone}")
    await refuse_faint(page, "phone")
    await page.get_by_test_id("resolve").click()
    await page.wait_for_function("document.querySelector('[data-testid=wrap-text]').value")
    await fits(page)
    await picture(page, f"desk-phone-summary-{tone}")
    await page.keyboard.press("Escape")
    await page.locator(".chat-head .only-panel").click()
    await fits(page)
    await picture(page, f"desk-phone-panel-{tone}")
    assert str(conversation_id) in page.url


async def fits(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = """() => [...document.querySelectorAll('button, input, select, textarea, summary')]
      .filter((one) => one.checkVisibility() && !one.closest('.desk-nav') && one.getClientRects().length)
      .map((one) => [one.getBoundingClientRect(), one.dataset.testid || one.className || one.textContent])
      .filter(([box]) => box.width > 1 && (box.right > innerWidth + 1 || box.left < -1)).map(([, name]) => name)"""
    assert await page.evaluate(cut) == []
