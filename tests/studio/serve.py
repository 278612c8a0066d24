"""The studio's way from a miss to customers, as a process: ``python -m tests.studio.serve DATABASE_URL PORT FOLDER``.

The draft is a real one over a small checkout, and so are misses and releases; only what trains and measures is not:
it answers at once.
"""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.clock import Clock, system_clock
from bot.conversations.events import EventHub
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.settings import Settings
from bot.studio.door import StudioDoor
from bot.studio.drafts.service import Drafts
from bot.studio.misses.service import Misses, MissParts
from bot.studio.releases.endpoints import make_router
from bot.studio.releases.ports import NoSets, NothingHeld, NoVerdicts
from bot.studio.releases.publishing import Publishing
from bot.studio.releases.replaying import Replaying
from bot.studio.releases.rules import release_rules
from bot.studio.releases.service import Releases
from bot.studio.releases.training import TrainingRoom, Trainings
from bot.studio.ui.drafts.pages import add_draft_pages
from bot.studio.ui.misses.page import add_misses_pages
from bot.studio.ui.releases.pages import add_release_pages
from tests.desk.builders import make_services
from tests.fakes import FakeFaq
from tests.knowledge_base.builders import NgramEncoder
from tests.studio.drafts.builders import make_drafts
from tests.studio.misses.builders import SAYINGS
from tests.studio.releases.test_gates import make_report


class Answered:
    """A program that has said what it had to."""

    def __init__(self, answer: str) -> None:
        self._answer = answer

    def answer(self, report: Callable[[str], None]) -> str:
        report("model: trained")
        return self._answer

    def stop(self) -> None:
        """It is done already."""


def begin(folder: Path) -> Callable[[list[str], dict[str, str]], Answered]:
    """Programs whose models are empty files, no worse than what serves."""

    def begin(command: list[str], environment: dict[str, str]) -> Answered:
        if command[0] == "bot.trainer":
            paths = {"encoder": str(folder / "encoder"), "model": str(folder / "new.tar.gz")}
            for path in paths.values():
                Path(path).touch()
            return Answered(json.dumps(paths | {"is_tuned": False}))
        Path(command[2]).write_text(make_report().model_dump_json(), encoding="utf-8")
        return Answered("")

    return begin


def make_releases(database: Database, clock: Clock, drafts: Drafts, folder: Path) -> Releases:
    settings = Settings(data_dir=folder / "var", cache_dir=folder / "cache", content_dir=folder / "checkout")
    rules = release_rules()
    publishing = Publishing(settings, database, clock, drafts, rules, holdable=NothingHeld())
    replaying = Replaying(database, str, NoVerdicts(), rules.replay)
    room = TrainingRoom(settings, database, clock, rules, NoSets(), replaying, begin(folder))
    return Releases(settings, database, clock, drafts, publishing, Trainings(room), rules)


def make_app(url: str, folder: Path) -> FastAPI:
    database = Database(url)
    hub = EventHub(database)
    desk = make_services(database, system_clock, hub=hub, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    drafts = make_drafts(folder, database, system_clock)
    parts = MissParts(database, system_clock, drafts, NgramEncoder, faq=FakeFaq(), sayings=lambda: SAYINGS)
    misses, releases = Misses.build(parts), make_releases(database, system_clock, drafts, folder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        await drafts.start()
        await releases.start()
        yield
        await releases.stop()
        await drafts.stop()
        await hub.stop()
        await database.close()

    app = FastAPI(lifespan=lifespan)
    app.include_router(make_router(releases, ActorOf(desk.agents, "token-of-the-api")))
    add_misses_pages(misses, desk.agents, system_clock)
    add_draft_pages(desk.agents, drafts)
    add_release_pages(desk.agents, releases)
    mount_desk(app, desk, storage_secret="only-for-tests")
    app.add_middleware(StudioDoor)
    return app


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1], Path(sys.argv[3])), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
