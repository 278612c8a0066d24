"""People on an empty database, and the API around them."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI

from bot.clock import Clock
from bot.db import Database
from bot.desk.account_endpoints import account_router
from bot.desk.actors import ActorOf
from bot.desk.audit_endpoints import audit_router
from bot.desk.cookie import COOKIE
from bot.desk.login import add_login
from bot.desk.people_endpoints import people_router, teams_router
from bot.desk.service import AgentService, Person
from bot.staff.model import Actor, Role
from tests.desk.builders import CHEAP, PASSWORD

API_TOKEN = "token-of-other-systems"
PLACE = {"outlet_agent": {"unit": "HZ001"}, "provincial_agent": {"province": "浙江省"}}
PLACE["provincial_arbitrator"] = PLACE["provincial_agent"]
BOSS = Actor("agent:boss", Role.admin, address="203.0.113.0/24")

Browser = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def agents(database: Database, clock: Clock) -> AgentService:
    return AgentService(database, clock, CHEAP)


@pytest.fixture
async def boss(agents: AgentService) -> Person:
    return await agents.create("boss", "管理员", PASSWORD, Role.admin)


@pytest.fixture
async def lina(agents: AgentService, boss: Person) -> Person:
    return await agents.create("lina", "李娜", PASSWORD, Role.agent)


def make_app(agents: AgentService) -> FastAPI:
    app = FastAPI()
    actor_of = ActorOf(agents, API_TOKEN)
    add_login(app, agents)
    app.include_router(people_router(agents, actor_of, base_url="https://desk.test"))
    app.include_router(teams_router(agents, actor_of))
    app.include_router(account_router(agents))
    app.include_router(audit_router(agents, actor_of))
    return app


@pytest.fixture
async def browser(agents: AgentService) -> AsyncIterator[Browser]:
    """``await browser("lina")`` -> her browser, logged in; without a name nobody's."""
    app = make_app(agents)
    clients: list[httpx.AsyncClient] = []

    async def browser(username: str | None = None, **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, client=("203.0.113.77", 5000))
        client = httpx.AsyncClient(
            transport=transport,
            base_url="https://desk.test",
            headers={"sec-fetch-site": "same-origin", "user-agent": "Firefox/140 Linux"} | headers,
        )
        clients.append(client)
        if username is not None:
            _, token = await agents.log_in(username, PASSWORD)
            client.cookies.set(COOKIE, token)
        return client

    yield browser
    for client in clients:
        await client.aclose()


async def make_one(agents: AgentService, role: Role) -> Person:
    """Somebody with this role, called like it."""
    return await agents.create(f"p-{role.value}", role.value, PASSWORD, role, **PLACE.get(role.value, {}))
