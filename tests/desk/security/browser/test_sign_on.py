"""Single sign-on in a real browser, against a provider on this machine: in, as nobody, and with what was stolen."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from bot.db import Database
from bot.desk.cookie import COOKIE, STATE_COOKIE
from bot.staff.tables import Agent, DeskSession
from tests.browser.conftest import Server, chromium, chromium_path
from tests.desk.security.browser.test_hostile import HouseProcess
from tests.desk.security.house import emptied
from tests.simulators.oidc import OidcSimulator

__all__ = ["chromium", "chromium_path"]
pytestmark = pytest.mark.browser
PEOPLE = {
    "u-lina": {"name": "李娜", "preferred_username": "lina.sso", "groups": ["cs-agent"]},
    "u-guest": {"name": "访客", "preferred_username": "guest", "groups": ["visitors"]},
}


class SignOnProcess(HouseProcess):
    """The house, with a provider."""

    def __init__(self, database_url: str, folder: Path, issuer: str) -> None:
        super().__init__(database_url, folder)
        roles = {"cs-agent": "agent", "cs-lead": "supervisor"}
        given = {"oidc_issuer": issuer, "oidc_role_claim": "groups", "oidc_roles": roles, "oidc_create_accounts": True}
        self._command.append(json.dumps(given))


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[OidcSimulator]:
    simulator = OidcSimulator("desk", "secret", "", PEOPLE)
    server = Server(uvicorn.Config(simulator.app(), log_level="error", lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    simulator.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield simulator
    server.should_exit = server.force_exit = True
    await serving
    listener.close()


@pytest.fixture(scope="module")
def process(
    postgres_url: str,
    chromium_path: str,
    tmp_path_factory: pytest.TempPathFactory,
    provider: OidcSimulator,
) -> Iterator[SignOnProcess]:
    house = SignOnProcess(postgres_url, tmp_path_factory.mktemp("sso"), provider.issuer)
    provider.redirect_uri = f"{house.url}/desk/login/sso/return"
    house.start()
    yield house
    house.kill()


@pytest.fixture
async def context(chromium: Browser, migrated: Database) -> AsyncIterator[BrowserContext]:
    await emptied(migrated)
    context = await chromium.new_context(locale="zh-CN")
    yield context
    await context.close()


async def go(context: BrowserContext, process: SignOnProcess, who: str | None = None) -> Page:
    """To the provider by the button of the login, and back as somebody."""
    page = await context.new_page()
    await page.goto(f"{process.url}/desk/")
    await page.locator("a.other").click()
    await expect(page.get_by_role("heading")).to_have_text("统一登录")
    if who is not None:
        await page.get_by_role("button", name=who).click()
        await page.wait_for_url(f"{process.url}/**")
    return page


async def cookies(context: BrowserContext) -> dict[str, dict]:
    return {one["name"]: one for one in await context.cookies()}  # type: ignore[misc, typeddict-item]


async def test_somebody_with_a_role_is_in_and_has_an_account(
    context: BrowserContext, process: SignOnProcess, provider: OidcSimulator, migrated: Database
) -> None:
    page = await go(context, process, "u-lina")
    await page.get_by_test_id("queue-count").wait_for()
    assert provider.problems == []
    kept = await cookies(context)
    assert kept[COOKIE]["httpOnly"]
    assert STATE_COOKIE not in kept
    async with migrated.transaction() as session:
        person = await session.get(Agent, "lina.sso")
        assert person is not None
        assert (person.name, person.role) == ("李娜", "agent")
        (method,) = await session.scalars(select(DeskSession.method))
    assert method == "single_sign_on"


async def test_somebody_without_a_role_stays_outside(
    context: BrowserContext, process: SignOnProcess, migrated: Database
) -> None:
    page = await go(context, process, "u-guest")
    await expect(page.locator("[name=password]")).to_be_visible()
    assert COOKIE not in await cookies(context)
    async with migrated.transaction() as session:
        assert await session.get(Agent, "guest") is None


async def test_an_answer_is_good_once_and_for_the_browser_that_asked(
    context: BrowserContext, process: SignOnProcess, chromium: Browser
) -> None:
    brought: list[str] = []
    page = await go(context, process)
    page.on("request", lambda one: brought.append(one.url) if "/sso/return" in one.url else None)
    await page.get_by_role("button", name="u-lina").click()
    await page.get_by_test_id("queue-count").wait_for()
    stolen = await chromium.new_context()
    thief = await stolen.new_page()
    await thief.goto(brought[0])
    await expect(thief.locator("[name=password]")).to_be_visible()
    assert COOKIE not in await cookies(stolen)
    await stolen.close()


async def test_a_login_that_somebody_else_began_ends_nowhere(
    context: BrowserContext, process: SignOnProcess, provider: OidcSimulator, chromium: Browser
) -> None:
    """Login forgery: the answer to a stranger's attempt is put before somebody who has begun one, too."""
    stranger = await chromium.new_context()
    page = await go(stranger, process)
    request = await page.locator("[name=request]").get_attribute("value")
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{provider.issuer}/login", data={"request": request, "sub": "u-lina"})
    victim = await go(context, process)
    await victim.goto(answer.headers["location"])
    await expect(victim.locator("[name=password]")).to_be_visible()
    assert COOKIE not in await cookies(context)
    await stranger.close()
