"""Requests that another site makes a browser send: none of them changes anything, on any route."""

import httpx
import pytest

from bot.desk.cookie import COOKIE, CSRF_HEADER, csrf_token
from bot.staff.words import staff_words
from tests.desk.builders import PASSWORD
from tests.desk.security.access import LET_IN, Rule, rules
from tests.desk.security.application import BASE, Address
from tests.desk.security.house import House

CHANGES = [rule for rule in rules().values() if rule.address.changes]
WITH_COOKIE = [rule for rule in CHANGES if LET_IN in rule.answers.values() or rule.says]
ENTRANCE = [rule for rule in CHANGES if rule.open and rule.address.path.startswith(("/desk/", "/api/v1/desk/"))]
ELSEWHERE = [rule for rule in CHANGES if rule.open and rule not in ENTRANCE]
EVIL = "https://evil.test"
FORGED = {
    "another site": {"sec-fetch-site": "cross-site", "origin": EVIL},
    "a neighbour": {"sec-fetch-site": "same-site", "origin": "http://other.desk.test"},
    "an old browser": {"origin": EVIL},
    "no origin at all": {"origin": "null"},
    "another port": {"origin": f"{BASE}:8443"},
    "nothing said": {},
}
WAYS = list(FORGED)
"""Each route is tried with the two that browsers and forgers like best, and with one of all in turn."""


def the(rule: Rule) -> str:
    return str(rule.address)


async def cookie_of(house: House, username: str = "boss") -> str:
    return f"{COOKIE}={await house.session(username)}"


async def send(house: House, rule: Rule, **headers: str) -> httpx.Response:
    """With these headers and nothing else."""
    path = await house.filled(rule.address.path, "nobody")
    house.client.cookies.clear()
    return await house.client.request(
        rule.address.method, path, headers=headers, **house.examples.of(rule.address, rule.body)
    )


@pytest.mark.parametrize("rule", WITH_COOKIE, ids=the)
async def test_a_cookie_changes_nothing_when_another_site_sends_it(house: House, rule: Rule) -> None:
    await house.prepare(rule)
    cookie = await cookie_of(house)
    for told in ("another site", "nothing said", WAYS[WITH_COOKIE.index(rule) % len(WAYS)]):
        answer = await send(house, rule, cookie=cookie, **FORGED[told])
        is_machine = rule.answers.get("admin") == "401"
        assert answer.status_code == (401 if is_machine else 403), told
        assert is_machine or answer.json()["detail"] == staff_words().refusals["forged"], told
    assert await house.agents.of_session(cookie.partition("=")[2]) is not None


@pytest.mark.parametrize("rule", ENTRANCE, ids=the)
async def test_nobody_is_logged_in_or_out_by_another_site(house: House, rule: Rule) -> None:
    cookie = await cookie_of(house)
    body = {"username": "lina", "password": PASSWORD, "code": "123456"}
    for told, headers in list(FORGED.items())[:-1]:
        path = rule.address.path
        sent = {"json": body} if path.startswith("/api/") else {"data": body}
        house.client.cookies.clear()
        answer = await house.client.post(path, headers={"cookie": cookie} | headers, **sent)  # type: ignore[arg-type]
        assert answer.status_code in (403, 303), told
        if answer.status_code == 303:
            assert path == "/desk/login/code", told
        assert COOKIE not in answer.headers.get("set-cookie", ""), told
    assert await house.agents.of_session(cookie.partition("=")[2]) is not None


@pytest.mark.parametrize("rule", ELSEWHERE, ids=the)
async def test_what_asks_for_no_login_does_not_look_at_the_cookie(house: House, rule: Rule) -> None:
    with_cookie = await send(house, rule, cookie=await cookie_of(house), **FORGED["another site"])
    without = await send(house, rule, **FORGED["another site"])
    assert with_cookie.status_code == without.status_code
    assert COOKIE not in with_cookie.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "same-origin"}, {"origin": BASE}, {CSRF_HEADER: ""}],
    ids=["modern", "old", "program"],
)
async def test_our_own_pages_and_programs_with_the_token_get_through(house: House, headers: dict[str, str]) -> None:
    token = await house.session("lina")
    shown = {name: value or csrf_token(token) for name, value in headers.items()}
    house.client.cookies.clear()
    answer = await house.client.put(
        "/api/v1/handover/me", json={"state": "online"}, headers={"cookie": f"{COOKIE}={token}"} | shown
    )
    assert answer.status_code == 200, answer.text


async def test_the_token_of_one_session_is_worth_nothing_for_another(house: House) -> None:
    lina, sun = await house.session("lina"), await house.session("sun")
    headers = {"cookie": f"{COOKIE}={lina}", CSRF_HEADER: csrf_token(sun)}
    answer = await house.client.put("/api/v1/handover/me", json={"state": "online"}, headers=headers)
    assert answer.status_code == 403


async def test_reading_changes_nothing(house: House) -> None:
    """No GET does what a link or a picture on another site could make a browser do: everything changing is no GET."""
    for rule in rules().values():
        if rule.address.method == "GET" and rule.answers:
            assert not any(rule.address.path.endswith(f"/{verb}") for verb in ("delete", "logout", "accept", "send"))
    assert (await house.ask(Address("/desk/logout", "GET"), "lina")).status_code in (404, 405)
