"""Every route of people, teams, audit and one's own account, tried by every role, by nobody, and by programs."""

from uuid import uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from bot.desk.cookie import COOKIE, csrf_token
from bot.desk.service import AgentService, Person
from bot.staff.model import Role
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD
from tests.staff.conftest import API_TOKEN, Browser, make_app, make_one

ADMIN = {Role.admin}
LEADS = {Role.admin, Role.supervisor}
ALL = set(Role)
SOME = uuid4()
OWN = {"current": "wrong password", "new": "another good horse"}
SETUP = {"setup": "x", "code": "000000", "password": "wrong password"}

ROUTES: dict[tuple[str, str], tuple[set[Role], dict[str, object] | None]] = {
    ("GET", "/api/v1/people"): (LEADS, None),
    ("POST", "/api/v1/people"): (ADMIN, {"username": "neu", "name": "新人"}),
    ("GET", "/api/v1/people/{username}"): (LEADS, None),
    ("PATCH", "/api/v1/people/{username}"): (ADMIN, {"capacity": 3}),
    ("POST", "/api/v1/people/{username}/deactivate"): (ADMIN, {}),
    ("POST", "/api/v1/people/{username}/activate"): (ADMIN, {}),
    ("POST", "/api/v1/people/{username}/unlock"): (ADMIN, None),
    ("POST", "/api/v1/people/{username}/reset"): (ADMIN, None),
    ("DELETE", "/api/v1/people/{username}/second-factor"): (ADMIN, None),
    ("GET", "/api/v1/people/{username}/sessions"): (ADMIN, None),
    ("DELETE", "/api/v1/people/{username}/sessions"): (ADMIN, None),
    ("DELETE", "/api/v1/people/{username}/sessions/{session_id}"): (ADMIN, None),
    ("GET", "/api/v1/people/{username}/tokens"): (ADMIN, None),
    ("DELETE", "/api/v1/people/{username}/tokens/{token_id}"): (ADMIN, None),
    ("GET", "/api/v1/teams"): (ALL, None),
    ("POST", "/api/v1/teams"): (ADMIN, {"name": "neu", "label": "新组"}),
    ("GET", "/api/v1/teams/{name}"): (ALL, None),
    ("PATCH", "/api/v1/teams/{name}"): (ADMIN, {"label": "改名"}),
    ("DELETE", "/api/v1/teams/{name}"): (ADMIN, None),
    ("GET", "/api/v1/audit"): (LEADS, None),
    ("GET", "/api/v1/audit.csv"): (LEADS, None),
    ("GET", "/api/v1/account"): (ALL, None),
    ("POST", "/api/v1/account/password"): (ALL, OWN),
    ("POST", "/api/v1/account/second-factor"): (ALL, None),
    ("POST", "/api/v1/account/second-factor/confirm"): (ALL, SETUP),
    ("POST", "/api/v1/account/second-factor/codes"): (ALL, {"password": "wrong password"}),
    ("POST", "/api/v1/account/second-factor/off"): (ALL, {"password": "wrong password"}),
    ("GET", "/api/v1/account/sessions"): (ALL, None),
    ("DELETE", "/api/v1/account/sessions"): (ALL, None),
    ("DELETE", "/api/v1/account/sessions/{session_id}"): (ALL, None),
    ("GET", "/api/v1/account/tokens"): (ALL, None),
    ("POST", "/api/v1/account/tokens"): (ALL, {"name": "程序"}),
    ("DELETE", "/api/v1/account/tokens/{token_id}"): (ALL, None),
}
REFUSED_INSIDE = {"/api/v1/account/password"} | {
    f"/api/v1/account/second-factor/{what}" for what in ("confirm", "codes", "off")
}
"""These answer 403 to who may use them, because the password of the test is wrong."""


def address(path: str) -> str:
    return path.format(username="victim", name="claims", session_id=SOME, token_id=SOME)


