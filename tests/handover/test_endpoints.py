"""The API of the handover, by role."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Header

from bot.handover.endpoints import make_router
from bot.staff.model import Actor, Role
from tests.handover.desk import Desk, actor

NOBODY = "00000000-0000-0000-0000-000000000001"
ROUTES = [
    ("GET", "/me", None),
    ("PUT", "/me", {"state": "online"}),
    ("POST", "/me/beat", None),
    ("GET", "/agents", None),
    ("GET", "/teams", None),
    ("POST", f"/conversations/{NOBODY}/accept", None),
    ("POST", f"/conversations/{NOBODY}/decline", None),
    ("POST", f"/conversations/{NOBODY}/transfer", {"team": "claims"}),
    ("POST", f"/conversations/{NOBODY}/take-over", {}),
    ("POST", f"/conversations/{NOBODY}/whisper", {"text": "好"}),
    ("GET", f"/conversations/{NOBODY}/moves", None),
    ("PUT", f"/customers/{NOBODY}/vip", {"vip": True}),
]
LEADING = ("take-over", "whisper", "vip")


@pytest.fixture
async def api(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async def actor_of(x_who: str = Header(), x_role: Role = Header()) -> Actor:
        return actor(x_who, x_role)

    app = FastAPI()
    app.include_router(make_router(desk.handover, actor_of))  # type: ignore[arg-type]  # a dependency of headers
    transport = httpx.ASGITransport(app=app)
    base = "http://desk.test/api/v1/handover"
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=by("lina")) as client:
        yield client


def by(username: str, role: Role = Role.agent) -> dict[str, str]:
    return {"x-who": username, "x-role": role.value}


@pytest.mark.parametrize("role", [role for role in Role if not role.may_talk])
@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_who_does_not_talk_with_customers_is_refused(api, method, path, body, role) -> None:
    answer = await api.request(method, path, json=body, headers=by("outlet", role))
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path", "body"), [one for one in ROUTES if one[1].endswith(LEADING)])
async def test_what_supervisors_do_agents_may_not(api, method, path, body) -> None:
    answer = await api.request(method, path, json=body)
    assert (answer.status_code, "主管" in answer.json()["detail"]) == (403, True)


async def test_another_system_is_no_agent(api) -> None:
    answer = await api.put("/me", json={"state": "online"}, headers=by("api", Role.admin))
    assert answer.status_code == 403


async def test_a_day_at_the_desk(api, desk: Desk) -> None:
    assert (await api.put("/me", json={"state": "online"})).json()["state"] == "online"
    conversation_id = await desk.waiting()
    await desk.dispatcher.run_once()
    path = f"/conversations/{conversation_id}"
    assert (await api.post(f"{path}/accept", headers=by("zhou"))).status_code == 409
    assert (await api.post(f"{path}/accept")).json()["state"] == "agent"
    assert (await api.get("/me")).json()["held"] == 1
    assert (await api.post(f"{path}/transfer", json={"team": "none"})).json()["detail"] == "没有叫“none”的技能组"
    await desk.handover.give_back(actor("lina"), conversation_id, "明天派送")
    moves = (await api.get(f"{path}/moves", headers=by("boss", Role.supervisor))).json()
    assert [move["name"] for move in moves] == ["转人工", "派给坐席", "接入", "交还机器人"]
    assert (moves[-1]["who"], moves[-1]["why"]) == ("lina", "明天派送")


async def test_a_state_that_is_none_is_refused(api) -> None:
    assert (await api.put("/me", json={"state": "asleep"})).status_code == 422
