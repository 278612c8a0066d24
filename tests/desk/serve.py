"""The desk alone, as a process of its own: ``python -m tests.desk.serve DATABASE_URL PORT``."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.clock import system_clock
from bot.conversations.events import EventHub
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.desk.tools.endpoints import make_router
from bot.desk.workplace import DeskServices
from bot.handover.dispatcher import Dispatcher
from bot.handover.promises import Promises
from tests.desk.answers import FewAnswers
from tests.desk.builders import make_services


def make_app(url: str) -> FastAPI:
    database = Database(url)
    hub = EventHub(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        await tools.hub.start()
        await dispatcher.start()
        await heartbeats.start()
        yield
        await heartbeats.stop()
        await dispatcher.stop()
        await tools.hub.stop()
        await hub.stop()
        await database.close()

    app = FastAPI(lifespan=lifespan)
    hasher = PasswordHasher(memory_cost=8192, time_cost=1)
    desk: DeskServices = make_services(database, system_clock, hub=hub, hasher=hasher, answers=FewAnswers())
    assert desk.handover is not None
    assert desk.heartbeats is not None
    assert desk.tools is not None
    heartbeats, tools = desk.heartbeats, desk.tools
    promises = Promises(database, system_clock)
    dispatcher = Dispatcher(database, system_clock, desk.conversations, desk.handover, promises, hub)
    app.include_router(make_router(tools, ActorOf(desk.agents, "token-of-the-api")))
    mount_desk(app, desk, storage_secret="only-for-tests")
    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
