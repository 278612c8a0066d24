"""Ticket work in a real browser: handled with evidence, reviewed, sent back, complained of, ruled on, appealed."""

import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from bot.clock import system_clock
from bot.db import Database
from bot.desk.cookie import COOKIE
from bot.errors import AccessRefusedError
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.staff.model import Actor
from bot.tickets.kinds import TicketStatus
from bot.tickets.work import Request
from tests.browser.test_desk import DeskProcess, quiet
from tests.browser.visiting import Visits
from tests.day.network import CHEN, GZ1, HZ1, LINA, at
from tests.desk.builders import PASSWORD, make_waiting
from tests.desk.ticket_work.site import NUMBER, TicketSite, fill, make_site
from tests.evidence.builders import make_picture

pytestmark = pytest.mark.browser
LogIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tickets")


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str, folder: Path) -> Iterator[DeskProcess]:
    desk = DeskProcess(postgres_url, "tests.desk.ticket_work.serve", folder)
    desk.start()
    yield desk
    desk.kill()


@pytest.fixture
async def site(database: Database, folder: Path) -> TicketSite:
    site = make_site(database, system_clock, folder)
    await fill(site)
    return site


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, site: TicketSite) -> AsyncIterator[LogIn]:
    """``await log_in("gz001", "/desk/tickets", phone=True)`` -> the page, in a browser of that person's own."""
    visits = Visits(chromium, process.url)

    async def log_in(username: str, path: str = "/desk/tickets", *, phone: bool = False, dark: bool = False) -> Page:
        return await visits.log_in(username, path, phone=phone, dark=dark)

    yield log_in
    await visits.close()
    await quiet(site.desk)


def visit(number: str) -> str:
    return f"/desk/tickets/{number}"


async def prove(site: TicketSite, number: str, actor: Actor) -> None:
    """The node that holds the ticket hands in a photo and rests its case on it."""
    evidence, now = site.service.evidence, site.clock()
    photo = await evidence.attachments.upload(make_picture(), "image/jpeg", "出港.jpg", by=actor)
    async with site.database.transaction() as session:
        new = NewEvidence(EvidenceKind.photo, "出港时完好", photo)
        item = await evidence.items.add(session, number, new, by=actor, at=now, turn="photo-of-node")
        await evidence.chains.prove(session, number, [item.seq], by=actor, at=now, turn="prove-node")


async def status_of(site: TicketSite, number: str) -> TicketStatus:
    async with site.database.transaction() as session:
        return TicketStatus((await site.service.tickets.core.store.find(session, number)).status)


async def test_an_outlet_handles_with_evidence_and_the_review_sends_back_and_passes(
    site: TicketSite, log_in: LogIn
) -> None:
    number = (await site.open()).ticket_no
    outlet = await log_in("gz001", phone=True)
    await outlet.get_by_test_id("ticket-row").get_by_role("link").click()
    await expect(outlet.get_by_test_id("status")).to_have_text("处理中")
    await outlet.get_by_test_id("move-accepted").click()
    await expect(outlet.get_by_test_id("waits")).to_contain_text("黄伟")
    await outlet.get_by_test_id("move-handled").click()
    await outlet.locator("textarea[name=done]").fill("已重新派送上门，客户本人签收。")
    photo = {"name": "<img src=x onerror=alert(1)>.jpg", "mimeType": "image/jpeg", "buffer": make_picture()}
    await outlet.get_by_test_id("file").set_input_files(files=[photo])  # type: ignore[list-item]
    await expect(outlet.locator("[name=evidence]")).to_be_checked()
    await expect(outlet.locator("textarea[name=done]")).to_have_value("已重新派送上门，客户本人签收。")
    await outlet.get_by_test_id("send-handled").click()
    await expect(outlet.get_by_test_id("status")).to_have_text("待复核")
    assert await outlet.evaluate("document.documentElement.scrollWidth") <= 390

    center = await log_in("chen")
    await expect(center.get_by_test_id("count-review")).to_have_text("1")
    await center.keyboard.press("j")
    await center.keyboard.press("Enter")
    await expect(center.get_by_test_id("evidence").locator("img")).to_have_js_property("naturalWidth", 40)
    await center.get_by_test_id("move-sent_back").click()
    await center.get_by_test_id("send-sent_back").click()
    await expect(center.locator(".move-form .alert")).to_have_text("请填写“原因”")
    await center.locator("textarea[name=reason]").fill("照片看不清门牌，请补充。")
    await center.get_by_test_id("send-sent_back").click()
    await expect(center.get_by_test_id("status")).to_have_text("处理中")

    await expect(outlet.get_by_test_id("timeline")).to_contain_text("照片看不清门牌")
    await outlet.get_by_test_id("move-handled").click()
    await outlet.locator("textarea[name=done]").fill("已补拍门牌。")
    await outlet.get_by_test_id("send-handled").click()
    await expect(center.get_by_test_id("move-review_passed")).to_be_visible()
    await center.get_by_test_id("move-review_passed").click()
    await center.get_by_test_id("send-review_passed").click()
    await expect(center.get_by_test_id("status")).to_contain_text("已关闭")
    assert await status_of(site, number) is TicketStatus.closed


