"""Every page in a real browser, full of what somebody wrote to take it over: it is text, and nothing else happens."""

import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from bot.clock import system_clock
from bot.db import Database
from tests.browser.conftest import chromium, chromium_path
from tests.browser.test_desk import ROOT, DeskProcess
from tests.desk.builders import PASSWORD
from tests.desk.security.access import LET_IN, rules
from tests.desk.security.application import API_TOKEN, Address
from tests.desk.security.hostile import HOSTILE, MARK, SHORT, put_hostile_things
from tests.desk.ticket_work.site import make_site

__all__ = ["chromium", "chromium_path"]
pytestmark = pytest.mark.browser
STARTS_WITHIN_S = 180

NO_BRACES = HOSTILE.replace("{", "").replace("}", "")
"""For canned responses, where braces stand for variables."""

SHOW_IT = {
    "/desk/",
    "/desk/account",
    "/desk/tickets",
    "/desk/tickets/{ticket_no}",
    "/desk/arbitration/{ticket_no}",
    "/desk/waybill/{waybill_no}",
    "/desk/people",
}
"""Where something that was written here stands; the others are looked at all the same."""

WATCH = """
window.taken = [];
window.take = () => window.taken.push("called");
document.addEventListener("securitypolicyviolation", (one) => window.taken.push(`policy: ${one.violatedDirective}`));
"""
FOUND = """() => [...window.taken, ...[...document.querySelectorAll(
  "img[src='x'], svg[onload], iframe, object, embed, [onerror], [onclick*=take], [href^='javascript:' i], base"
)].map((one) => one.outerHTML)]"""


class HouseProcess(DeskProcess):
    def __init__(self, database_url: str, folder: Path) -> None:
        super().__init__(database_url, "tests.desk.security.serve", folder)

    def start(self) -> None:
        """It has more to start than the desk alone, and nothing of it stays where it does not."""
        self._process = subprocess.Popen(self._command, cwd=ROOT)
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError("the application did not start")
            time.sleep(0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def process(postgres_url: str, chromium_path: str, folder: Path) -> Iterator[HouseProcess]:
    house = HouseProcess(postgres_url, folder)
    house.start()
    yield house
    house.kill()


@pytest.fixture(scope="module")
async def places(migrated: Database, process: HouseProcess, folder: Path) -> dict[str, str]:
    """Where things are; see `put_hostile_things`."""
    places = await put_hostile_things(make_site(migrated, system_clock, folder))
    headers = {"authorization": f"Bearer {API_TOKEN}"}
    async with httpx.AsyncClient(base_url=f"{process.url}/api/v1", headers=headers) as api:
        draft = {"scope": "shared", "folder": SHORT, "title": SHORT, "text": NO_BRACES}
        (await api.post("/desk/tools/canned", json=draft)).raise_for_status()
        note = f"/desk/tools/conversations/{places['conversation']}/notes"
        (await api.post(note, json={"text": HOSTILE})).raise_for_status()
        login = {"username": SHORT[:60], "password": "not a password"}
        await api.post("/desk/login", json=login, headers={"user-agent": HOSTILE.encode("ascii", "ignore").decode()})
    return places


@pytest.fixture(scope="module")
async def browsers(chromium: Browser, process: HouseProcess, places: dict[str, str]) -> AsyncIterator[dict]:
    """By username: the browser of somebody who is logged in."""
    contexts = {}
    for username in ("boss", "zhou", "zheng"):
        context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        await context.add_init_script(WATCH)
        page = await context.new_page()
        await page.goto(f"{process.url}/desk/login")
        await page.fill("[name=username]", username)
        await page.fill("[name=password]", PASSWORD)
        await page.click("button")
        await page.wait_for_url(lambda url: "login" not in url)
        await page.close()
        contexts[username] = context
    yield contexts
    for context in contexts.values():
        await context.close()


def address_of(address: Address, places: dict[str, str]) -> str:
    number = places["complaint" if "arbitration" in address.path else "ticket_no"]
    path = address.path.replace("{ticket_no}", number).replace("{waybill_no}", places["waybill_no"])
    path = re.sub(r"\{\w+\}", str(UUID(int=7)), path)
    return f"{path}?c={places['conversation']}" if path == "/desk/" else path


class Watched:
    """A page of which everything that should not happen is written down."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("dialog", lambda dialog: self.problems.append(f"dialog {dialog.message}"))
        page.on("pageerror", lambda error: self.problems.append(f"error {error}"))
        page.on("request", self._requested)

    @classmethod
    async def open(cls, context: BrowserContext, url: str) -> "Watched":
        watched = cls(await context.new_page())
        await watched.page.goto(url)
        return watched

    async def settled(self) -> list[str]:
        """What went wrong, once the page is drawn."""
        await self.page.wait_for_load_state("networkidle")
        return self.problems + await self.page.evaluate(FOUND)

    def _requested(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")) or url.endswith("/x"):
            self.problems.append(f"asked for {url}")


PAGES = [one for one in rules().values() if one.address.is_page and LET_IN in one.answers.values()]


@pytest.mark.parametrize("rule", PAGES, ids=lambda one: str(one.address))
async def test_what_people_wrote_is_text(
    browsers: dict, process: HouseProcess, places: dict[str, str], rule: object
) -> None:
    address: Address = rule.address  # type: ignore[attr-defined]  # a `Rule`
    username = "zheng" if "arbitration" in address.path else "zhou"
    watched = await Watched.open(browsers[username], process.url + address_of(address, places))
    if address.path in SHOW_IT:
        await expect(watched.page.locator("body")).to_contain_text(MARK)
    assert await watched.settled() == []
    await watched.page.close()


async def test_what_a_page_opens_is_text_too(browsers: dict, process: HouseProcess, places: dict[str, str]) -> None:
    """The sheet of a person, filters of the tickets, the report to be printed of what somebody is."""
    watched = await Watched.open(browsers["boss"], f"{process.url}/desk/people")
    await watched.page.locator(f"text={MARK} >> visible=true").first.click()
    assert await watched.settled() == []
    await watched.page.close()


async def test_the_demo_and_the_login_repeat_nothing(browsers: dict, process: HouseProcess) -> None:
    for path in ("/desk/login", "/desk/reset", "/demo", "/desk/login/sso/return"):
        query = httpx.QueryParams({"username": HOSTILE, "next": "javascript:take()", "state": HOSTILE, "link": HOSTILE})
        watched = Watched(await (await browsers["boss"].browser.new_context()).new_page())
        await watched.page.add_init_script(WATCH)
        await watched.page.goto(f"{process.url}{path}?{query}#{SHORT}")
        assert [one for one in await watched.settled() if "policy" not in one] == []
        await watched.page.context.close()


async def test_no_page_of_ours_stands_in_a_frame_of_another(
    chromium: Browser,
    process: HouseProcess,
    places: dict[str, str],
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.set_content(f'<iframe src="{process.url}/desk/login"></iframe>')
    await page.wait_for_load_state("networkidle")
    framed = [await one.content() for one in page.frames if one is not page.main_frame]
    assert framed
    assert not any('name="password"' in content for content in framed)
    await context.close()
