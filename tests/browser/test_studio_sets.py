"""Labelling, settling, trying dialogues, and reading numbers, in a real browser."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.clock import system_clock
from bot.db import Database
from bot.staff.model import Role
from bot.studio.sets.tables import SetLabel, SetSentence, StudioSet
from tests.browser.test_desk import DeskProcess
from tests.browser.visiting import Visits
from tests.desk.builders import PASSWORD, make_services
from tests.studio.sets.builders import heard, make_conversation, say
from tests.studio.sets.site import fill

pytestmark = pytest.mark.browser
LogIn = Callable[..., Awaitable[Page]]
NAMES = {"he": "何静", "mei": "梅兰", "zhou": "周明"}


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str) -> Iterator[DeskProcess]:
    studio = DeskProcess(postgres_url, "tests.studio.sets.serve")
    studio.start()
    yield studio
    studio.kill()


@pytest.fixture
async def log_in(chromium: Browser, process: DeskProcess, database: Database) -> AsyncIterator[LogIn]:
    """``await log_in("/studio", phone=True, username="zhou")`` -> the page, in a browser of that person's own."""
    desk = make_services(database, system_clock, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    for username, role in (("he", Role.trainer), ("mei", Role.trainer), ("zhou", Role.supervisor)):
        await desk.agents.create(username, NAMES[username], PASSWORD, role)
    await fill(database, system_clock, days=15)
    visits = Visits(chromium, process.url)

    async def log_in(path: str, *, username: str = "he", phone: bool = False) -> Page:
        return await visits.log_in(username, path, phone=phone)

    yield log_in
    await visits.close()


async def set_id(database: Database, name: str) -> str:
    async with database.transaction() as session:
        return str((await session.scalars(select(StudioSet.id).where(StudioSet.name == name))).one())


async def newest_label(database: Database) -> SetLabel:
    async with database.transaction() as session:
        return (await session.scalars(select(SetLabel).order_by(SetLabel.at.desc()).limit(1))).one()


async def test_a_sentence_is_labelled_by_keyboard_alone(log_in: LogIn, database: Database) -> None:
    page = await log_in(f"/studio/sets/{await set_id(database, '没把握的')}")
    sentence = page.get_by_test_id("sentence")
    await expect(sentence).to_be_visible()
    said = await sentence.text_content()
    await expect(page.locator("[name=intent]")).to_be_focused()
    await page.keyboard.type("ckd")
    await expect(page.get_by_test_id("intent-option").first).to_contain_text("查快递")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Alt+s")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Shift+ArrowRight")
    await page.keyboard.press("m")
    await expect(sentence.locator(".marked")).to_have_text((said or "")[:2])
    await page.keyboard.press("Enter")
    await expect(sentence).not_to_have_text(said or "")
    label = await newest_label(database)

    assert (label.by, label.intents) == ("he", ["query_waybill"])
    assert label.entities == [{"start": 0, "end": 2, "kind": "goods"}]
    await page.keyboard.press("Alt+z")
    await expect(sentence).to_contain_text((said or "")[:2])
    await expect(page.locator(".chip")).to_contain_text("查快递")


async def test_words_are_marked_with_the_mouse(log_in: LogIn, database: Database) -> None:
    page = await log_in(f"/studio/sets/{await set_id(database, '没把握的')}")
    sentence = page.get_by_test_id("sentence")
    box = await sentence.locator("[data-at]").first.bounding_box()
    assert box is not None
    await page.mouse.dblclick(box["x"] + 4, box["y"] + box["height"] / 2)
    await page.locator(".kinds [data-kind=region]").click()

    await expect(sentence.locator(".marked")).to_have_attribute("data-kind", "地区")


async def test_a_third_person_settles_what_two_see_differently(log_in: LogIn, database: Database) -> None:
    which = await set_id(database, "三月来话")
    page = await log_in(f"/studio/sets/{which}/disputes", username="mei")
    cards = page.get_by_test_id("dispute")
    before = await cards.count()
    await cards.first.get_by_test_id("take").first.click()
    await expect(cards).to_have_count(before - 1)
    async with database.transaction() as session:
        settled = (await session.scalars(select(SetSentence).where(SetSentence.state == "settled"))).one()

    assert (settled.settled_by, settled.settled_how) == ("mei", "third")


async def test_what_neither_said_is_chosen_in_a_form_that_is_there_once_it_is_opened(
    log_in: LogIn, database: Database
) -> None:
    which = await set_id(database, "三月来话")
    page = await log_in(f"/studio/sets/{which}/disputes", username="mei")
    cards = page.get_by_test_id("dispute")
    before, card = await cards.count(), cards.first
    await expect(card.locator("[name=intent]")).to_have_count(0)
    await card.locator("details summary").click()
    await card.locator("select[name=intent]").select_option("report_lost")
    await card.get_by_test_id("own-label").locator("button").click()
    await expect(cards).to_have_count(before - 1)
    async with database.transaction() as session:
        settled = (await session.scalars(select(SetSentence).where(SetSentence.state == "settled"))).one()

    assert (settled.intents, settled.settled_how) == (["report_lost"], "third")