async def test_evidence_is_handed_in_where_the_form_asks_for_it(site: TicketSite, log_in: LogIn) -> None:
    number = (await site.open()).ticket_no
    outlet = await log_in("gz001", visit(number))
    card, form = outlet.locator(".evidence-card"), outlet.get_by_test_id("form-handled")
    await expect(card.get_by_test_id("upload")).to_be_visible()
    await outlet.get_by_test_id("move-accepted").click()
    await expect(outlet.get_by_test_id("waits")).to_contain_text("黄伟")
    await outlet.get_by_test_id("move-handled").click()
    await expect(form.get_by_test_id("upload")).to_be_visible()
    await expect(outlet.get_by_test_id("upload")).to_have_count(1)
    await expect(form.locator("textarea[name=done]")).to_be_focused()

    note = form.get_by_label("对证据的说明")
    await note.fill("门牌清晰")
    await note.press("Enter")
    photo = {"name": "门牌.jpg", "mimeType": "image/jpeg", "buffer": make_picture()}
    await outlet.get_by_test_id("file").set_input_files(files=[photo])  # type: ignore[list-item]
    await expect(form.get_by_label("门牌.jpg")).to_be_checked()
    await expect(card.get_by_test_id("evidence")).to_contain_text("门牌清晰")
    await expect(outlet.locator(".move-form .alert")).to_be_empty()

    await form.get_by_role("button", name="取消").click()
    await expect(card.get_by_test_id("upload").locator("li")).to_contain_text("门牌.jpg")


