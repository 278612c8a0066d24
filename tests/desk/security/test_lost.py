"""Who asks for a page that isn't there, or that breaks, reads it in Chinese and finds the way back."""

import httpx
import pytest
from fastapi import FastAPI

from bot.desk.lost import add_lost_pages
from tests.desk.security.house import Address, House

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
WAY_BACK = 'href="/desk/"'


@pytest.mark.parametrize("path", ["/desk/nowhere", "/desk/?c=nonsense", "/studio/nowhere", "/studio/faq/a/b/c"])
async def test_a_page_that_is_not_there_says_so_and_leads_back(house: House, path: str) -> None:
    for caller in ("lina", "boss"):
        answer = await house.ask(Address(path, "GET"), caller, accept=BROWSER)
        assert answer.status_code == 404
        assert "找不到这个页面" in answer.text
        assert WAY_BACK in answer.text
        assert answer.headers["cache-control"] == "no-store"


async def test_a_script_that_asks_for_what_is_not_there_is_told_in_json(house: House) -> None:
    answer = await house.ask(Address("/desk/_nicegui/nowhere.js", "GET"), "lina", accept="*/*")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


async def test_a_page_that_breaks_tells_nothing_of_what_broke() -> None:
    app = FastAPI()
    add_lost_pages(app)

    @app.get("/")
    def breaks() -> None:
        raise RuntimeError("password=geheim")

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        answer = await client.get("/", headers={"accept": BROWSER})

    assert answer.status_code == 500
    assert "页面没有打开" in answer.text
    assert WAY_BACK in answer.text
    assert "geheim" not in answer.text
