"""People of the desk at their pages, each in a browser of their own."""

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from tests.browser.patience import PATIENCE_MS
from tests.desk.builders import PASSWORD

DESK = ViewportSize(width=1280, height=720)
PHONE = ViewportSize(width=390, height=844)


class Visits:
    """Logs people in at a server of the desk; an error in any of their pages fails the test at its end."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self._chromium = chromium
        self._url = url
        self._contexts: list[BrowserContext] = []
        self._failures: list[str] = []

    async def log_in(self, username: str, path: str, *, phone: bool = False, dark: bool = False) -> Page:
        """The page at ``path``, as that person sees it."""
        context = await self._chromium.new_context(
            viewport=PHONE if phone else DESK,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=phone,
            is_mobile=phone,
            color_scheme="dark" if dark else "light",
        )
        self._contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self._failures.append(str(error)))
        await page.goto(f"{self._url}/desk/login")
        await page.fill("[name=username]", username)
        await page.fill("[name=password]", PASSWORD)
        await page.click("button")
        await page.wait_for_url(lambda url: "login" not in url)
        await page.goto(self._url + path)
        return page

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()
        assert self._failures == []
