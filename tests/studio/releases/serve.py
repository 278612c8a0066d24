"""The pages of releases: ``python -m tests.studio.releases.serve DATABASE_URL PORT FOLDER``."""

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
from bot.studio.insight.from_studio import DraftTitles
from bot.studio.releases.endpoints import make_router
from bot.studio.ui.releases.pages import add_release_pages
from tests.desk.builders import make_services
from tests.studio.releases.site import make_releases
from tests.studio.sets.site import ShippedContent


def make_app(url: str, folder: Path) -> FastAPI:
    database = Database(url)
    hub = EventHub(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()
        await database.close()

    app = FastAPI(lifespan=lifespan)
    desk = make_services(database, system_clock, hub=hub, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    releases = make_releases(database, system_clock, folder)
    app.include_router(make_router(releases, ActorOf(desk.agents, "token-of-the-api")))
    add_release_pages(desk.agents, releases, DraftTitles(ShippedContent()))
    mount_desk(app, desk, storage_secret="only-for-tests")
    app.add_middleware(StudioDoor)
    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1], Path(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
