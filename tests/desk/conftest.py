"""A desk with two agents on an empty database, and its API."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from bot.clock import Clock
from bot.db import Database
from bot.desk.endpoints import desk_router
from bot.desk.service import Person
from bot.desk.workplace import DeskServices, Workplace
from bot.staff.model import Role
from tests.desk.builders import PASSWORD, make_services


@pytest.fixture
def desk(database: Database, clock: Clock) -> DeskServices:
    return make_services(database, clock)


@pytest.fixture
def workplace(desk: DeskServices) -> Workplace:
    return Workplace(desk)


@pytest.fixture
async def lina(desk: DeskServices) -> Person:
    return await desk.agents.create("lina", "李娜", PASSWORD, Role.agent)


@pytest.fixture
async def zhou(desk: DeskServices) -> Person:
    return await desk.agents.create("zhou", "周强", PASSWORD, Role.agent)


@pytest.fixture
async def api(desk: DeskServices, workplace: Workplace) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(desk_router(desk.agents, workplace))
    transport = httpx.ASGITransport(app=app)
    headers = {"sec-fetch-site": "same-origin"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://desk.test/api/v1/desk", headers=headers
    ) as client:
        yield client