async def test_a_complaint_is_ruled_on_and_the_appeal_goes_to_somebody_else(site: TicketSite, log_in: LogIn) -> None:
    number = (await site.open()).ticket_no
    agent = await log_in("lina", visit(number))
    await agent.get_by_test_id("move-complaint").click()
    await agent.locator("select[name=category]").select_option("complaint_attitude")
    await agent.locator("textarea[name=text]").fill("客户对网点态度不满，要求投诉。")
    await agent.get_by_test_id("send-complaint").click()
    await agent.wait_for_url(lambda url: number not in url)
    complaint = agent.url.rpartition("/")[2]

    outlet = await log_in("gz001", visit(complaint))
    await outlet.get_by_test_id("move-stated").click()
    await outlet.locator("textarea[name=text]").fill("派件前两次致电无人接听。")
    await outlet.get_by_test_id("send-stated").click()
    await expect(outlet.get_by_test_id("timeline")).to_contain_text("两次致电")

    judge = await log_in("zheng", f"/desk/arbitration/{complaint}")
    await expect(judge.get_by_test_id("respondent")).to_contain_text("两次致电")
    await expect(judge.get_by_test_id("regulator")).to_be_visible()
    await judge.locator("select[name=finding]").select_option("upheld")
    await expect(judge.get_by_test_id("consequences")).to_contain_text("-200")
    await judge.locator("textarea[name=text]").fill("无法证明已联系客户，投诉成立。")
    await judge.get_by_test_id("rule").click()
    await judge.wait_for_url(f"**/tickets/{complaint}")
    await expect(judge.get_by_test_id("rulings")).to_contain_text("投诉成立")
    await expect(judge.get_by_test_id("entries")).to_contain_text("-200 元")

    await outlet.goto(outlet.url)
    await outlet.get_by_test_id("move-appeal").click()
    await outlet.locator("textarea[name=text]").fill("现补充通话录音，请复核。")
    await outlet.get_by_test_id("send-appeal").click()
    await outlet.wait_for_url(lambda url: complaint not in url)
    appeal = outlet.url.rpartition("/")[2]

    await judge.goto(judge.url.replace(f"tickets/{complaint}", f"arbitration/{appeal}"))
    await expect(judge.get_by_test_id("may-not-rule")).to_contain_text("您裁决过此案")
    other = await log_in("feng", f"/desk/arbitration/{appeal}")
    await other.locator("select[name=effect]").select_option("reversed")
    await expect(other.get_by_test_id("consequences")).to_contain_text("将冲销")
    await other.locator("textarea[name=text]").fill("录音属实，撤销原裁决。")
    await other.get_by_test_id("rule").click()
    await expect(other.get_by_test_id("rulings")).to_contain_text("撤销原裁决")
    account = await log_in("gz001", "/desk/ledger")
    await expect(account.get_by_test_id("entries")).to_contain_text("冲销")


async def test_a_reviewer_finds_the_evidence_of_a_node_insufficient(
    site: TicketSite, log_in: LogIn, tmp_path: Path
) -> None:
    """The pictures are for looking at."""
    number = (await site.open("damage", "外箱破损")).ticket_no
    await prove(site, number, at(HZ1))
    page = await log_in("sun", visit(number))
    await expect(page.get_by_test_id("chain")).to_contain_text("已举证")
    await page.get_by_test_id("move-chain_unproven").click()
    await page.locator("select[name=node]").select_option("0")
    await page.get_by_test_id("send-chain_unproven").click()
    await expect(page.locator(".move-form .alert")).to_have_text("请填写“原因”")
    await page.locator("textarea[name=reason]").fill("照片看不出是这一件，也没有称重记录。")
    await page.screenshot(path=tmp_path / "form.png")
    await page.get_by_test_id("send-chain_unproven").click()
    await expect(page.get_by_test_id("status")).to_contain_text("已定责")
    chain = page.get_by_test_id("chain")
    await expect(chain.locator(".state-unproven")).to_contain_text(
        re.compile("杭州西湖网点.*举证不足.*孙磊 判定", re.DOTALL)
    )
    await expect(page.get_by_test_id("evidence").locator("li", has_text="没有称重记录")).to_contain_text("孙磊")
    await expect(page.get_by_test_id("upload")).to_be_hidden()
    await expect(page.get_by_test_id("entries")).to_contain_text("杭州西湖网点")
    await page.screenshot(path=tmp_path / "judged.png", full_page=True)


async def test_only_who_reviews_is_offered_to_judge_evidence(site: TicketSite, log_in: LogIn) -> None:
    number = (await site.open("damage", "外箱破损")).ticket_no
    await prove(site, number, at(HZ1))
    asked = {"node": ["0"], "reason": ["看不清"]}
    for username, actor in (("lina", LINA), ("gz001", at(GZ1))):
        page = await log_in(username, visit(number))
        await expect(page.get_by_test_id("chain")).to_contain_text("已举证")
        await expect(page.get_by_test_id("move-chain_unproven")).to_have_count(0)
        with pytest.raises(AccessRefusedError):
            await site.tickets.moves.make(actor, number, "chain_unproven", asked, version=None, turn=f"by-{username}")


