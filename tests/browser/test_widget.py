"""The chat widget as a customer meets it, in a real browser against a server that speaks the protocol."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.fake_chat_server import CONVERSATION, FakeChatServer, until

pytestmark = pytest.mark.browser

ANSWERS = ".row:not(.typing) .bubble"
STRICT_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"


async def write(page: Page, text: str) -> None:
    await page.get_by_label("输入消息").fill(text)
    await page.keyboard.press("Enter")


def online(server: FakeChatServer, tabs: int = 1) -> bool:
    return server.tabs == tabs


# -- talking


async def test_a_message_is_sent_once_and_shown_once(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await write(page, "我的快件到哪了")
    await server.say("请把运单号发给我。")

    await expect(page.get_by_text("请把运单号发给我。")).to_be_visible()
    await expect(page.locator(".row.mine")).to_have_count(1)
    await expect(page.locator(".row.mine .meta")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    assert server.texts() == ["我的快件到哪了"]


async def test_the_hello_names_the_visitor_and_the_widget(server: FakeChatServer, open_page: OpenPage) -> None:
    await open_page()
    await until(lambda: server.hellos)
    assert server.hellos[0]["data"]["token"] == "token-1"
    assert server.hellos[0]["data"]["last_seq"] == 0
    assert server.hellos[0]["data"]["client"]["lang"] == "zh-CN"


async def test_nothing_is_asked_of_the_server_before_a_new_visitor_opens_the_chat(
    server: FakeChatServer, open_page: OpenPage
) -> None:
    page = await open_page(opened=False)
    await expect(page.get_by_role("button", name="打开在线客服")).to_be_visible()
    assert server.sessions == 0


async def test_shift_enter_starts_a_new_line(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_label("输入消息").press_sequentially("第一行")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("第二行")
    await page.keyboard.press("Enter")
    await until(server.texts)
    assert server.texts() == ["第一行\n第二行"]


async def test_the_enter_that_picks_a_candidate_does_not_send(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    box = page.get_by_label("输入消息")
    await box.fill("kuaidi")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    await expect(box).to_have_value("kuaidi")
    assert server.texts() == []


async def test_text_over_the_limit_is_counted_and_cannot_be_sent(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await page.get_by_label("输入消息").fill("好" * 190)
    await expect(page.get_by_text("还可输入 10 字")).to_be_visible()
    await page.get_by_label("输入消息").fill("好" * 203)
    await expect(page.get_by_text("超出 3 字")).to_be_visible()
    await expect(page.get_by_role("button", name="发送")).to_be_disabled()
    await page.keyboard.press("Enter")
    assert server.texts() == []


async def test_another_tab_shows_what_this_one_said(server: FakeChatServer, open_page: OpenPage) -> None:
    first = await open_page()
    await until(lambda: online(server))
    second = await open_page(like=first)
    await until(lambda: online(server, 2))
    await write(first, "在吗")
    await until(server.texts)
    await server.tell(server.log[-1])
    await expect(second.locator(".row.mine")).to_have_text(re.compile("在吗"))
    await expect(first.locator(".row.mine")).to_have_count(1)
    assert server.sessions == 1


# -- what answers look like


async def test_answers_show_bold_lists_and_links(server: FakeChatServer, open_page: OpenPage) -> None:
    server.store(
        "**已签收**\n- 本人签收\n- 今天 09:12\n\n1. 先看\n2. 再问\n\n见 [说明](https://example.com/a?b=1) 或 https://example.com/c。"
    )
    page = await open_page()
    bubble = page.locator(ANSWERS)
    await expect(bubble.locator("strong")).to_have_text("已签收")
    await expect(bubble.locator("ul li")).to_have_text(["本人签收", "今天 09:12"])
    await expect(bubble.locator("ol li")).to_have_count(2)
    links = bubble.locator("a")
    await expect(links).to_have_count(2)
    await expect(links.first).to_have_attribute("href", "https://example.com/a?b=1")
    await expect(links.first).to_have_attribute("rel", re.compile("noopener"))
    await expect(links.last).to_have_text("https://example.com/c")


async def test_nothing_in_a_message_becomes_markup(server: FakeChatServer, open_page: OpenPage) -> None:
    links = "[点我](javascript:alert(1)) [x](data:text/html,1)"
    hostile = f"<img src=x onerror=alert(1)> **<b>粗</b>** {links} <script>1</script>"
    server.store(hostile, name="<i>名</i>", buttons=[{"title": "<u>钮</u>", "payload": "/x"}])
    page = await open_page()
    bubble = page.locator(ANSWERS)
    await expect(bubble).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(bubble).to_contain_text("[点我](javascript:alert(1))")
    await expect(bubble.locator("a, img, script, b")).to_have_count(0)
    await expect(page.locator(".name")).to_have_text("<i>名</i>")
    await expect(page.locator(".row .reply")).to_have_text("<u>钮</u>")


async def test_days_are_separated(server: FakeChatServer, open_page: OpenPage) -> None:
    server.store("昨天的话")["ts"] -= 86_400_000
    server.store("今天的话")
    page = await open_page()
    await expect(page.locator(".day")).to_have_text(["昨天", "今天"])


async def test_a_quick_reply_sends_its_payload_under_its_title(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await server.say(
        "要催一下吗？", buttons=[{"title": "催一下", "payload": "/expedite"}, {"title": "不用", "payload": "/deny"}]
    )
    await page.get_by_role("button", name="催一下", exact=True).click()
    await until(server.messages)
    assert server.messages()[0]["data"] == {"kind": "postback", "text": "催一下", "payload": "/expedite"}
    await expect(page.get_by_role("button", name="不用")).to_be_disabled()


async def test_only_the_newest_answer_keeps_its_quick_replies(server: FakeChatServer, open_page: OpenPage) -> None:
    server.store("第一问", buttons=[{"title": "旧的", "payload": "/a"}])
    server.store("第二问", buttons=[{"title": "新的", "payload": "/b"}])
    page = await open_page()
    await expect(page.get_by_role("button", name="新的")).to_be_enabled()
    await expect(page.get_by_role("button", name="旧的")).to_be_disabled()


async def test_the_log_is_announced_and_controls_are_named(server: FakeChatServer, open_page: OpenPage) -> None:
    server.store("您好")
    page = await open_page()
    await expect(page.get_by_role("log", name="对话记录")).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("dialog", name="云递速运客服")).to_be_visible()
    for name in ("转人工", "收起对话窗口", "发送"):
        await expect(page.get_by_role("button", name=name).first).to_be_visible()


# -- a person


async def test_asking_for_a_person_is_one_tap(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await page.get_by_role("button", name="转人工").click()
    await until(server.messages)
    assert server.messages()[0]["data"] == {"kind": "postback", "text": "转人工", "payload": "/request_human"}


async def test_the_queue_shows_its_length_and_can_be_left(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await server.set_mode("queued", queue_position=3)
    await expect(page.get_by_text("正在排队，前面还有 2 位")).to_be_visible()
    await page.get_by_role("button", name="取消排队").click()
    await until(lambda: server.of_type("leave_queue"))


async def test_the_person_is_named_and_told_that_the_customer_types(
    server: FakeChatServer, open_page: OpenPage
) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await page.get_by_label("输入消息").fill("给机器人")
    await server.set_mode("human", "林晓")
    await expect(page.get_by_text("正在与 林晓 对话")).to_be_visible()
    assert server.of_type("typing") == []
    await page.get_by_label("输入消息").fill("给林晓")
    await until(lambda: server.of_type("typing"))
    assert server.of_type("typing")[0]["data"] == {"on": True}


async def test_who_types_for_long_says_so_again_before_it_is_forgotten(
    server: FakeChatServer, open_page: OpenPage
) -> None:
    page = await open_page(clock=True)
    await until(lambda: online(server))
    await server.set_mode("human", "林晓")
    await expect(page.get_by_text("正在与 林晓 对话")).to_be_visible()
    for said in ("我想", "我想问", "我想问一下", "我想问一下那", "我想问一下那个"):
        await page.get_by_label("输入消息").fill(said)
        await page.clock.run_for(3_000)
    await until(lambda: len(server.of_type("typing")) == 2)
    await page.clock.run_for(5_000)
    await until(lambda: len(server.of_type("typing")) == 3)
    assert [frame["data"]["on"] for frame in server.of_type("typing")] == [True, True, False]


async def test_typing_shows_until_the_answer_comes(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await server.tell({"type": "typing", "data": {"on": True, "by": "bot"}})
    await expect(page.locator(".typing")).to_be_visible()
    await server.say("来了")
    await expect(page.locator(".typing")).to_be_hidden()


# -- a network that breaks


async def test_what_is_written_offline_goes_out_in_order_later(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await page.context.set_offline(True)
    await server.drop()
    for text in ("一", "二", "三"):
        await write(page, text)
    await expect(page.get_by_text("未发出的消息会自动补发")).to_be_visible()
    await expect(page.get_by_text("等待发送").last).to_be_visible()
    await page.context.set_offline(False)
    await until(lambda: len(server.messages()) == 3)
    assert server.texts() == ["一", "二", "三"]
    await expect(page.get_by_text("未发出的消息会自动补发")).to_be_hidden()


async def test_an_unsent_message_survives_a_reload(server: FakeChatServer, open_page: OpenPage) -> None:
    server.deaf = True
    page = await open_page()
    await write(page, "别丢了我")
    await until(server.messages)
    server.deaf = False
    await page.reload()
    await until(lambda: len(server.messages()) == 2)
    assert server.messages()[0]["id"] == server.messages()[1]["id"]
    await until(lambda: len(server.log) == 1)


async def test_an_unacknowledged_message_is_sent_again_under_the_same_id(
    server: FakeChatServer, open_page: OpenPage
) -> None:
    page = await open_page(clock=True)
    server.acks = False
    await write(page, "催一下")
    await until(server.messages)
    server.acks = True
    server.log.clear()
    await page.clock.run_for(12_000)
    await until(lambda: len(server.messages()) == 2)
    assert server.messages()[0]["id"] == server.messages()[1]["id"]
    await expect(page.locator(".row.mine")).to_have_count(1)
    await expect(page.locator(".row.mine.pending")).to_have_count(0)


async def test_a_message_that_is_never_acknowledged_can_be_sent_again_by_hand(
    server: FakeChatServer, open_page: OpenPage
) -> None:
    page = await open_page(clock=True)
    server.deaf = True
    await write(page, "有人吗")
    for tries in (1, 2, 3):
        await until(lambda tries=tries: len(server.messages()) == tries)
        await page.clock.run_for(14_000)
    await expect(page.get_by_text("没有发出去")).to_be_visible()
    server.deaf = False
    await until(lambda: online(server))
    await page.get_by_role("button", name="重新发送").click()
    await expect(page.locator(".row.mine.failed, .row.mine.pending")).to_have_count(0)
    assert len({frame["id"] for frame in server.messages()}) == 1


async def test_a_break_is_resumed_where_it_happened(server: FakeChatServer, open_page: OpenPage) -> None:
    server.store("第一句")
    page = await open_page()
    await expect(page.get_by_text("第一句")).to_be_visible()
    await server.drop()
    server.store("断线时的话")
    await expect(page.get_by_text("断线时的话")).to_be_visible()
    await expect(page.get_by_text("第一句")).to_have_count(1)
    assert server.hellos[-1]["data"]["last_seq"] == 1


async def test_a_gap_is_asked_for_again(server: FakeChatServer, open_page: OpenPage) -> None:
    server.store("一")
    page = await open_page()
    await expect(page.get_by_text("一", exact=True)).to_be_visible()
    server.store("丢失的二")
    await server.say("三")
    await expect(page.get_by_text("丢失的二")).to_be_visible()
    assert server.hellos[-1]["data"]["last_seq"] == 1
    await expect(page.locator(ANSWERS)).to_have_text(["一", "丢失的二", "三"])


async def test_a_gap_that_the_server_cannot_fill_is_passed_over(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(clock=True)
    await until(lambda: online(server))
    await server.say("第五句", seq=5)
    await expect(page.get_by_text("第五句")).to_be_visible()
    for _ in range(4):
        await page.clock.run_for(3_000)
        await until(lambda: online(server))
    assert len(server.hellos) == 2


async def test_too_far_behind_loads_the_history(server: FakeChatServer, open_page: OpenPage) -> None:
    for number in range(120):
        server.store(f"第 {number + 1} 句")
    server.resync = True
    page = await open_page()
    await expect(page.locator(ANSWERS)).to_have_count(50)
    await expect(page.get_by_text("第 120 句", exact=True)).to_be_in_viewport()
    await page.get_by_role("log").evaluate("log => { log.scrollTop = 0 }")
    await expect(page.locator(ANSWERS)).to_have_count(100)
    await server.say("新的一句")
    await expect(page.get_by_text("新的一句")).to_have_count(1)


async def test_a_refused_token_is_replaced(server: FakeChatServer, open_page: OpenPage) -> None:
    server.refuse = 4401
    page = await open_page()
    await until(lambda: online(server))
    assert [hello["data"]["token"] for hello in server.hellos] == ["token-1", "token-2"]
    await write(page, "你好")
    await until(server.texts)


async def test_a_replaced_tab_waits_until_it_is_wanted(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(clock=True)
    await until(lambda: online(server))
    await server.drop(4409)
    await expect(page.get_by_text("对话已在其他页面打开")).to_be_visible()
    await page.clock.run_for(60_000)
    assert len(server.hellos) == 1
    await page.get_by_role("button", name="在这里继续").click()
    await until(lambda: online(server))
    await expect(page.get_by_text("对话已在其他页面打开")).to_be_hidden()


async def test_two_missed_pongs_mean_a_dead_line(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(clock=True)
    await until(lambda: online(server))
    server.pongs = False
    await page.clock.run_for(77_000)
    await until(lambda: len(server.hellos) == 2)


async def test_pings_that_are_answered_keep_the_line(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(clock=True)
    await until(lambda: online(server))
    for count in (1, 2, 3, 4):
        await page.clock.run_for(25_100)
        await until(lambda count=count: len(server.of_type("ping")) >= count)
        await page.evaluate("fetch('/page')")
    assert len(server.hellos) == 1


# -- refusals


async def test_a_refused_message_says_why_and_can_be_changed(server: FakeChatServer, open_page: OpenPage) -> None:
    server.error_for["太长的话"] = {"code": "too_long", "message": "最多 200 字，请分几次发。", "retry_after": 0}
    page = await open_page()
    await write(page, "太长的话")
    await expect(page.get_by_text("最多 200 字，请分几次发。")).to_be_visible()
    await page.get_by_role("button", name="修改").click()
    await expect(page.get_by_label("输入消息")).to_have_value("太长的话")
    await expect(page.locator(".row.mine")).to_have_count(0)


async def test_too_many_messages_wait_and_keep_their_order(server: FakeChatServer, open_page: OpenPage) -> None:
    server.error_for["一"] = {"code": "rate", "message": "发得太快了，请稍等。", "retry_after": 0.6}
    page = await open_page()
    await until(lambda: online(server))
    await write(page, "一")
    await write(page, "二")
    await expect(page.get_by_text("发得太快了，请稍等。")).to_be_visible()
    await until(lambda: len(server.log) == 2)
    assert [frame["data"]["text"] for frame in server.log] == ["一", "二"]


# -- the window


async def test_unread_answers_are_counted_while_the_window_is_closed(
    server: FakeChatServer, open_page: OpenPage
) -> None:
    page = await open_page()
    await until(lambda: online(server))
    await page.keyboard.press("Escape")
    await server.say("一")
    await server.say("二")
    launcher = page.get_by_role("button", name="打开在线客服，2 条未读消息")
    await expect(launcher).to_be_visible()
    await launcher.click()
    await until(lambda: server.of_type("read"))
    assert server.of_type("read")[-1]["data"] == {"up_to_seq": 2}
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="打开在线客服", exact=True)).to_be_visible()


async def test_escape_closes_and_gives_the_focus_back(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(opened=False)
    launcher = page.get_by_role("button", name="打开在线客服")
    await launcher.click()
    await expect(page.get_by_label("输入消息")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(launcher).to_be_focused()


async def test_on_a_phone_the_window_fills_the_screen(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(phone=True)
    box = await page.get_by_role("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 844}


@pytest.mark.parametrize("color", ["#1d5fd6", "#ffd400", "#111"])
@pytest.mark.parametrize("dark", [False, True])
async def test_any_brand_colour_stays_readable(
    server: FakeChatServer, open_page: OpenPage, color: str, dark: bool
) -> None:
    server.options = f'data-color="{color}"'
    server.store("您好", buttons=[{"title": "好的", "payload": "/a"}])
    page = await open_page(dark=dark)
    await expect(page.locator(".row .reply")).to_be_visible()
    for text, ground in (
        (".title", "--brand"),
        (".title", "--brand-deep"),
        (".row .reply", "--surface"),
        (".meta", "--ground"),
    ):
        assert await page.evaluate(CONTRAST, [text, ground]) >= 4.5, (text, ground)


CONTRAST = """([text, ground]) => {
  const root = document.querySelector('kuaida-chat').shadowRoot;
  const probe = root.querySelector('.panel').appendChild(document.createElement('i'));
  probe.style.color = `var(${ground})`;
  const light = (node) => {
    const parts = getComputedStyle(node).color.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255);
    const [r, g, b] = parts.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const [a, b] = [light(root.querySelector(text)), light(probe)];
  probe.remove();
  return Math.max(a, b) / Math.min(a, b);
}"""


async def test_a_strict_content_policy_is_enough(server: FakeChatServer, open_page: OpenPage) -> None:
    server.page_headers = {"Content-Security-Policy": STRICT_POLICY}
    page = await open_page(
        before="addEventListener('securitypolicyviolation', e => { window.violated = e.blockedURI })"
    )
    await write(page, "你好")
    await until(server.texts)
    assert await page.get_by_role("dialog").evaluate("node => getComputedStyle(node).position") == "fixed"
    assert await page.evaluate("window.violated ?? null") is None


async def test_it_works_where_storage_is_forbidden(server: FakeChatServer, open_page: OpenPage) -> None:
    forbid = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no') } })"
    page = await open_page(before=forbid)
    await write(page, "你好")
    await until(server.texts)
    await expect(page.locator(".row.mine.pending")).to_have_count(0)


# -- the page around it


async def test_a_page_can_send_and_listen(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(opened=False)
    await page.evaluate("window.heard = []; KuaidaChat.on('message', m => heard.push([m.author, m.text])); null")
    await page.evaluate("KuaidaChat.send('哪些东西不能寄')")
    await until(server.texts)
    await server.say("液体和电池。")
    await expect(page.get_by_text("液体和电池。")).to_be_visible()
    assert ["bot", "液体和电池。"] in await page.evaluate("heard")


async def test_the_demo_page_asks_by_a_click(server: FakeChatServer, open_page: OpenPage) -> None:
    server.showcase = [{"waybill_no": "YD1000000000001", "phone_tail": "1234", "story": "正在派送"}]
    page = await open_page("/demo", opened=False)
    await page.get_by_role("button", name="YD1000000000001").click()
    await page.get_by_role("button", name="回答手机尾号 1234").click()
    await page.get_by_role("button", name="哪些东西不能寄？").click()
    await until(lambda: len(server.texts()) == 3)
    assert server.texts() == ["帮我查一下 YD1000000000001 到哪了", "1234", "哪些东西不能寄？"]


async def test_nothing_is_fetched_from_anyone_else(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page(opened=False)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(server.url + "/demo")
    await until(lambda: online(server))
    assert [url for url in asked if not url.startswith((server.url, "data:"))] == []


async def test_the_conversation_is_the_same_after_a_reload(server: FakeChatServer, open_page: OpenPage) -> None:
    page = await open_page()
    await write(page, "你好")
    await until(server.texts)
    await page.reload()
    await page.evaluate("KuaidaChat.open()")
    await expect(page.locator(".row.mine")).to_have_count(1)
    assert server.sessions == 1
    assert CONVERSATION in await page.evaluate("Object.values(localStorage)")
