import asyncio
from contextlib import contextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from bot.delivery.commands import make_deliveries_app
from bot.delivery.endpoints import make_router
from bot.delivery.ports import RecipientGoneError
from bot.staff.model import Actor, Role

OPENID = "oABC1234567890xyz"


@pytest.fixture
async def dead(world, channel):
    channel.errors = [RecipientGoneError("user unsubscribed", code="43004")]
    (number,) = await world.say("甲", recipient=OPENID)
    await world.send()
    return number


@pytest.fixture
async def call(world):
    clients = []

    def call(role: Role) -> httpx.AsyncClient:
        app = FastAPI()
        app.include_router(make_router(world.service, lambda: Actor("agent:zhou", role)))
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test/api/v1/deliveries", follow_redirects=True
        )
        clients.append(client)
        return client

    yield call
    for client in clients:
        await client.aclose()


async def test_a_supervisor_sees_dead_letters_and_sends_them_again(call, world, channel, dead):
    client = call(Role.supervisor)
    (shown,) = (await client.get("", params={"state": "dead"})).json()
    assert (shown["id"], shown["code"], shown["trouble"]) == (str(dead), "43004", "gone")
    assert (shown["recipient"], OPENID in str(shown)) == ("oAB***xyz", False)
    assert shown["problem"].startswith("该客户在此渠道")

    assert (await client.post(f"/{dead}/resend")).json()["state"] == "waiting"
    await world.send()
    assert channel.shown_to(OPENID) == ["甲"]
    assert (await client.post(f"/{dead}/resend")).status_code == 409


async def test_what_is_dropped_stays_unsent(call, world, channel, dead):
    assert (await call(Role.admin).post(f"/{dead}/drop")).json()["trouble"] == "by_hand"
    await world.send()

    assert channel.seen == []


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.admin, Role.supervisor)])
async def test_nobody_else_looks_at_deliveries(call, dead, role):
    client = call(role)

    assert (await client.get("")).status_code == 403
    assert (await client.post(f"/{dead}/resend")).status_code == 403


async def test_an_unknown_delivery_is_404(call, world):
    assert (await call(Role.admin).post(f"/{uuid4()}/drop")).status_code == 404


async def test_the_commands_list_resend_and_drop(world, channel, dead, postgres_url):
    @contextmanager
    def url():
        yield postgres_url

    async def run(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, make_deliveries_app(url), arguments)
        assert result.exit_code == 0, result.output
        return result.output

    listed = await run("list")
    assert str(dead) in listed
    assert "[43004]" in listed
    assert OPENID not in listed
    assert "waiting" in await run("resend", str(dead))
    await world.send()
    assert channel.shown_to(OPENID) == ["甲"]
    assert await run("list") == ""