async def test_somebody_else_was_faster_and_nothing_typed_is_lost(site: TicketSite, log_in: LogIn) -> None:
    number = (await site.open()).ticket_no
    page = await log_in("gz001", visit(number))
    await page.get_by_test_id("move-handled").click()
    await page.locator("textarea[name=done]").fill("写了很久的处理结果")
    await site.service.tickets.work.urge(number, Request(CHEN), reason="请尽快")
    await page.get_by_test_id("send-handled").click()
    await expect(page.locator(".move-form .alert")).to_contain_text(re.compile("陈静.*催办"))
    await expect(page.locator("textarea[name=done]")).to_have_value("写了很久的处理结果")
    await page.get_by_test_id("send-handled").click()
    await expect(page.get_by_test_id("status")).to_have_text("待复核")


async def test_several_are_urged_at_once_and_each_has_its_result(site: TicketSite, log_in: LogIn) -> None:
    first, second = await site.open(), await site.open("trace", "查一下到哪了")
    await site.service.tickets.work.handle(second.ticket_no, Request(at(GZ1)), done="已送")
    page = await log_in("chen", "/desk/tickets?list=all")
    await expect(page.get_by_test_id("ticket-row")).to_have_count(2)
    for key in "jxjx":
        await page.keyboard.press(key)
    await expect(page.get_by_test_id("bulk")).to_contain_text("已选 2 张")
    await page.keyboard.press("f")
    await page.get_by_test_id("bulk-sheet").locator("[name=unit]").fill("GZ002")
    await page.get_by_test_id("bulk-sheet").locator("[name=reason]").fill("由番禺网点处理")
    await page.get_by_test_id("bulk-do").click()
    results = page.get_by_test_id("results")
    await expect(results.locator("li.good")).to_contain_text(first.ticket_no)
    await expect(results.locator("li.bad")).to_contain_text(second.ticket_no)


async def test_markup_in_a_ticket_is_shown_and_never_run(site: TicketSite, log_in: LogIn) -> None:
    hostile = "<img src=x onerror=\"document.title='taken'\"> {{ 7*7 }} <script>alert(1)</script>"
    number = (await site.open(text=hostile)).ticket_no
    page = await log_in("gz001")
    await expect(page.get_by_test_id("ticket-row")).to_contain_text("{{ 7*7 }}")
    await page.goto(page.url.split("/desk")[0] + visit(number))
    await expect(page.get_by_test_id("text")).to_have_text(hostile)
    assert await page.locator("main img, main script").count() == 0


async def test_whole_phones_are_shown_for_a_reason_that_is_kept(site: TicketSite, log_in: LogIn) -> None:
    number = (await site.open()).ticket_no
    page = await log_in("gz001", visit(number))
    await expect(page.get_by_test_id("waybill")).to_contain_text("****")
    await page.get_by_test_id("reveal").click()
    await page.locator("[name=why]").fill("联系客户预约派送")
    await page.get_by_test_id("reveal-form").get_by_role("button").click()
    await expect(page.get_by_test_id("revealed")).to_contain_text(NUMBER[-7:])


async def test_a_ticket_is_opened_from_a_conversation_in_two_clicks(site: TicketSite, log_in: LogIn) -> None:
    conversation_id = await make_waiting(site.desk, says="我的包裹没送上门就放驿站了", waybill_no=NUMBER)
    page = await log_in("lina", f"/desk/?c={conversation_id}")
    await page.get_by_test_id("open-ticket-button").click()
    sheet = page.get_by_test_id("open-ticket")
    await expect(sheet.locator("[name=waybill_no]")).to_have_value(NUMBER)
    await expect(sheet.locator("[name=category]")).to_have_value("stalled")
    await expect(sheet.locator("[name=text]")).to_have_value("我的包裹没送上门就放驿站了")
    await page.get_by_test_id("open-now").click()
    await expect(page.locator(".q-notification")).to_contain_text("已开工单 GD")
    (ticket,) = await site.desk.tickets.of_waybill(NUMBER)
    assert (ticket.conversation_id, ticket.channel, ticket.owner_unit) == (conversation_id, "web", GZ1)