async def call(client: httpx.AsyncClient, method: str, path: str, **more: object) -> httpx.Response:
    body = ROUTES[method, path][1]
    return await client.request(method, address(path), json=body, **more)  # type: ignore[arg-type]


@pytest.fixture
async def victim(agents: AgentService, boss: Person) -> Person:
    await agents.teams.create("claims", "理赔组", by=boss.actor)
    return await agents.create("victim", "某人", PASSWORD, Role.agent)


def test_no_route_is_left_out(agents: AgentService):
    routes = [route for route in _routes(make_app(agents)) if route.path.startswith("/api/")]
    assert {(method, route.path) for route in routes for method in route.methods} == set(ROUTES)


def test_every_route_says_what_it_is_for(agents: AgentService):
    described = make_app(agents).openapi()["paths"]
    assert all(one.get("summary") for path in described.values() for one in path.values())


def _routes(app) -> list[APIRoute]:
    found = []
    for route in app.routes:
        nested = getattr(route, "original_router", None)
        found += nested.routes if nested is not None else [route]
    return [route for route in found if isinstance(route, APIRoute)]


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_is_let_in_or_refused(agents: AgentService, victim: Person, browser: Browser, role: Role):
    await make_one(agents, role)
    for (method, path), (roles, _) in ROUTES.items():
        client = await browser(f"p-{role.value}")
        status = (await call(client, method, path)).status_code
        if role in roles:
            wanted = status == 403 if path in REFUSED_INSIDE else status not in (401, 403, 422, 500)
        else:
            wanted = status == 403
        assert wanted, (method, path, status)
        await agents.accounts.unlock(f"p-{role.value}")


async def test_nobody_is_401_everywhere(agents: AgentService, victim: Person, browser: Browser):
    client = await browser()
    for method, path in ROUTES:
        assert (await call(client, method, path)).status_code == 401, (method, path)


async def test_no_program_touches_an_account(agents: AgentService, boss: Person, victim: Person, browser: Browser):
    _, token = await agents.tokens.create(boss, "程序", role=Role.admin, days=9, by=boss.actor)
    client = await browser(authorization=f"Bearer {token}")
    for method, path in ROUTES:
        if path.startswith("/api/v1/account"):
            assert (await call(client, method, path)).status_code == 403, (method, path)
    assert (await client.get("/api/v1/people")).status_code == 200


async def test_a_token_may_less_than_its_owner(agents: AgentService, boss: Person, victim: Person, browser: Browser):
    _, token = await agents.tokens.create(boss, "程序", role=Role.supervisor, days=9, by=boss.actor)
    client = await browser(authorization=f"Bearer {token}")
    assert (await client.get("/api/v1/people/victim")).status_code == 200
    assert (await client.patch("/api/v1/people/victim", json={"capacity": 1})).status_code == 403


# -- forged requests -----------------------------------------------------------------------------

CHANGING = [key for key in ROUTES if key[0] != "GET"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "https://desk.test"},
    ],
)
async def test_a_foreign_page_changes_nothing_with_the_cookie(
    agents: AgentService, boss: Person, victim: Person, browser: Browser, headers: dict[str, str]
):
    client = await browser("boss", **headers)
    for method, path in CHANGING:
        assert (await call(client, method, path)).status_code == 403, (method, path)
    assert (await client.get("/api/v1/people")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://desk.test"}, 200),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "https://desk.test.evil.test"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        ({"x-csrf-token": "made-up"}, 403),
    ],
)
async def test_older_browsers_are_known_by_their_origin_and_programs_by_a_token(
    agents: AgentService, boss: Person, victim: Person, browser: Browser, headers: dict[str, str], status: int
):
    client = await browser("boss")
    del client.headers["sec-fetch-site"]
    answer = await client.patch("/api/v1/people/victim", json={"capacity": 3}, headers=headers)
    assert answer.status_code == status


