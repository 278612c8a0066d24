import asyncio
from contextlib import contextmanager

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from bot.errors import UnreadableError
from bot.inbox.commands import make_inbox_app
from bot.inbox.endpoints import make_router
from bot.inbox.reading import Reading
from bot.inbox.shelf import Shelf
from bot.staff.model import Actor, Role


class Unable:
    """Reads nothing."""

    async def read(self, letter) -> None:
        raise UnreadableError("no such kind")


@pytest.fixture
async def aside(database, clock, put):
    """The id of a letter that was put aside."""
    await put("1", secret="内容")
    reading = Reading(database, clock)
    reading.add("wechat", Unable())
    await reading.run_due()
    await reading.stop()
    return (await Shelf(database).found())[0].id


@pytest.fixture
async def call(database, clock):
    clients = []

    def call(role: Role) -> httpx.AsyncClient:
        app = FastAPI()
        app.include_router(make_router(Shelf(database), lambda: Actor("agent:zhou", role), clock))
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test/api/v1/inbox", follow_redirects=True
        )
        clients.append(client)
        return client

    yield call
    for client in clients:
        await client.aclose()


async def test_what_was_put_aside_is_seen_without_what_stands_in_it(call, aside):
    answer = await call(Role.supervisor).get("", params={"state": "aside"})

    (shown,) = answer.json()
    assert (shown["id"], shown["error"]) == (aside, "no such kind")
    assert "内容" not in answer.text


async def test_it_is_read_again_or_dropped_on_demand(call, aside):
    client = call(Role.admin)

    assert (await client.post(f"/{aside}/retry")).json()["state"] == "waiting"
    assert (await client.post(f"/{aside}/drop")).status_code == 409
    assert (await client.post("/999999/drop")).status_code == 404


@pytest.mark.parametrize("role", [Role.agent, Role.trainer, Role.outlet_agent])
async def test_nobody_else_looks_into_the_inbox(call, aside, role):
    assert (await call(role).get("")).status_code == 403


async def test_the_commands_list_retry_and_drop(aside, postgres_url):
    @contextmanager
    def url():
        yield postgres_url

    async def run(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, make_inbox_app(url), arguments)
        assert result.exit_code == 0, result.output
        return result.output

    assert "no such kind" in await run("list")
    assert "内容" in await run("list", "--body")
    assert "done" in await run("drop", str(aside))
    assert await run("list") == ""