async def test_a_set_is_drawn_on_the_page(log_in: LogIn) -> None:
    page = await log_in("/studio/sets")
    await page.get_by_test_id("new-set").click()
    await page.fill("[name=name]", "<b>新的</b>")
    await page.fill("[name=size]", "20")
    await page.get_by_test_id("draw").click()
    await expect(page.get_by_test_id("set")).to_have_count(3)

    await expect(page.get_by_test_id("set").first).to_contain_text("<b>新的</b>")


async def test_dialogues_are_tried_and_where_one_strays_is_told(log_in: LogIn) -> None:
    page = await log_in("/studio/sets/dialogues")
    await page.get_by_test_id("run").click()
    result = page.get_by_test_id("run-result")

    await expect(result).to_contain_text("2026-03-04-1")
    await expect(result).to_contain_text("应回复“utter_need_waybill_no”")


async def test_a_conversation_from_the_desk_is_a_dialogue_with_one_more_click(
    log_in: LogIn, database: Database
) -> None:
    talk = await make_conversation(database, system_clock())
    await say(database, talk, 1, "几时到", system_clock(), understood=heard("query_eta"))
    page = await log_in(f"/studio/sets/dialogues?conversation={talk}", username="zhou")
    await page.get_by_test_id("make").click()

    await expect(page.locator("[name=says-0]")).to_have_value("几时到")
    await expect(page.locator(".toolbar")).to_contain_text("周明")


async def test_people_are_called_by_their_names(log_in: LogIn, database: Database) -> None:
    page = await log_in("/studio/sets")

    await expect(page.get_by_test_id("set").first).to_contain_text("何静")


@pytest.mark.parametrize("path", ["/studio", "/studio/sets", "/studio/sets/dialogues", "/studio/numbers"])
async def test_a_page_has_one_main_landmark(log_in: LogIn, path: str) -> None:
    page = await log_in(path)
    await expect(page.locator(".office-body")).to_be_visible()

    assert await page.locator("main, [role=main]").count() == 1
    assert await page.locator("main .office-body").count() == 1


async def test_many_sets_and_dialogues_are_shown_a_page_at_a_time(log_in: LogIn, database: Database) -> None:
    at = system_clock()
    async with database.transaction() as session:
        for number in range(12):
            made = StudioSet(name=f"第{number}套", about="", drawn={"name": "x", "since": "2026-03-01"}, total=0)
            made.made_by, made.made_at = "he", at
            session.add(made)
    page = await log_in("/studio/sets")
    await expect(page.get_by_test_id("set")).to_have_count(10)
    await page.get_by_role("link", name="下一页").click()

    await expect(page.get_by_test_id("set")).to_have_count(4)
    await expect(page.get_by_role("link", name="下一页")).to_have_count(0)


async def test_a_dialogue_is_edited(log_in: LogIn) -> None:
    page = await log_in("/studio/sets/dialogues")
    await page.get_by_test_id("dialogue").first.click()
    await page.locator("[name=says-1]").fill("谢谢")
    await page.get_by_test_id("save-dialogue").click()

    await expect(page.get_by_test_id("turn")).to_have_count(3)


async def test_every_hint_leads_somewhere_and_says_why(log_in: LogIn) -> None:
    page = await log_in("/studio", username="zhou", phone=True)
    hints = page.get_by_test_id("hint")
    await expect(hints.first).to_be_visible()

    assert await hints.count() >= 5
    for hint in await hints.all():
        assert re.match(r"/studio/\w+", await hint.get_by_role("link").get_attribute("href") or "")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_behind_every_chart_is_its_table(log_in: LogIn) -> None:
    page = await log_in("/studio/numbers?days=7")
    block = page.get_by_test_id("handed")
    await expect(block.locator("svg")).to_be_visible()
    await block.get_by_role("button").click()
    await expect(block.locator("table")).to_contain_text("客户要求人工")
    async with page.expect_download() as downloaded:
        await block.get_by_role("link").click()

    assert (await downloaded.value).suggested_filename.startswith("handed-")


async def test_who_only_looks_finds_no_button_that_changes(log_in: LogIn) -> None:
    page = await log_in("/studio/sets", username="zhou")
    await expect(page.get_by_test_id("set").first).to_be_visible()

    await expect(page.get_by_test_id("new-set")).to_have_count(0)
    await expect(page.get_by_test_id("label")).to_have_count(0)