async def test_a_filter_and_columns_are_kept(site: TicketSite, log_in: LogIn) -> None:
    await site.open()
    page = await log_in("lina", "/desk/tickets?list=all&priority=urgent")
    await expect(page.get_by_test_id("empty")).to_be_visible()
    await page.get_by_test_id("save-filter").click()
    await page.get_by_test_id("save-filter-form").locator("[name=name]").fill("紧急的")
    await page.get_by_test_id("save-filter-form").get_by_role("button").click()
    await expect(page.get_by_test_id("saved")).to_contain_text("紧急的")
    await page.get_by_test_id("columns").click()
    await page.get_by_test_id("columns-form").locator("[value=province]").check()
    await page.get_by_test_id("columns-form").get_by_role("button").click()
    await expect(page.get_by_role("columnheader", name="省份")).to_be_visible()


REFUSED = '"data-testid":"refused"'
PAGES = ("/desk/tickets", "/desk/tickets/{number}", "/desk/arbitration/{complaint}", "/desk/ledger")
SEEN = {
    "lina": (True, True, False, False),
    "gz001": (True, True, False, True),
    "gz002": (True, False, False, True),
    "chen": (True, True, True, True),
    "zhao": (True, False, False, True),
    "sun": (True, True, True, True),
    "tang": (True, False, False, True),
    "zheng": (True, False, True, True),
    "zhou": (True, True, True, True),
    "he": (False, False, False, False),
}
"""Who is shown which page of a ticket that the outlet gz001 has, and of a complaint about it across provinces."""


async def enter(site: TicketSite, process: DeskProcess, username: str | None) -> httpx.AsyncClient:
    cookies = {}
    if username is not None:
        _, token = await site.desk.agents.log_in(username, PASSWORD)
        cookies = {COOKIE: token}
    return httpx.AsyncClient(base_url=process.url, cookies=cookies)


@pytest.mark.parametrize("username", [*SEEN, None])
async def test_pages_are_for_those_whose_work_they_are(
    site: TicketSite, process: DeskProcess, username: str | None
) -> None:
    number = (await site.open(text="只给当事人看的内容")).ticket_no
    complaint = (await site.open("complaint_attitude", text="只给当事人看的投诉")).ticket_no
    async with await enter(site, process, username) as client:
        for path, is_seen in zip(PAGES, SEEN.get(username or "", (None,) * 4), strict=True):
            answer = await client.get(path.format(number=number, complaint=complaint))
            if username is None:
                assert (answer.status_code, answer.headers["location"]) == (303, "/desk/login")
                continue
            shown = html.unescape(answer.text)
            assert (REFUSED not in shown) is is_seen, path
            assert is_seen or "只给当事人看的" not in shown


async def test_no_other_site_hands_in_evidence_or_moves_a_ticket(site: TicketSite, process: DeskProcess) -> None:
    number = (await site.open()).ticket_no
    async with await enter(site, process, "gz001") as client:
        foreign = {"sec-fetch-site": "cross-site"}
        files = {"file": ("a.jpg", make_picture(), "image/jpeg")}
        assert (await client.post("/api/v1/attachments", files=files, headers=foreign)).status_code == 403
        refused = await client.post(f"/api/v1/tickets/{number}/accept", json={}, headers=foreign)
        assert refused.status_code == 403
        own = {"sec-fetch-site": "same-origin"}
        assert (await client.post(f"/api/v1/tickets/{number}/accept", json={}, headers=own)).status_code == 200
