"""Accounts: over HTTP by administrators, and from the command line."""

from contextlib import contextmanager

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from bot.errors import RefusedError
from bot.staff.model import Actor, Role
from connectors.callback.admin import make_admin_router
from connectors.callback.commands import make_callback_app


@pytest.fixture
def api(shop):
    """``api(role)`` -> a client who has that role."""

    def api(role=Role.admin):
        async def actor_of():
            return Actor("admin", role)

        app = FastAPI()
        app.include_router(make_admin_router(shop.caller, actor_of))
        base = "http://us/api/v1"
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)

    return api


async def test_keys_are_shown_when_they_are_made_and_never_again(shop, api):
    async with api() as client:
        made = await client.post("/callback-accounts", json={"name": "app", "url": "https://app.example/"})
        listed = await client.get("/callback-accounts")
        rotated = await client.post("/callback-accounts/app/rotate")

    assert made.status_code == 201
    assert (made.json()["token"], made.json()["secret"]) != (rotated.json()["token"], rotated.json()["secret"])
    assert {"token", "secret", "token_hash"}.isdisjoint(listed.json()[0])
    assert made.json()["token"] not in (await shop.accounts.find("app")).token_hash


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.admin])
async def test_only_administrators_look_after_accounts(api, role):
    async with api(role) as client:
        assert (await client.get("/callback-accounts")).status_code == 403


@pytest.mark.parametrize("name", ["", "A", "x", "shop/../x", "商城", "a" * 40, "-app"])
async def test_a_name_that_would_be_misread_is_refused(shop, name):
    with pytest.raises(RefusedError):
        await shop.accounts.add(name, "https://app.example/", by="test")


async def test_what_is_there_or_not_is_said(api):
    async with api() as client:
        twice = await client.post("/callback-accounts", json={"name": "shop", "url": "https://app.example/"})
        unknown = await client.post("/callback-accounts/nobody/close")
        closed = [await client.post("/callback-accounts/shop/close") for _ in range(2)]

    assert (twice.status_code, unknown.status_code) == (409, 404)
    assert [answer.status_code for answer in closed] == [200, 409]


async def test_a_ping_says_what_the_account_answered(shop, api):
    shop.app.answers = [204, 500, None]
    async with api() as client:
        found = [(await client.post("/callback-accounts/shop/ping")).json()["status"] for _ in range(3)]
    assert found == [204, 500, None]
    assert [event["type"] for _, event, _, _ in shop.app.calls] == ["ping", "ping"]


def test_accounts_are_made_from_the_command_line(postgres_url, database):
    @contextmanager
    def open_database():
        yield postgres_url

    app = make_callback_app(open_database, lambda: True)
    run = CliRunner().invoke
    made = run(app, ["add", "local-app", "--url", "http://127.0.0.1:9000/", "--title", "试用"])
    listed = run(app, ["list"])
    closed = [run(app, [verb, "local-app"]).exit_code for verb in ("close", "open", "close")]

    assert "token    cb_" in made.output
    assert "secret   whsec_" in made.output
    assert "local-app" in listed.output
    assert "whsec_" not in listed.output
    assert closed == [0, 0, 0]
