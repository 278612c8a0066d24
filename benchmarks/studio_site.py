"""The studio's pages over a filled database, as a process: ``python -m benchmarks.studio_site PORT``.

Where everything is stands in the environment, as it does for the platform.  The studio is put together by its own
composition (`bot.studying`); what stands in is the dialogue engine, which no page asks, and the encoder, which here
costs nothing: so what is measured is everything else.
"""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from benchmarks.studio_faq import PairEncoder
from benchmarks.studio_misses import NOW
from bot.clock import Clock
from bot.content import Content
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.service import DeliveryService
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.desk.service import AgentService
from bot.desk.workplace import DeskServices
from bot.desking import desk_tools
from bot.evidence.attachments import AttachmentService
from bot.evidence.store import InMemoryStore
from bot.handover.heartbeats import Heartbeats
from bot.handover.service import Handover
from bot.settings import Settings, get_settings
from bot.studio.door import StudioDoor
from bot.studio.releases.choosing import Choosing
from bot.studying import Studio
from bot.tickets.service import TicketService
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from bot.wiring import Wired
from bot.words import Words
from knowledge_base.store import FaqStore


@dataclass(frozen=True)
class NoArms:
    """Nothing serves: no page of the studio asks an engine."""

    names: tuple[str, ...] = ("release-58",)


@dataclass(frozen=True)
class Parts:
    """What `Studio.build` takes of `Wired`."""

    settings: Settings
    database: Database
    clock: Clock
    faq: FaqStore
    conversations: ConversationService
    choosing: Choosing
    encoder: Callable[[], PairEncoder]
    arms: NoArms = field(default_factory=NoArms)


def going_on(since: datetime) -> Clock:
    """From that moment on as time passes."""
    begun = time.monotonic()
    return lambda: since + timedelta(seconds=time.monotonic() - begun)


def make_app(settings: Settings) -> FastAPI:
    clock, encoder = going_on(NOW), PairEncoder()
    database = Database(str(settings.database_url), pool_size=20)
    content = Content(settings.content_dir)
    values = {"carrier": settings.carrier_name, "hotline": settings.hotline, "website": settings.website}
    faq = FaqStore.open(settings, encoder, values, content=content, clock=clock)
    words = Words.load(content.domain, **values)
    agents = AgentService(database, clock)
    desk = _desk(settings, database, clock, words, faq, agents)
    parts = Parts(settings, database, clock, faq, desk.conversations, Choosing(database), lambda: encoder)
    studio = Studio.build(cast(Wired, cast(Any, parts)))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            await faq.start()
            stack.push_async_callback(faq.stop)
            await studio.start(stack)
            yield

    app = FastAPI(lifespan=lifespan)
    for router in studio.routers(ActorOf(agents, "token-of-the-api")):
        app.include_router(router)
    studio.add_pages(agents)
    mount_desk(app, desk, storage_secret="of-a-benchmark")
    app.add_middleware(StudioDoor)
    return app


def _desk(
    settings: Settings, database: Database, clock: Clock, words: Words, faq: FaqStore, agents: AgentService
) -> DeskServices:
    """The desk that the pages are mounted with; none of it is measured."""
    deliveries = DeliveryService(database, clock)
    conversations = ConversationService(database, clock, words, deliveries)
    access = WaybillAccess(database, clock, GuessLimit())
    waybills = WaybillService(PostgresWaybillSource(database), access, database, clock)
    tickets = TicketService(database, clock)
    return DeskServices(
        database=database,
        clock=clock,
        hub=EventHub(database),
        conversations=conversations,
        waybills=waybills,
        tickets=tickets,
        agents=agents,
        attachments=AttachmentService(database, InMemoryStore(), clock),
        tools=desk_tools(settings, database, clock, conversations, waybills, tickets, faq),
        handover=Handover(database, clock, conversations),
        heartbeats=Heartbeats(database, clock),
        deliveries=deliveries,
    )


if __name__ == "__main__":
    uvicorn.run(make_app(get_settings()), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
