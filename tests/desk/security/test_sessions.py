"""Sessions: a new id at each login, an end wherever it is asked for, cookies out of reach, doors that say the same."""

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from itertools import count

import httpx
import pytest
from sqlalchemy import text

from bot.desk.cookie import COOKIE, HALF_COOKIE
from bot.staff.model import Role
from bot.staff.schemas import AccountChange
from tests.desk.builders import PASSWORD
from tests.desk.security.application import BASE
from tests.desk.security.house import House

FORM = {"username": "lina", "password": PASSWORD}
OWN = {"sec-fetch-site": "same-origin"}
NEW = "another good horse"
_NUMBERS = count(1)


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with a jar of its own."""
    transport = httpx.ASGITransport(app=house.app, client=("198.51.100.7", 5000))
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=OWN) as client:
        yield client


def cookie_in(answer: httpx.Response, name: str = COOKIE) -> dict[str, str]:
    """The attributes of a cookie that was set, its value under ``value``."""
    for line in answer.headers.get_list("set-cookie"):
        jar = SimpleCookie(line)
        if name in jar:
            return {"value": jar[name].value} | {key: str(value) for key, value in jar[name].items() if value}
    return {}


async def is_in(house: House, token: str) -> bool:
    return await house.agents.of_session(token) is not None


async def test_a_session_that_somebody_planted_is_never_the_one_that_gets_logged_in(
    house: House, browser: httpx.AsyncClient
) -> None:
    planted = "planted-by-somebody-else"
    browser.cookies.set(COOKIE, planted)
    for path, sent in (("/desk/login", {"data": FORM}), ("/api/v1/desk/login", {"json": FORM})):
        answer = await browser.post(path, **sent)  # type: ignore[arg-type]
        assert cookie_in(answer)["value"] != planted
        assert not await is_in(house, planted)


async def test_every_login_has_an_id_of_its_own_and_ends_the_one_before(
    house: House, browser: httpx.AsyncClient
) -> None:
    first = cookie_in(await browser.post("/desk/login", data=FORM))["value"]
    second = cookie_in(await browser.post("/desk/login", data=FORM))["value"]
    assert first != second
    assert not await is_in(house, first)
    assert await is_in(house, second)


async def test_ids_are_long_and_never_kept_as_they_are(house: House, browser: httpx.AsyncClient) -> None:
    token = cookie_in(await browser.post("/desk/login", data=FORM))["value"]
    assert len(token) >= 40
    async with house.site.database.transaction() as session:
        rows = (await session.execute(text("SELECT desk_sessions::text FROM desk_sessions"))).scalars().all()
    assert rows
    assert not any(token in row for row in rows)


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
async def test_the_cookie_is_out_of_reach_and_secure_where_the_page_was(
    house: House, scheme: str, secure: bool
) -> None:
    transport = httpx.ASGITransport(app=house.app, client=("198.51.100.7", 5000))
    async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://desk.test", headers=OWN) as client:
        for path, sent in (("/desk/login", {"data": FORM}), ("/api/v1/desk/login", {"json": FORM})):
            cookie = cookie_in(await client.post(path, **sent))  # type: ignore[arg-type]
            assert cookie["httponly"]
            assert cookie["samesite"].lower() == "lax"
            assert ("secure" in cookie) is secure
            assert "domain" not in cookie


async def test_logging_out_ends_it_on_the_server_and_in_the_browser(house: House, browser: httpx.AsyncClient) -> None:
    for path in ("/desk/logout", "/api/v1/desk/logout"):
        token = cookie_in(await browser.post("/desk/login", data=FORM))["value"]
        answer = await browser.post(path)
        assert answer.status_code in (204, 303)
        assert cookie_in(answer).get("max-age") == "0" or "expires" in cookie_in(answer)
        assert not await is_in(house, token)


@pytest.mark.parametrize("how", ["everywhere else", "password", "role", "closed", "by an administrator", "reset"])
async def test_sessions_end_everywhere_when_that_is_asked_for(
    house: House, browser: httpx.AsyncClient, how: str
) -> None:
    boss = (await house.person("boss")).actor
    username = f"p-{next(_NUMBERS)}"
    await house.agents.create(username, "某人", PASSWORD, Role.agent)
    here, there = [(await house.agents.log_in(username, PASSWORD))[1] for _ in range(2)]
    browser.cookies.set(COOKIE, here, domain="desk.test")
    keeps = how in ("everywhere else", "password")
    if how == "everywhere else":
        assert (await browser.delete("/api/v1/account/sessions")).status_code == 204
    elif how == "password":
        changed = {"current": PASSWORD, "new": NEW}
        assert (await browser.post("/api/v1/account/password", json=changed)).status_code == 204
    elif how == "role":
        await house.agents.accounts.change(username, AccountChange(role=Role.trainer), by=boss)
    elif how == "closed":
        await house.agents.set_active(username, active=False)
    elif how == "by an administrator":
        await house.agents.sessions.end_others(username, but=None, by=boss)
    else:
        link = await house.agents.own.make_link(username, by=boss)
        await house.agents.own.reset_password(link.token, NEW)
    assert not await is_in(house, there)
    assert await is_in(house, here) is keeps


async def test_half_a_login_opens_nothing(house: House, browser: httpx.AsyncClient) -> None:
    browser.cookies.set(HALF_COOKIE, "x" * 60, domain="desk.test")
    browser.cookies.set(COOKIE, "x" * 60, domain="desk.test")
    assert (await browser.get("/desk/")).headers["location"] == "/desk/login"
    assert (await browser.get("/api/v1/desk/me")).status_code == 401


async def test_a_wrong_name_and_a_wrong_password_read_the_same(house: House, browser: httpx.AsyncClient) -> None:
    pages = []
    for username in ("sun", "nobody-of-that-name"):
        answer = await browser.post("/desk/login", data={"username": username, "password": "not the password"})
        pages.append((answer.status_code, answer.text))
    assert pages[0] == pages[1]
    assert pages[0][0] == 401


async def test_nobody_is_sent_to_another_site_after_a_login(house: House, browser: httpx.AsyncClient) -> None:
    for query in ("next=https://evil.test", "redirect=//evil.test", "r=/\\evil.test"):
        answer = await browser.post(f"/desk/login?{query}", data=FORM)
        assert answer.headers["location"] == "/desk/"
        browser.cookies.clear()
