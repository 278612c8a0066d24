"""The tools over HTTP: every route is refused for the wrong role, and does its work for the right one."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.routing import APIRoute

from bot.desk.tools.endpoints import make_router
from bot.desk.tools.ports import Offer
from bot.desk.tools.services import DeskTools
from bot.staff.model import Actor, Role
from tests.desk.builders import WAYBILL_NO
from tests.desk.tools.conftest import write

BASE = "/api/v1/desk/tools"
SOME = str(uuid4())
BODIES = {
    "POST /canned": {"title": "一", "text": "好"},
    "PUT /canned/{response_id}": {"draft": {"title": "一", "text": "好"}, "version": 1},
    "POST /canned/{response_id}/restore": {"to": 1, "version": 1},
    "POST /suggestions/{suggestion_id}": {"outcome": "used"},
    "POST /conversations/{conversation_id}/notes": {"text": "看"},
    "POST /conversations/{conversation_id}/presence": {"tab": "t"},
    "PUT /conversations/{conversation_id}/script": {"read_in": "simplified"},
    "POST /convert": {"text": "好", "to": "traditional"},
    "POST /conversations/{conversation_id}/check": {"text": "好"},
    "POST /conversations/{conversation_id}/reveal": {"wanted": {"whose": "consignee"}, "why": "核对"},
    "POST /conversations/{conversation_id}/summary": {"wrap_up_code": "faq"},
    "POST /promises/{promise_id}/settle": {"state": "kept", "text": "好"},
    "POST /tasks/{task_id}/finish": {"text": "好"},
    "PUT /sensitive-words": {"categories": [], "after": 0},
}
LEADS_ONLY = {"GET /sensitive-words", "GET /sensitive-words/versions", "PUT /sensitive-words"}
LEARNS_ONLY = {"GET /suggestions/report"}
QUERIES = {"GET /answers": "?q=x", "GET /promises": "?waybill_no=YD1"}


def routes() -> list[str]:
    router = make_router(object.__new__(DeskTools), lambda: None)
    return sorted(
        f"{method} {route.path.removeprefix(BASE)}"
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    )


def allowed(route: str, role: Role) -> bool:
    if route in LEADS_ONLY:
        return role in (Role.supervisor, Role.admin)
    if route in LEARNS_ONLY:
        return role in (Role.supervisor, Role.admin, Role.trainer)
    return role.may_talk


@pytest.fixture
async def api(tools: DeskTools) -> AsyncIterator[httpx.AsyncClient]:
    def actor_of(request: Request) -> Actor:
        role = request.headers.get("x-role")
        if role is None:
            raise HTTPException(401)
        return Actor(f"agent:{request.headers.get('x-name', 'somebody')}", Role(role))

    app = FastAPI()
    app.include_router(make_router(tools, actor_of))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://desk.test{BASE}") as client:
        yield client


async def call(api: httpx.AsyncClient, route: str, conversation_id: UUID, **headers: str) -> httpx.Response:
    method, _, path = route.partition(" ")
    path = path.replace("{conversation_id}", str(conversation_id)).replace("{kind}", "yml").replace("{tab}", "t")
    path = re.sub(r"\{\w+\}", SOME, path) + QUERIES.get(route, "")
    if route == "POST /canned/import":
        return await api.post(path, files={"file": ("a.yml", b"responses: []")}, headers=headers)
    return await api.request(method, path, json=BODIES.get(route), headers=headers)


@pytest.mark.parametrize("route", routes())
async def test_every_route_is_refused_for_the_wrong_role_and_for_nobody(api, held, route):
    assert (await call(api, route, held)).status_code == 401
    for role in Role:
        answer = await call(api, route, held, **{"x-role": role.value, "x-name": "lina"})
        assert (answer.status_code != 403) is allowed(route, role), (route, role, answer.text)
        assert answer.status_code != 422, answer.text


@pytest.mark.parametrize("route", [route for route in routes() if "{conversation_id}" in route])
async def test_a_colleagues_conversation_is_refused(api, held, route):
    answer = await call(api, route, held, **{"x-role": "agent", "x-name": "zhou"})
    is_own_business = route.startswith("DELETE") or "/canned/" in route
    assert answer.status_code in ((204, 404) if is_own_business else (403, 409)), answer.text


async def test_a_shift_at_the_desk(api, tools, shop, held, answers, clock):
    lina = {"x-role": "agent", "x-name": "lina"}
    boss = {"x-role": "supervisor", "x-name": "boss"}
    answers.offers = [Offer("delivery_time", "什么时候到", "当天派送。", 0.9)]
    draft = {"title": "运输纠纷", "text": "{客服姓名}：{运单号}", "scope": "shared", "shortcut": "jf"}
    made = (await api.post("/canned", json=draft, headers=boss)).json()
    (found,) = (await api.get("/canned", params={"q": "ysjf"}, headers=lina)).json()
    assert found["id"] == made["id"]
    filled = (await api.post(f"/conversations/{held}/canned/{found['id']}", headers=lina)).json()
    assert filled == {"text": f"李娜：{WAYBILL_NO}", "missing": []}
    await write(shop, "什么时候到")
    (suggestion,) = (await api.get(f"/conversations/{held}/suggestions", headers=lina)).json()
    assert suggestion["offer"]["text"] == "当天派送。"
    checked = (await api.post(f"/conversations/{held}/check", json={"text": "一定赔"}, headers=lina)).json()
    assert (checked["severity"], checked["is_sendable"]) == ("block", False)
    body = {"wanted": {"kind": "phone", "whose": "consignee"}, "why": "核对"}
    assert (await api.post(f"/conversations/{held}/reveal", json=body, headers=lina)).json() == {"text": "13812341234"}
    due = (clock() + timedelta(hours=2)).isoformat()
    promise = {"kind": "deliver", "words": "两小时内送到", "due_at": due}
    summary = {"wrap_up_code": "urge_delivery", "text": "已催", "promises": [promise]}
    assert (await api.post(f"/conversations/{held}/summary", json=summary, headers=lina)).status_code == 204
    clock.advance(timedelta(hours=3))
    await tools.promises.look(clock())
    (task,) = (await api.get("/tasks", headers=lina)).json()
    assert (await api.post(f"/tasks/{task['id']}/take", headers=lina)).json()["assignee"] == "lina"
    done = await api.post(f"/tasks/{task['id']}/finish", json={"text": "已处理"}, headers=lina)
    assert done.json()["state"] == "done"
