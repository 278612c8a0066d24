"""A browser, a fake chat server, and pages with the widget on them."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Browser, Page, async_playwright, expect
from playwright.sync_api import sync_playwright

from bot.db import Database
from bot.words import Words
from connectors.web.talk import WebLimits
from tests.browser.fake_chat_server import STATIC, FakeChatServer
from tests.browser.patience import PATIENCE_MS
from tests.connectors.web.site import Site, running

INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-cjk")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
NO_BROWSER = pytest.StashKey[str]()

OpenPage = Callable[..., Awaitable[Page]]


def installed_browser() -> str | None:
    """A browser that is on this machine already: a packaged one, or the one playwright brings."""
    for name in INSTALLED:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    return bundled if Path(bundled).exists() else None


def install_browser() -> None:
    """By the system's packages where we may, else as playwright does it.  Fails quietly: the caller looks again."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
        attempts = [["apt-get", "update"], apt, *attempts]
    for attempt in attempts:
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(attempt, capture_output=True, timeout=300, check=False)
        if installed_browser():
            return


@pytest.fixture(scope="session")
def chromium_path(request: pytest.FixtureRequest) -> str:
    """The browser's program; installs one where none is found."""
    if not installed_browser():
        install_browser()
    path = installed_browser()
    if path is None:
        request.config.stash[NO_BROWSER] = "no Chromium was found and none could be installed"
        pytest.skip(request.config.stash[NO_BROWSER])
    return path


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly that the widget went untested."""
    if reason := config.stash.get(NO_BROWSER, None):
        terminalreporter.section("BROWSER TESTS SKIPPED", sep="!", yellow=True)
        terminalreporter.line(f"{reason}: the chat widget was not tested. Install chromium and run again.")


@pytest.fixture(scope="session")
async def chromium(chromium_path: str) -> AsyncIterator[Browser]:
    """A running browser."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield browser
        await browser.close()


class Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def server() -> AsyncIterator[FakeChatServer]:
    """A chat server that obeys the test."""
    fake = FakeChatServer()
    config = uvicorn.Config(fake.app(), log_level="error", lifespan="off", ws="websockets-sansio")
    running = Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    fake.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.create_task(running.serve(sockets=[listener]))
    yield fake
    await fake.drop(1001)
    running.should_exit = running.force_exit = True
    await serving
    listener.close()


@pytest.fixture
async def open_page(chromium: Browser, server: FakeChatServer) -> AsyncIterator[OpenPage]:
    """``await open_page(path, phone=False, dark=False, clock=False, opened=True)`` -> a page with the widget.

    Each page is a browser of its own (own storage), unless ``like`` names a page to share storage with.
    An error in the page's scripts, or a frame the real server would refuse, fails the test.
    """
    contexts = []
    failures: list[str] = []

    async def open_page(
        path: str = "/page",
        *,
        phone: bool = False,
        dark: bool = False,
        clock: bool = False,
        opened: bool = True,
        like: Page | None = None,
        before: str = "",
    ) -> Page:
        context = (
            like.context
            if like
            else await chromium.new_context(
                viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
                has_touch=phone,
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        if clock:
            await page.clock.install()
        if before:
            await page.add_init_script(before)
        await page.goto(server.url + path)
        if opened:
            await page.evaluate("KuaidaChat.open()")
            await page.wait_for_function("document.querySelector('kuaida-chat')")
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert failures == []
    assert server.malformed == []


@pytest.fixture
async def site(database: Database, words: Words) -> AsyncIterator[Site]:
    """The real web channel on a port of its own, with the demo page; can be stopped and started again."""
    limits = WebLimits(max_chars=500, max_bytes=16_384, per_minute=60, burst=5)
    site = Site(database, words, limits=limits)
    site.app.add_api_route("/demo", lambda: FileResponse(STATIC / "demo.html"))
    site.app.mount("/static", StaticFiles(directory=STATIC))
    async with running(site):
        yield site


@pytest.fixture
async def browse(chromium: Browser, site: Site) -> AsyncIterator[OpenPage]:
    """``await browse(path, phone=False, dark=False, before="", like=None)`` -> a page of the site.

    Each is a browser of its own unless ``like`` names a page to share storage with.  An error in the page's scripts
    fails the test.
    """
    contexts = []
    failures: list[str] = []

    async def browse(
        path: str = "/demo", *, phone: bool = False, dark: bool = False, before: str = "", like: Page | None = None
    ) -> Page:
        context = (
            like.context
            if like
            else await chromium.new_context(
                viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
                has_touch=phone,
                is_mobile=phone,
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: failures.append(str(error)))
        if before:
            await page.add_init_script(before)
        await page.goto(site.base + path)
        if path == "/demo":
            await page.evaluate("KuaidaChat.open()")
        return page

    yield browse
    for context in contexts:
        await context.close()
    assert failures == []


@pytest.fixture
async def page(browse: OpenPage) -> Page:
    """The demo page of the real channel."""
    return await browse()
