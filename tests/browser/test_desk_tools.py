"""What agents have at hand, in a real browser: canned responses, answers, checks, files, notes, the summary."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from bot.conversations.model import ConversationState
from bot.conversations.ratings import Given, RatingService
from bot.conversations.receipts import ReadReceipts
from bot.desk.tools.shipping import ship
from bot.desk.tools.tables import DeskTask, ServicePromise
from bot.desk.workplace import DeskServices
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from tests.browser.test_desk import LogIn, accepted, desk, log_in, process
from tests.desk.builders import PASSWORD, WAYBILL_NO, customer_says, make_waiting
from tests.evidence.builders import make_picture
from tests.fakes import RecordingChannel

__all__ = ["desk", "log_in", "process"]
pytestmark = pytest.mark.browser
ZHOU = Actor("agent:zhou", Role.agent)


async def held(desk: DeskServices) -> UUID:
    (one,) = await desk.conversations.held_by("lina")
    return one.id


async def spoken(desk: DeskServices) -> list[str]:
    log = await desk.conversations.messages_after(await held(desk), 0)
    return [message.text for message in log if message.author == "agent"]


async def write(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Enter")


async def test_a_canned_response_is_found_by_its_initials_filled_and_refused_while_something_is_open(
    desk: DeskServices, log_in: LogIn
) -> None:
    await ship(desk.database, desk.clock())
    page = await accepted(desk, log_in, waybill_no=WAYBILL_NO)
    composer = page.get_by_test_id("composer")
    await composer.press("/")
    await page.get_by_test_id("finder").press_sequentially("gzpjy")
    await expect(page.get_by_test_id("found").first).to_contain_text("告知派件员")
    await page.get_by_test_id("finder").press("Enter")
    await expect(composer).to_have_value(re.compile(r"\{派件员\}"))
    await composer.press("Enter")
    await expect(page.get_by_test_id("banner")).to_contain_text("{派件员}")
    assert await spoken(desk) == []
    selected = await composer.evaluate("(one) => one.value.slice(one.selectionStart, one.selectionEnd)")
    assert selected == "{派件员}"
    await page.keyboard.type("张师傅")
    await composer.press("Enter")
    await expect(page.locator(".bubble.agent:not(.sending) .said")).to_contain_text("张师傅")
    assert await spoken(desk) == ["这件由派件员张师傅负责，我已经提醒他尽早联系您。"]


async def test_a_suggested_answer_goes_in_with_one_key_and_its_use_is_kept(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in, says="物流停了两天")
    await expect(page.get_by_test_id("suggestion").first).to_contain_text("物流几天没更新怎么办")
    await page.keyboard.press("Alt+1")
    await expect(page.get_by_test_id("composer")).to_have_value(re.compile("^两天没有更新多半"))
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.locator(".bubble.agent:not(.sending)")).to_have_count(1)
    await expect(page.get_by_test_id("suggestion")).to_have_count(0)
    boss = await desk.agents.create("boss", "主管", PASSWORD, Role.supervisor)
    assert desk.tools is not None
    used = {one.topic: one.used for one in await desk.tools.answers.report(boss.actor)}
    assert used == {"track.stalled": 1, "track.speed": 0}


async def test_an_answer_is_searched_for_and_put_in(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    await page.keyboard.press("Alt+f")
    await page.get_by_test_id("finder").fill("坏了怎么赔")
    await expect(page.get_by_test_id("found")).to_have_count(1)
    await page.get_by_test_id("finder").press("Enter")
    await expect(page.get_by_test_id("composer")).to_have_value(re.compile("请保留外包装并拍照"))


async def test_what_must_not_be_said_comes_back_with_the_reason_and_a_warning_goes_out_once_confirmed(
    desk: DeskServices, log_in: LogIn
) -> None:
    page = await accepted(desk, log_in)
    await write(page, "把验证码发给我")
    await expect(page.get_by_test_id("banner")).to_contain_text("不能发送")
    await expect(page.get_by_test_id("composer")).to_have_value("把验证码发给我")
    await write(page, "今天一定能到")
    await expect(page.get_by_test_id("confirm-send")).to_be_visible()
    assert await spoken(desk) == []
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.locator(".bubble.agent:not(.sending) .said")).to_have_text("今天一定能到")
    await write(page, "慢慢等，有消息告诉您")
    await expect(page.get_by_test_id("banner")).to_contain_text("语气有些生硬")
    await expect(page.locator(".bubble.agent:not(.sending)")).to_have_count(2)


async def test_a_picture_is_sent_and_shown_and_what_is_no_file_is_refused_in_words(
    desk: DeskServices, log_in: LogIn
) -> None:
    page = await accepted(desk, log_in)
    files = page.get_by_test_id("attach")
    await files.set_input_files({"name": "x.html", "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"})
    await expect(page.get_by_test_id("pending")).to_have_class("failed")
    await page.get_by_test_id("pending").get_by_role("button").click()
    await files.set_input_files({"name": "面单.jpg", "mimeType": "image/jpeg", "buffer": make_picture()})
    await expect(page.get_by_test_id("pending")).to_have_class("done")
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("picture")).to_be_visible()
    size = "(one) => one.complete && one.naturalWidth"
    await page.wait_for_function("document.querySelector('[data-testid=picture]').complete")
    assert await page.get_by_test_id("picture").evaluate(size) == 40
    log = await desk.conversations.messages_after(await held(desk), 0)
    assert [one.name for one in log[-1].attachments] == ["面单.jpg"]


async def test_a_dropped_and_a_pasted_picture_wait_to_be_sent(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    carry = """async ([target, kind]) => {
      const canvas = Object.assign(document.createElement('canvas'), {width: 20, height: 20});
      const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
      const carried = new DataTransfer();
      carried.items.add(new File([blob], `${kind}.png`, {type: 'image/png'}));
      const more = kind === 'drop' ? {dataTransfer: carried} : {clipboardData: carried};
      const event = kind === 'drop' ? new DragEvent(kind, {...more, bubbles: true, cancelable: true})
        : new ClipboardEvent(kind, {...more, bubbles: true, cancelable: true});
      document.querySelector(target).dispatchEvent(event);
    }"""
    await page.evaluate(carry, [".log", "drop"])
    await page.evaluate(carry, ["[data-testid=composer]", "paste"])
    await expect(page.get_by_test_id("pending")).to_have_count(2)
    await expect(page.locator(".pending .done")).to_have_count(2)
    await page.reload()
    await expect(page.locator(".pending .done")).to_have_count(2)


async def test_personal_data_is_masked_until_somebody_says_why(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in, says="我电话13812341234", waybill_no=WAYBILL_NO)
    said = page.locator(".bubble.customer .said").first
    await expect(said).to_have_text("我电话138****1234")
    await expect(page.locator(".lists")).not_to_contain_text("13812341234")
    await page.locator(".bubble.customer").get_by_test_id("reveal").click()
    await page.get_by_test_id("reveal-why").fill("核对身份")
    await page.get_by_test_id("confirm-reveal").click()
    await expect(said).to_have_text("我电话13812341234")
    await page.get_by_test_id("reveal-fact").first.click()
    await page.get_by_test_id("reveal-why").fill("联系派送")
    await page.get_by_test_id("confirm-reveal").click()
    await expect(page.get_by_test_id("revealed")).to_have_text("13900002222")
    async with desk.database.transaction() as session:
        query = select(AuditEntry.why).where(AuditEntry.what == "personal.revealed").order_by(AuditEntry.at)
        kept = (await session.scalars(query)).all()
    assert [one.partition("：")[2] for one in kept if one] == ["核对身份", "联系派送"]


async def test_a_note_is_for_colleagues_alone_and_calls_the_one_it_mentions(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    zhou = await log_in("zhou")
    await page.keyboard.press("Alt+n")
    await page.get_by_test_id("composer").press_sequentially("请 @周")
    await page.get_by_test_id("mention").click()
    await page.keyboard.type("帮忙看一下")
    await page.get_by_test_id("composer").press("Enter")
    await expect(page.get_by_test_id("note")).to_contain_text("请 @周强 帮忙看一下")
    await expect(zhou.get_by_test_id("bell-count")).to_have_text("1")
    await zhou.get_by_test_id("bell").click()
    await expect(zhou.get_by_test_id("mentioned")).to_contain_text("帮忙看一下")
    await zhou.get_by_text("知道了").click()
    await expect(zhou.get_by_test_id("bell-count")).to_have_count(0)
    log = await desk.conversations.messages_after(await held(desk), 0)
    assert not any("帮忙看一下" in one.text for one in log)


async def test_who_else_looks_is_seen_and_who_else_writes_is_a_warning(desk: DeskServices, log_in: LogIn) -> None:
    await desk.agents.create("boss", "王主管", PASSWORD, Role.supervisor)
    page = await accepted(desk, log_in)
    boss = await log_in("boss")
    await boss.goto(f"{boss.url.split('/desk')[0]}/desk/?c={await held(desk)}")
    await expect(page.get_by_test_id("others")).to_contain_text("王主管 也在看")
    await expect(boss.get_by_test_id("others")).to_contain_text("李娜")
    await boss.keyboard.press("Alt+n")
    await boss.get_by_test_id("composer").press_sequentially("我来处理")
    await expect(page.get_by_test_id("collision")).to_contain_text("王主管 正在这个会话里输入")
    await boss.goto("about:blank")
    await expect(page.get_by_test_id("others")).to_have_count(0)


async def test_traditional_characters_are_read_and_answered_as_chosen(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in, says="請問我的快遞幾時到")
    await page.get_by_test_id("script-suggested").click()
    await expect(page.locator(".bubble.customer .said").first).to_have_text("请问我的快递几时到")
    await page.get_by_test_id("composer").fill("马上为您查询")
    await expect(page.get_by_test_id("advice")).to_have_text("将发送为：馬上為您查詢")
    await write(page, "我们马上为您查询")
    await expect(page.locator(".bubble.agent:not(.sending) .said")).to_have_text("我們馬上為您查詢")


async def test_what_the_customer_has_read_and_thought_of_it_is_shown(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    await write(page, "您好")
    await expect(page.get_by_test_id("fate")).to_have_text("已发送")
    conversation_id = await held(desk)
    last = (await desk.conversations.view(conversation_id)).last_seq
    await ReadReceipts(desk.database).note(conversation_id, last, at=desk.clock())
    await expect(page.get_by_test_id("fate")).to_have_text("已读")
    await desk.conversations.resolve(conversation_id, "lina")
    ratings = RatingService(desk.database, desk.clock)
    offer = await ratings.offered(conversation_id)
    assert offer is not None
    await ratings.rate(conversation_id, offer.seq, Given(score=2, reasons=("slow",), comment="打13812341234"))
    await make_waiting(desk, says="又来了")
    await page.keyboard.press("Alt+a")
    await expect(page.get_by_test_id("rating")).to_contain_text("等得太久、打138****1234")
    await expect(page.get_by_test_id("rating").locator(".stars")).to_have_attribute("aria-label", "2/5")


async def test_the_summary_is_drafted_corrected_and_kept_with_its_promise_before_the_conversation_ends(
    desk: DeskServices, log_in: LogIn
) -> None:
    page = await accepted(desk, log_in, waybill_no=WAYBILL_NO, says="我的件停了两天了")
    conversation_id = await held(desk)
    await write(page, "我明天下午六点前给您回电")
    await expect(page.locator(".bubble.agent:not(.sending)")).to_have_count(1)
    await page.keyboard.press("Alt+e")
    text = page.get_by_test_id("wrap-text")
    await expect(text).to_have_value(re.compile("承诺：.*回电"))
    await expect(page.get_by_test_id("promise")).to_have_count(1)
    await expect(page.get_by_test_id("wrap-waybills")).to_have_value(WAYBILL_NO)
    drafted = await text.input_value()
    await text.fill("")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("summary-problem")).to_contain_text("没有小结")
    assert (await desk.conversations.view(conversation_id)).state is ConversationState.agent
    await text.fill(drafted)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("mine-line")).to_have_count(0)
    assert (await desk.conversations.view(conversation_id)).state is ConversationState.ended
    (kept,) = await desk.tickets.summaries_of(conversation_id)
    assert (kept.wrap_up_code, kept.waybill_no, kept.text) == ("report_stalled", WAYBILL_NO, drafted)
    async with desk.database.transaction() as session:
        promises = (await session.scalars(select(ServicePromise))).all()
    assert [one.kind for one in promises] == ["call_back"]
    await make_waiting(desk, says="回电呢", waybill_no=WAYBILL_NO)
    await page.keyboard.press("Alt+a")
    await expect(page.get_by_test_id("promised")).to_contain_text("未到期")
    await expect(page.get_by_test_id("contact")).to_contain_text("物流停滞")


async def test_a_half_written_summary_survives_a_reload(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    await page.keyboard.press("Alt+r")
    await expect(page.get_by_test_id("wrap-text")).to_have_value(re.compile("客户诉求"))
    await page.get_by_test_id("wrap-text").fill("写到一半")
    await page.reload()
    await page.locator(".bubble.customer").first.wait_for()
    await page.keyboard.press("Alt+r")
    await expect(page.get_by_test_id("wrap-text")).to_have_value("写到一半")


async def test_drafts_are_kept_for_each_conversation(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in, visitor="a")
    await page.get_by_test_id("composer").fill("给甲的话")
    await make_waiting(desk, visitor="b")
    await page.keyboard.press("Alt+a")
    await expect(page.get_by_test_id("mine-line")).to_have_count(2)
    await expect(page.get_by_test_id("composer")).to_have_value("")
    await page.get_by_test_id("mine-line").first.click()
    await expect(page.get_by_test_id("composer")).to_have_value("给甲的话")


async def test_the_tab_counts_who_waits_and_what_is_unread_and_help_lists_every_key(
    desk: DeskServices, log_in: LogIn
) -> None:
    page = await accepted(desk, log_in, visitor="a")
    await make_waiting(desk, visitor="b")
    await page.keyboard.press("Alt+a")
    await expect(page.get_by_test_id("mine-line")).to_have_count(2)
    await customer_says(desk, "还在吗", visitor="a", nth=2)
    await make_waiting(desk, visitor="c")
    await expect(page).to_have_title("(2) 坐席工作台")
    await page.locator(".log").focus()
    await page.keyboard.press("?")
    for key in ("Alt+C", "Alt+F", "Alt+N", "Alt+E", "Alt+G"):
        await expect(page.locator(".keys")).to_contain_text(key)


async def test_what_did_not_arrive_is_said_and_sent_again_with_a_click(desk: DeskServices, log_in: LogIn) -> None:
    page = await accepted(desk, log_in)
    conversation_id = await held(desk)
    assert desk.deliveries is not None
    desk.deliveries.channels.add(RecordingChannel("web"))
    said = await desk.conversations.say_as_agent(conversation_id, "lina", "您好", external_id="desk:99999999")
    (delivery,) = [one for one in await desk.deliveries.found(conversation_id=conversation_id) if one.seq == said.seq]
    await desk.deliveries.drop(delivery.id)
    await expect(page.get_by_test_id("fate").last).to_contain_text("发送失败")
    await page.get_by_test_id("resend").click()
    await expect(page.get_by_test_id("fate").last).to_have_text("发送中…")


async def test_a_task_is_taken_and_done_from_the_bar(desk: DeskServices, log_in: LogIn) -> None:
    now = desk.clock()
    task = DeskTask(kind="promise_broken", title="承诺“回电”未兑现，请联系客户并处理", state="open", done_text="")
    task.opened_at, task.due_at = now, now + timedelta(hours=2)
    async with desk.database.transaction() as session:
        session.add(task)
    page = await log_in()
    await expect(page.get_by_test_id("bell-count")).to_have_text("1")
    await page.get_by_test_id("bell").click()
    await page.get_by_test_id("task").get_by_text("领取").click()
    await expect(page.get_by_test_id("task")).to_contain_text("lina")
    await page.get_by_test_id("task").get_by_text("办结").click()
    await page.get_by_label("写明做了什么").fill("已回电说明")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("bell-count")).to_have_count(0)
    async with desk.database.transaction() as session:
        done = await session.get(DeskTask, task.id)
    assert done is not None
    assert (done.state, done.done_by, done.done_text) == ("done", "lina", "已回电说明")
