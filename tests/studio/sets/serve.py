"""Sets, the list of things to do, and numbers: ``python -m tests.studio.sets.serve DATABASE_URL PORT``."""

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
from bot.dialogue.engine import ScriptedEngine
from bot.settings import PROJECT
from bot.studio.door import StudioDoor
from bot.studio.insight.endpoints import make_router as make_insight_router
from bot.studio.insight.from_studio import DraftTitles, MissTables, PublishedEntries
from bot.studio.insight.next import Next
from bot.studio.insight.numbers import Numbers
from bot.studio.sets.catalogue import Catalogues
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.endpoints import make_router
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.responses import Responses
from bot.studio.sets.service import Sets
from bot.studio.sets.stage import EngineStage
from bot.studio.sets.stages import OneStage
from bot.studio.ui.insight.pages import add_insight_pages
from bot.studio.ui.sets.pages import add_sets_pages
from tests.desk.builders import make_services
from tests.studio.sets.site import ShippedContent


def make_app(url: str) -> FastAPI:
    database, content = Database(url), ShippedContent()
    hub = EventHub(database)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()
        await database.close()

    app = FastAPI(lifespan=lifespan)
    desk = make_services(database, system_clock, hub=hub, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    sets, labelling = Sets(database, system_clock), Labelling(database, system_clock, Catalogues(content))
    dialogues = Dialogues(database, system_clock, Responses.load(PROJECT / "nlu_data" / "domain"))
    misses = MissTables(database)
    numbers = Numbers(database, system_clock, misses)
    following = Next(system_clock, numbers, misses, sets, content, PublishedEntries(content.entries))
    stages, actor_of = OneStage("2026-03-04-1", EngineStage(ScriptedEngine())), ActorOf(desk.agents, "token-of-the-api")
    app.include_router(make_router(sets, labelling, dialogues, stages, actor_of))
    app.include_router(make_insight_router(numbers, following, actor_of))
    add_insight_pages(following, numbers, DraftTitles(content), desk.agents)
    add_sets_pages(sets, labelling, dialogues, stages, desk.agents, system_clock)
    mount_desk(app, desk, storage_secret="only-for-tests")
    app.add_middleware(StudioDoor)
    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
