"""Releases over HTTP, from the draft to the rollback."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from bot.db import Database
from bot.settings import Settings
from bot.staff.model import Actor, Role
from bot.studio.releases.endpoints import make_router
from bot.studio.releases.service import Releases
from bot.studio.releases.states import ReleaseState
from tests.conftest import FrozenClock
from tests.studio.releases.conftest import Shelf
from tests.studio.releases.test_gates import make_report
from tests.studio.releases.test_publishing import FakeHold, up
from tests.studio.releases.test_training import FakeContents

API = "/api/v1/studio/releases"


class Published(FakeContents):
    async def publish(self, commit: str) -> None:
        self.written.append((commit, Path("files")))


@pytest.fixture
def releases(database: Database, clock: FrozenClock, tmp_path: Path) -> Releases:
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", content_dir=tmp_path / "files")
    return Releases.build(settings, database, clock, Published(), holdable=FakeHold())


@pytest.fixture
async def client(releases: Releases) -> AsyncIterator[httpx.AsyncClient]:
    async def actor_of(request: Request) -> Actor:
        role = Role(request.headers.get("x-role", "trainer"))
        return Actor(f"agent:{role}", role)

    app = FastAPI()
    app.include_router(make_router(releases, actor_of))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def post(client: httpx.AsyncClient, path: str, role: str = "trainer", **body: Any) -> httpx.Response:
    return await client.post(API + path, json=body, headers={"x-role": role})


async def test_from_the_draft_to_everybody_and_back(client: httpx.AsyncClient, shelf: Shelf) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.ready, report=make_report().model_dump(mode="json"))

    assert (await client.get(f"{API}/new/report")).json()["newly_right_n"] == 0
    assert (await post(client, "/new/publish")).status_code == 204
    now = (await client.get(f"{API}/now")).json()
    assert (now["stable"]["name"], now["candidate"]["name"], now["candidate"]["share"]) == ("old", "new", 5)
    assert (await client.get(f"{API}/comparison")).json()["candidate"] == "new"
    assert (await post(client, "/widen", share=100)).status_code == 409, "its process is not up yet"
    await up(shelf, "new")
    assert (await post(client, "/widen", share=100)).status_code == 204
    assert (await client.get(f"{API}/now")).json()["stable"]["name"] == "new"
    assert (await post(client, "/rollback", why="答错运费")).json() == {"name": "old"}
    assert [line["state"] for line in (await client.get(API)).json()] == ["withdrawn", "stable"]


async def test_a_training_is_asked_for_and_called_off(client: httpx.AsyncClient, shelf: Shelf) -> None:
    await shelf.put("old", ReleaseState.stable)

    asked = await post(client, "", note="补问候")
    again = await post(client, "")
    name = asked.json()["name"]

    assert (asked.status_code, again.status_code) == (202, 409)
    assert name in again.json()["detail"]
    assert (await client.get(f"{API}/{name}")).json()["changes"][0]["after"] == "早"
    assert (await post(client, f"/{name}/cancel")).status_code == 204


async def test_who_only_looks_changes_nothing_and_others_do_not_even_look(
    client: httpx.AsyncClient, shelf: Shelf
) -> None:
    await shelf.put("new", ReleaseState.ready)

    assert (await client.get(API, headers={"x-role": "supervisor"})).status_code == 200
    assert (await post(client, "/new/publish", "supervisor")).status_code == 403
    assert (await client.get(API, headers={"x-role": "agent"})).status_code == 403
    assert (await client.get(f"{API}/nothing")).status_code == 404
    assert (await client.get(f"{API}/new/report")).status_code == 404


async def test_only_the_latest_few_keep_their_files(releases: Releases, shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put("now", ReleaseState.stable)
    for number in range(7):
        (tmp_path / "data" / "studio" / "trees" / f"r{number}").mkdir(parents=True)
        await shelf.put(f"r{number}", ReleaseState.kept)

    assert await releases.forget_old() == ["r1", "r0"]

    left = sorted(path.name for path in (tmp_path / "data" / "studio" / "trees").iterdir())
    assert left == ["r2", "r3", "r4", "r5", "r6"]
    assert (await shelf.get("r0")).state == ReleaseState.forgotten
