"""The API of tickets on an app of its own; who calls is said by a header."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, HTTPException, Request

from bot.staff.model import Actor
from bot.tickets.endpoints import make_router
from bot.tickets.services import TicketServices
from tests.tickets import builders

BASE = "/api/v1/tickets"
PEOPLE = {actor.name: actor for actor in vars(builders).values() if isinstance(actor, Actor)}


def actor_of(request: Request) -> Actor:
    name = request.headers.get("x-actor", "")
    if name not in PEOPLE:
        raise HTTPException(401, "请先登录")
    return PEOPLE[name]


def make_app(services: TicketServices) -> FastAPI:
    app = FastAPI()
    app.include_router(make_router(services, actor_of))
    return app


@asynccontextmanager
async def client(services: TicketServices) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as each:
        yield each


def as_(actor: Actor, key: str | None = None) -> dict[str, str]:
    """The headers of a request by somebody, with an idempotency key."""
    return {"x-actor": actor.name} | ({"idempotency-key": key} if key else {})
