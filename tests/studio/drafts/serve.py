"""The pages of the draft alone, as a process: ``python -m tests.studio.drafts.serve DATABASE_URL PORT FOLDER``.

FOLDER holds ``checkout`` and ``var``; without a checkout there, the shipped content is served.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.clock import system_clock
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.settings import PROJECT, Settings
from bot.studio.door import StudioDoor
from bot.studio.drafts.endpoints import make_router
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.pages import add_draft_pages
from tests.desk.builders import make_services


def make_app(url: str, folder: Path) -> FastAPI:
    database = Database(url)
    desk = make_services(database, system_clock, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    checkout = folder / "checkout"
    content = checkout if checkout.exists() else PROJECT
    drafts = Drafts.build(Settings(data_dir=folder / "var"), database, system_clock, content=content)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await drafts.start()
        yield
        await drafts.stop()
        await database.close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(make_router(drafts, ActorOf(desk.agents, "token-of-the-api")))
    add_draft_pages(desk.agents, drafts)
    mount_desk(app, desk, storage_secret="only-for-tests")
    app.add_middleware(StudioDoor)
    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1], Path(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
