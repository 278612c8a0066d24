"""Misses alone, as a process of its own: ``python -m tests.studio.misses.serve DATABASE_URL PORT``."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.clock import system_clock
from bot.conversations.events import EventHub
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.studio.door import StudioDoor
from bot.studio.misses.endpoints import make_router
from bot.studio.ui.misses.page import add_misses_pages
from bot.words import Words
from tests.desk.builders import make_services
from tests.studio.misses.builders import make_site

ROOT = Path(__file__).resolve().parents[3]


def make_app(url: str) -> FastAPI:
    database = Database(url)
    hub = EventHub(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()
        await database.close()

    app = FastAPI(lifespan=lifespan)
    words = Words.load(ROOT / "nlu_data" / "domain", carrier="云递速运", hotline="400-888-0000", website="example.com")
    hasher = PasswordHasher(memory_cost=8192, time_cost=1)
    desk = make_services(database, system_clock, hub=hub, hasher=hasher)
    misses = make_site(database, system_clock, words).misses
    app.include_router(make_router(misses, ActorOf(desk.agents, "token-of-the-api")))
    add_misses_pages(misses, desk.agents, system_clock)
    mount_desk(app, desk, storage_secret="only-for-tests")
    app.add_middleware(StudioDoor)
    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