async def test_a_program_with_the_cookie_shows_its_csrf_token(
    agents: AgentService, boss: Person, victim: Person, browser: Browser
):
    client = await browser("boss")
    del client.headers["sec-fetch-site"]
    shown = {"x-csrf-token": csrf_token(client.cookies[COOKIE])}
    assert (await client.patch("/api/v1/people/victim", json={"capacity": 3}, headers=shown)).status_code == 200


async def test_api_tokens_need_no_such_thing(agents: AgentService, victim: Person, browser: Browser):
    client = await browser(authorization=f"Bearer {API_TOKEN}")
    del client.headers["sec-fetch-site"]
    assert (await client.patch("/api/v1/people/victim", json={"capacity": 3})).status_code == 200


async def test_a_foreign_page_neither_logs_in_nor_out(agents: AgentService, boss: Person, browser: Browser):
    client = await browser("boss", **{"sec-fetch-site": "cross-site"})
    assert (await client.post("/desk/login", data={"username": "boss", "password": PASSWORD})).status_code == 403
    await client.post("/desk/logout")
    assert len(await agents.sessions.of_person("boss")) == 1


# -- pages of the login --------------------------------------------------------------------------


async def test_a_cookie_planted_before_the_login_is_replaced(agents: AgentService, boss: Person, browser: Browser):
    client = await browser()
    _, planted = await agents.log_in("boss", PASSWORD)
    client.cookies.set(COOKIE, planted, domain="desk.test")
    answer = await client.post("/desk/login", data={"username": "boss", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert planted not in cookie
    assert await agents.of_session(planted) is None
    assert all(mark in cookie for mark in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))


async def test_the_cookie_is_not_secure_over_plain_http(agents: AgentService, boss: Person):
    transport = httpx.ASGITransport(app=make_app(agents))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        answer = await client.post("/desk/login", data={"username": "boss", "password": PASSWORD})
    assert answer.status_code == 303
    assert "Secure" not in answer.headers["set-cookie"]


async def test_unknown_wrong_and_closed_answer_the_same(
    agents: AgentService, boss: Person, victim: Person, browser: Browser
):
    await agents.set_active("victim", active=False)
    client = await browser()
    answers = [
        await client.post("/desk/login", data={"username": username, "password": password})
        for username, password in (("boss", "wrong password"), ("nobody", PASSWORD), ("victim", PASSWORD))
    ]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1


async def test_what_one_types_comes_back_as_no_markup(browser: Browser, boss: Person):
    client = await browser()
    hostile = '"><script>alert(1)</script>'
    answer = await client.post("/desk/login", data={"username": hostile, "password": hostile})
    assert "alert(1)" not in answer.text
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]


async def test_the_new_person_of_the_api_chooses_a_password_by_the_link(
    agents: AgentService, boss: Person, browser: Browser
):
    client = await browser("boss")
    made = (await client.post("/api/v1/people", json={"username": "zhou", "name": "周强"})).json()
    link = made["password"]["link"]
    assert link.startswith("https://desk.test/desk/reset#")
    await agents.own.reset_password(link.split("#")[1], "another good horse")
    assert (await agents.authenticate("zhou", "another good horse")).name == "周强"


@pytest.mark.parametrize(
    "body", [{"capacity": -1}, {"name": "  "}, {"name": "a\nb"}, {"role": "god"}, {"password": "x"}]
)
async def test_nonsense_about_an_account_is_422(
    agents: AgentService, boss: Person, victim: Person, browser: Browser, body: dict[str, object]
):
    assert (await (await browser("boss")).patch("/api/v1/people/victim", json=body)).status_code == 422


async def test_waits_are_told_in_seconds(agents: AgentService, boss: Person, browser: Browser, clock: FrozenClock):
    client = await browser()
    for _ in range(5):
        await client.post("/desk/login", data={"username": "boss", "password": "wrong password"})
    answer = await client.post("/desk/login", data={"username": "boss", "password": PASSWORD})
    assert answer.status_code == 429
    assert "30 秒" in answer.text
