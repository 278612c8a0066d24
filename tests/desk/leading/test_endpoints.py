"""Supervising over HTTP: every route is refused for the wrong role, and does its work for the right one."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.routing import APIRoute

from bot.desk.leading.endpoints import make_router
from bot.staff.model import Actor, Role
from tests.desk.leading.site import LeadingSite

BASE = "/api/v1/leading"
SOME = str(uuid4())
NAMES = {"username": "lina", "name": "service"}
TIMES = "?since=2026-03-01T00:00:00Z&until=2026-03-05T00:00:00Z"
QUERIES = {"GET /satisfaction", "GET /satisfaction/comments", "GET /satisfaction.csv", "GET /quality/agents"}
BODIES: dict[str, object] = {
    "PUT /agents/{username}/state": {"state": "offline", "why": "忘了"},
    "POST /conversations/{conversation_id}/pass": {"team": "claims"},
    "PUT /quality/sheets/{name}": {
        "sheet": {"title": "一", "sections": [{"name": "一", "criteria": [{"key": "a", "name": "一", "weight": 1}]}]},
        "after": 0,
    },
    "PUT /quality/plan": {"rules": [], "after": 0},
    "POST /quality/draws": {"first": "2026-02-02", "last": "2026-02-08"},
    "POST /quality/samples": {"conversation_id": SOME},
    "POST /quality/samples/{sample_id}/scores": {"marks": {}, "sheet_version": 0},
    "POST /quality/samples/{sample_id}/compare": {},
    "POST /quality/samples/{sample_id}/objection": {"text": "不服"},
    "POST /quality/samples/{sample_id}/answer": {"text": "维持"},
}
TALKS = {"GET /quality/mine", "GET /quality/samples/{sample_id}", "POST /quality/samples/{sample_id}/objection"}
"""What agents may ask for, too: of their own."""


@pytest.fixture
async def api(site: LeadingSite) -> AsyncIterator[httpx.AsyncClient]:
    """Who asks says so in a header, as ``boss:supervisor``."""

    async def actor_of(request: Request) -> Actor:
        said = request.headers.get("x-actor")
        if said is None:
            raise HTTPException(401)
        name, _, role = said.partition(":")
        return Actor(f"agent:{name}", Role(role))

    app = FastAPI()
    app.include_router(make_router(site.leading, actor_of))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://desk.test{BASE}") as client:
        yield client


async def ask(api: httpx.AsyncClient, route: str, actor: str | None = None, body: object = None) -> httpx.Response:
    method, path = route.split(" ")
    path = re.sub(r"{(\w+)}", lambda found: NAMES.get(found[1], SOME), path) + (TIMES if route in QUERIES else "")
    headers = {"x-actor": actor} if actor else {}
    return await api.request(method, path, json=body or BODIES.get(route), headers=headers)


def routes(site: LeadingSite) -> list[str]:
    router = make_router(site.leading, lambda: None)
    found = [route for route in router.routes if isinstance(route, APIRoute)]
    return sorted(f"{method} {route.path.removeprefix(BASE)}" for route in found for method in route.methods)


async def test_every_route_refuses_strangers_and_whoever_does_not_lead(
    site: LeadingSite, api: httpx.AsyncClient
) -> None:
    assert len(routes(site)) > 20
    for route in routes(site):
        assert (await ask(api, route)).status_code == 401, route
        for actor in ("tang:trainer", "outlet:outlet_agent", "lina:agent"):
            answer = await ask(api, route, actor)
            allowed = {200, 404} if route in TALKS else {403}
            # Nobody learns whether somebody else's sample exists.
            expected = allowed if actor == "lina:agent" else {403, 404}
            assert answer.status_code in expected, (route, actor, answer.text)


async def test_every_route_works_for_who_leads(site: LeadingSite, api: httpx.AsyncClient) -> None:
    for route in routes(site):
        answer = await ask(api, route, "boss:supervisor")
        assert answer.status_code in (200, 201, 204, 404, 409), (route, answer.text)
        assert answer.status_code != 404 or SOME in str(answer.url) or "POST" in route, route


async def test_a_sample_goes_its_whole_way_over_http(site: LeadingSite, api: httpx.AsyncClient) -> None:
    conversation_id = await site.served("lina")
    chosen = await ask(api, "POST /quality/samples", "boss:supervisor", {"conversation_id": str(conversation_id)})
    sample = chosen.json()["sample"]
    keys = [one["key"] for section in chosen.json()["sheet"]["sections"] for one in section["criteria"]]
    path = f"/quality/samples/{sample['id']}"
    body = {"marks": dict.fromkeys(keys, "met") | {"tone": "missed"}, "sheet_version": 0}
    scored = await ask(api, f"POST {path}/scores", "boss:supervisor", body)
    assert scored.json()["total"] == 90.0
    (mine,) = (await ask(api, "GET /quality/mine", "lina:agent")).json()
    assert mine["id"] == sample["id"]
    assert (await ask(api, f"POST {path}/objection", "lina:agent", {"text": "客户先骂人"})).status_code == 204
    again = await ask(api, f"POST {path}/objection", "lina:agent", {"text": "再说一遍"})
    assert (again.status_code, again.json()["detail"]) == (409, "每条成绩只能申诉一次")
    assert (await ask(api, f"POST {path}/answer", "second:supervisor", {"text": "有理", "total": 100})).is_success
    dossier = (await ask(api, f"GET {path}", "lina:agent")).json()
    assert (dossier["sample"]["state"], dossier["sample"]["total"]) == ("settled", 100)
    assert dossier["objection"]["upheld"] is True


async def test_the_address_of_a_customer_is_not_told(site: LeadingSite, api: httpx.AsyncClient) -> None:
    conversation_id = await site.served("lina")
    seen = await ask(api, f"GET /conversations/{conversation_id}", "boss:supervisor")
    assert seen.json()["conversation"]["reply_address"] == ""
    assert "13812345678" not in seen.text


async def test_the_wall_is_told_as_json(site: LeadingSite, api: httpx.AsyncClient) -> None:
    await site.online("lina")
    await site.held("lina")
    site.advance(timedelta(seconds=5))
    board = (await ask(api, "GET /wall", "boss:supervisor")).json()
    assert board["held"] == 1
    assert board["waiting"] == {"value": 0, "heat": "calm"}
