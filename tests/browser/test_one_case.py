"""One case from end to end on the whole application: what the customer and everybody at the desk see of it.

The customer writes on the web page, each person works in a browser of their own; at the end the database says who did
what, when and why.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect
from sqlalchemy import select, update

from actions.follow_up import AskInConversation
from bot.assembly import Service, assemble
from bot.clock import system_clock
from bot.conversations.moves import ConversationMove
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.settings import Settings
from bot.staff.model import Role
from bot.staff.tables import AuditEntry
from bot.tickets.model import ServiceSummary, Ticket, TicketEvent
from bot.words import Words
from tests.browser.test_desk import DeskProcess
from tests.browser.test_handover import online
from tests.browser.test_widget_on_the_channel import ANSWERS, conversation_of, write
from tests.browser.visiting import PHONE, Visits
from tests.day.feed import phones
from tests.desk.builders import PASSWORD
from tests.desk.ticket_work.site import NUMBER, TicketSite, fill, make_site
from tests.evidence.builders import make_picture

pytestmark = pytest.mark.browser

NOTE = "客户要送上门，已联系网点一次"
SENT_BACK = "客户要的是送上门，请补送。"
RULED = "无法证明已联系客户，投诉成立。"
CONFIRMED = "通话记录不在派件当天，维持原裁决。"


@dataclass
class Case:
    """The pages of everybody, and the numbers of the tickets that the case leads to."""

    site: TicketSite
    service: Service
    visits: Visits
    url: str
    customer: Page
    pictures: Path
    tickets: list[str] = field(default_factory=list)
    lina: Page = field(init=False)
    wang: Page = field(init=False)
    outlet: Page = field(init=False)
    judge: Page = field(init=False)

    async def look(self, page: Page, name: str) -> None:
        """Nothing is wider than the screen; the pictures are for looking at."""
        await page.screenshot(path=self.pictures / f"{name}.png")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name

    async def look_at_customer(self, name: str) -> None:
        """And the header stands above what is said, wherever the customer tapped last."""
        await self.look(self.customer, name)
        assert await self.customer.locator(".panel").evaluate("(panel) => panel.scrollHeight - panel.clientHeight") == 0

    async def heard(self, text: str) -> None:
        """The last thing that the bot said to the customer."""
        await expect(self.customer.locator(ANSWERS).last).to_contain_text(text)


@pytest.fixture
async def case(
    database: Database, postgres_url: str, chromium: Browser, tmp_path: Path, words: Words
) -> AsyncIterator[Case]:
    """The application with a network, its people and one parcel; the customer has opened the chat on a phone."""
    folder = tmp_path / "data"
    site = make_site(database, system_clock, folder)
    await fill(site)
    await site.desk.agents.create("wang", "王萌", PASSWORD, Role.agent)
    asking = AskInConversation(ConversationService(database, system_clock, words))
    service = assemble(Settings(_env_file=None, data_dir=folder), database, system_clock, asking)
    process = DeskProcess(postgres_url, "tests.browser.one_case_server", folder)
    process.start()
    visits = Visits(chromium, process.url)
    context = await chromium.new_context(viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", has_touch=True)
    customer = await context.new_page()
    await customer.goto(f"{process.url}/demo")
    await customer.evaluate("KuaidaChat.open()")
    try:
        yield Case(site, service, visits, process.url, customer, tmp_path)
        await context.close()
        await visits.close()
    finally:
        process.kill()


async def test_a_case_from_the_first_question_to_the_last_word(case: Case) -> None:
    await a_customer_asks_for_a_person(case)
    await an_agent_takes_it_and_the_bot_is_silent(case)
    await it_is_transferred_with_a_note(case)
    await it_goes_back_to_the_bot_with_a_summary(case)
    await the_customer_comes_again_and_a_ticket_is_opened(case)
    await the_outlet_handles_and_the_review_sends_back_and_passes(case)
    await the_customer_is_asked_and_not_satisfied(case)
    await a_complaint_is_ruled_on(case)
    await the_appeal_is_decided_by_somebody_else(case)
    await the_customer_hears_what_became_of_it(case)
    conversation_id = await conversation_of(case.customer)
    await everything_that_happened_to_the_conversation_is_kept(case, conversation_id)
    await everything_that_happened_to_the_tickets_is_kept(case)


# -- the conversation --------------------------------------------------------------------------------


async def a_customer_asks_for_a_person(case: Case) -> None:
    await write(case.customer, "包裹没送上门就放驿站了")
    await case.heard("请告诉我运单号")
    await write(case.customer, NUMBER)
    await case.heard("后四位")
    await write(case.customer, phones(NUMBER)[1][-4:])
    await case.heard("派送中")
    case.lina = await case.visits.log_in("lina", "/desk/")
    await online(case.lina)
    await case.customer.locator(".to-human").click()
    await expect(case.lina.get_by_test_id("offer")).to_contain_text("派给您")


async def an_agent_takes_it_and_the_bot_is_silent(case: Case) -> None:
    lina, customer = case.lina, case.customer
    await lina.keyboard.press("Alt+a")
    await expect(customer.get_by_text("人工客服 李娜 为您服务")).to_be_visible()
    await expect(customer.get_by_text("正在与 李娜 对话")).to_be_visible()
    await expect(lina.locator(".panel")).to_contain_text("没送上门：包裹没送上门就放驿站了")
    await write(customer, "在吗")
    await expect(lina.locator(".bubble.customer .said").last).to_have_text("在吗")
    await lina.get_by_test_id("composer").fill("在的，我帮您联系网点。")
    await lina.get_by_test_id("send").click()
    await expect(customer.get_by_text("在的，我帮您联系网点。")).to_be_visible()
    await expect(customer.get_by_text("在的，请讲。")).to_have_count(0)
    await case.look(lina, "1-desk")
    await case.look_at_customer("1-customer")


async def it_is_transferred_with_a_note(case: Case) -> None:
    lina, customer = case.lina, case.customer
    case.wang = wang = await case.visits.log_in("wang", "/desk/", dark=True)
    await online(wang)
    await lina.keyboard.press("Alt+t")
    await lina.get_by_test_id("transfer-to").select_option("agent:wang")
    await expect(lina.get_by_test_id("open-ticket")).to_have_count(0)
    await lina.get_by_test_id("transfer-note").fill(NOTE)
    await lina.get_by_test_id("confirm-transfer").click()
    await expect(lina.get_by_test_id("mine-line")).to_have_count(0)
    await expect(customer.get_by_text("正在为您转接同事 王萌")).to_be_visible()
    await wang.get_by_test_id("accept-line").click()
    await expect(wang.locator(".panel")).to_contain_text(NOTE)
    await expect(customer.get_by_text("正在与 王萌 对话")).to_be_visible()
    await expect(customer.get_by_text(NOTE)).to_have_count(0)


async def it_goes_back_to_the_bot_with_a_summary(case: Case) -> None:
    wang, customer = case.wang, case.customer
    await wang.get_by_test_id("composer").fill("网点答应今天送上门。")
    await wang.get_by_test_id("send").click()
    await expect(customer.get_by_text("网点答应今天送上门。")).to_be_visible()
    await wang.keyboard.press("Alt+r")
    await expect(wang.get_by_test_id("wrap-code")).to_have_value("未送上门")
    await expect(wang.get_by_test_id("wrap-waybills")).to_have_value(NUMBER)
    await expect(wang.get_by_test_id("wrap-text")).to_have_value(re.compile("承诺：网点答应今天送上门。"))
    await case.look(wang, "2-summary-dark")
    await wang.get_by_test_id("confirm-resolve").click()
    await expect(wang.get_by_test_id("mine-line")).to_have_count(0)
    await expect(customer.get_by_text("本次人工服务已结束")).to_be_visible()
    await wang.get_by_test_id("state-break").click()
    await write(customer, "在吗")
    await case.heard("在的，请讲。")
    await case.look_at_customer("2-customer")


async def the_customer_comes_again_and_a_ticket_is_opened(case: Case) -> None:
    lina, customer = case.lina, case.customer
    await expect(case.wang.get_by_test_id("state-break")).to_have_attribute("aria-checked", "true")
    await write(customer, "还是没有送上门，我要人工")
    await lina.get_by_test_id("offer").wait_for()
    await lina.get_by_test_id("accept-line").click()
    await lina.get_by_test_id("open-ticket-button").click()
    sheet = lina.get_by_test_id("open-ticket")
    await expect(sheet.locator("[name=waybill_no]")).to_have_value(NUMBER)
    await expect(sheet.locator("[name=category]")).to_have_value("not_to_door")
    await expect(sheet.locator("[name=text]")).to_have_value("包裹没送上门就放驿站了\n还是没有送上门，我要人工")
    await case.look(lina, "3-open-ticket")
    await lina.get_by_test_id("open-now").click()
    link = lina.locator(".panel .ticket a")
    case.tickets.append(await link.inner_text())
    await case.look(lina, "3-opened")
    await lina.keyboard.press("Alt+r")
    await expect(lina.get_by_test_id("wrap-text")).to_have_value(re.compile(f"工单 {case.tickets[0]}"))
    await lina.get_by_test_id("confirm-resolve").click()
    await expect(lina.get_by_test_id("mine-line")).to_have_count(0)


# -- the ticket --------------------------------------------------------------------------------------


async def the_outlet_handles_and_the_review_sends_back_and_passes(case: Case) -> None:
    case.outlet = outlet = await case.visits.log_in("gz001", "/desk/tickets", phone=True)
    await case.look(outlet, "4-outlet-list")
    await outlet.get_by_role("link", name=case.tickets[0]).click()
    await outlet.get_by_test_id("move-accepted").click()
    await expect(outlet.get_by_test_id("waits")).to_contain_text("黄伟")
    photo = FilePayload(name="驿站.jpg", mimeType="image/jpeg", buffer=make_picture())
    await hand_in(outlet, "已放在驿站。", photo)
    center = await case.visits.log_in("chen", f"/desk/tickets/{case.tickets[0]}", dark=True)
    await expect(center.get_by_test_id("evidence").locator("img")).to_have_js_property("naturalWidth", 40)
    await center.get_by_test_id("move-sent_back").click()
    await center.locator("textarea[name=reason]").fill(SENT_BACK)
    await center.get_by_test_id("send-sent_back").click()
    await expect(outlet.get_by_test_id("timeline")).to_contain_text(SENT_BACK)
    await case.look(outlet, "4-outlet-sent-back")
    await hand_in(outlet, "已送上门，本人签收。")
    await center.get_by_test_id("move-review_passed").click()
    await center.get_by_test_id("send-review_passed").click()
    await expect(center.get_by_test_id("status")).to_contain_text("已关闭")
    await case.look(center, "4-center-dark")


async def hand_in(outlet: Page, done: str, *photos: FilePayload) -> None:
    await outlet.get_by_test_id("move-handled").click()
    await outlet.locator("textarea[name=done]").fill(done)
    if photos:
        await outlet.get_by_test_id("file").set_input_files(files=list(photos))
    await expect(outlet.locator("[name=evidence]")).to_be_checked()
    await outlet.get_by_test_id("send-handled").click()
    await expect(outlet.get_by_test_id("status")).to_have_text("待复核")


async def the_customer_is_asked_and_not_satisfied(case: Case) -> None:
    """The minutes that the rules wait before asking are passed over."""
    now = system_clock()
    async with case.site.database.transaction() as session:
        await session.execute(update(Ticket).where(Ticket.ticket_no == case.tickets[0]).values(next_tick_at=now))
    await case.service.tickets.clockwork.tick(now)
    await case.heard(f"工单 {case.tickets[0]}")
    await case.look_at_customer("5-asked")
    await case.customer.get_by_role("button", name="不满意", exact=True).click()
    await case.heard("已经重新处理，并且提高了优先级")
    await case.look_at_customer("5-not-satisfied")


# -- the dispute -------------------------------------------------------------------------------------


async def a_complaint_is_ruled_on(case: Case) -> None:
    lina, outlet = case.lina, case.outlet
    await lina.goto(f"{case.url}/desk/tickets/{case.tickets[0]}")
    await expect(lina.get_by_test_id("status")).to_have_text("处理中")
    await lina.get_by_test_id("move-complaint").click()
    await lina.locator("select[name=category]").select_option("complaint_attitude")
    await lina.locator("textarea[name=text]").fill("客户说派件员态度差，先放驿站再说送过。")
    await lina.get_by_test_id("send-complaint").click()
    case.tickets.append(await came_of_it(lina, case.tickets))
    await outlet.goto(f"{case.url}/desk/tickets/{case.tickets[1]}")
    await outlet.get_by_test_id("move-stated").click()
    await outlet.locator("textarea[name=text]").fill("派件前两次致电无人接听。")
    await outlet.get_by_test_id("send-stated").click()
    await expect(outlet.get_by_test_id("timeline")).to_contain_text("两次致电")
    case.judge = judge = await case.visits.log_in("zheng", f"/desk/arbitration/{case.tickets[1]}")
    await expect(judge.get_by_test_id("respondent")).to_contain_text("两次致电")
    await judge.locator("select[name=finding]").select_option("upheld")
    await expect(judge.get_by_test_id("consequences")).to_contain_text("罚款 -100 元")
    await judge.locator("textarea[name=text]").fill(RULED)
    await case.look(judge, "6-judge")
    await judge.get_by_test_id("rule").click()
    await expect(judge.get_by_test_id("rulings")).to_contain_text(RULED)
    await expect(judge.get_by_test_id("entries")).to_contain_text("罚款 -100 元")


async def the_appeal_is_decided_by_somebody_else(case: Case) -> None:
    outlet = case.outlet
    await outlet.goto(f"{case.url}/desk/tickets/{case.tickets[1]}")
    await expect(outlet.get_by_test_id("rulings")).to_contain_text(RULED)
    await outlet.get_by_test_id("move-appeal").click()
    await outlet.locator("textarea[name=text]").fill("现补充通话记录，请复核。")
    await outlet.get_by_test_id("send-appeal").click()
    case.tickets.append(await came_of_it(outlet, case.tickets))
    bench = f"/desk/arbitration/{case.tickets[2]}"
    await case.judge.goto(case.url + bench)
    await expect(case.judge.get_by_test_id("may-not-rule")).to_contain_text("您裁决过此案")
    judge = await case.visits.log_in("feng", bench, dark=True)
    await judge.locator("select[name=effect]").select_option("reversed")
    await expect(judge.get_by_test_id("consequences")).to_contain_text("将冲销")
    await expect(judge.locator("select[name=finding]")).to_be_visible()
    await judge.locator("select[name=effect]").select_option("confirmed")
    await expect(judge.get_by_test_id("consequences")).not_to_contain_text("将冲销")
    await expect(judge.locator("select[name=finding]")).to_be_hidden()
    await judge.locator("textarea[name=text]").fill(CONFIRMED)
    await case.look(judge, "7-appeal-dark")
    await judge.get_by_test_id("rule").click()
    await expect(judge.get_by_test_id("timeline")).to_contain_text(CONFIRMED)
    await outlet.goto(f"{case.url}/desk/tickets/{case.tickets[1]}")
    await expect(outlet.get_by_test_id("rulings")).to_contain_text(CONFIRMED)
    await expect(outlet.get_by_test_id("move-appeal")).to_have_count(0)
    await expect(outlet.get_by_test_id("refused-moves")).to_contain_text("每一方只能申诉一次")
    await case.look(outlet, "7-outlet")


async def came_of_it(page: Page, known: list[str]) -> str:
    """The number of the ticket that the page went on to."""
    await page.wait_for_url(lambda url: url.rpartition("/")[2] not in known)
    return page.url.rpartition("/")[2]


async def the_customer_hears_what_became_of_it(case: Case) -> None:
    await write(case.customer, "我投诉的事怎么样了")
    service, complaint, appeal = case.tickets
    await case.heard(complaint)
    said = await case.customer.locator(ANSWERS).last.inner_text()
    assert re.search(rf"{complaint} 投诉服务态度：已裁定", said)
    assert appeal not in said
    assert re.search(rf"{service} 未送上门：处理中", said)
    await case.look_at_customer("8-customer")


# -- what is kept ------------------------------------------------------------------------------------


async def everything_that_happened_to_the_conversation_is_kept(case: Case, conversation_id: UUID) -> None:
    async with case.site.database.transaction() as session:
        moves = select(ConversationMove).where(ConversationMove.conversation_id == conversation_id)
        moved = list(await session.scalars(moves.order_by(ConversationMove.id)))
        lines = select(AuditEntry).where(AuditEntry.conversation_id == conversation_id).order_by(AuditEntry.at)
        audited = list(await session.scalars(lines))
        logins = set(await session.scalars(select(AuditEntry.who).where(AuditEntry.what == "login")))
        sums = select(ServiceSummary).where(ServiceSummary.conversation_id == conversation_id)
        summaries = sorted(await session.scalars(sums), key=lambda one: one.at)
    assert [(one.who, one.move, one.agent) for one in moved] == [
        ("bot", "answer", None),
        ("customer", "queue", None),
        ("system", "offer", "lina"),
        ("lina", "accept", "lina"),
        ("lina", "transfer", "wang"),
        ("system", "offer", "wang"),
        ("wang", "accept", "wang"),
        ("wang", "give_back", "wang"),
        ("customer", "queue", None),
        ("system", "offer", "lina"),
        ("lina", "accept", "lina"),
        ("lina", "give_back", "lina"),
    ]
    assert [one.why for one in moved if one.move == "transfer"] == [NOTE]
    assert all(one.why.startswith("asked") for one in moved if one.move == "queue")
    assert [(one.who, one.what, one.why) for one in audited if one.what != "conversation.opened"] == [
        ("lina", "conversation.accepted", "asked"),
        ("lina", "conversation.transferred", "wang"),
        ("wang", "conversation.accepted", "asked"),
        ("wang", "conversation.resolved", "report_not_to_door"),
        ("lina", "conversation.accepted", "asked"),
        ("lina", "conversation.resolved", "report_not_to_door"),
    ]
    assert logins == {"lina", "wang", "gz001", "chen", "zheng", "feng"}
    assert [one.by for one in summaries] == ["bot", "wang", "lina", "bot"]
    assert {one.waybill_no for one in summaries} == {NUMBER}
    in_order([one.at for one in moved], [one.at for one in audited])


async def everything_that_happened_to_the_tickets_is_kept(case: Case) -> None:
    service, complaint, appeal = [await events_of(case, number) for number in case.tickets]
    assert steps(service) == [
        "agent:lina opened",
        "system dispatched",
        "agent:gz001 accepted",
        "agent:gz001 handled",
        "agent:chen sent_back",
        "agent:gz001 handled",
        "agent:chen review_passed",
        "agent:chen closed",
        "system follow_up_asked",
        "customer follow_up_answered",
        "customer reopened",
    ]
    assert steps(complaint) == ["agent:lina opened", "system dispatched", "agent:gz001 stated", "agent:zheng ruled"]
    assert steps(appeal) == ["agent:gz001 opened", "system dispatched", "agent:feng ruled"]
    assert reason_of(service, "sent_back") == SENT_BACK
    assert reason_of(service, "reopened") == "客户回访不满意。不满意"
    assert reason_of(complaint, "ruled") == RULED
    assert reason_of(appeal, "ruled") == CONFIRMED
    judged_by_rules = [one for one in (*service, *complaint, *appeal) if one.what in ("dispatched", "reopened")]
    assert all(one.because for one in judged_by_rules)
    in_order(*([one.at for one in events] for events in (service, complaint, appeal)))


async def events_of(case: Case, number: str) -> list[TicketEvent]:
    async with case.site.database.transaction() as session:
        return list(await case.service.tickets.core.store.events(session, number))


def steps(events: list[TicketEvent]) -> list[str]:
    return [f"{one.by} {one.what}" for one in events]


def reason_of(events: list[TicketEvent], what: str) -> Any:
    (event,) = [one for one in events if one.what == what]
    return event.why or event.details["reason"]


def in_order(*moments: list[datetime]) -> None:
    assert all(each == sorted(each) for each in moments)
