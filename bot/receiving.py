"""A callback process: takes what platforms push, stores it and says thank you; it needs no model and no Rasa.

Several of them listen on one socket that the supervisor holds, so that one that is killed costs nothing but what it had
in its hands, and platforms send that again.
"""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from bot.clock import Clock, system_clock
from bot.connecting import connect
from bot.content import Content
from bot.conversations.service import ConversationService
from bot.customers.service import CustomerService
from bot.db import Database
from bot.delivery.service import DeliveryService
from bot.errors import SettingsError
from bot.evidence.attachments import AttachmentService
from bot.evidence.stores import open_store
from bot.inbox.postgres import PostgresInbox
from bot.jobs import Jobs
from bot.log import set_up_logging
from bot.settings import Settings, get_settings
from bot.signs import CALLBACK_NAME, CALLBACK_SOCKET, shown
from bot.words import Words
from connectors.connector import Surroundings

_CONNECTIONS = 4


def create_app(settings: Settings, clock: Clock = system_clock, *, name: str = "") -> FastAPI:
    """The callbacks of every connector, and ``/health``.  Raises `SettingsError` without a database.

    Parameters
    ----------
    name: what it shows as its sign of life; empty shows none.
    """
    if settings.database_url is None:
        raise SettingsError("taking callbacks needs DATABASE_URL; 'bot up' starts a database and sets it")
    database = Database(settings.database_url, pool_size=_CONNECTIONS)
    inbox = PostgresInbox(settings.database_url, connections=_CONNECTIONS)
    deliveries = DeliveryService(database, clock)
    around = _around(settings, database, clock, inbox, deliveries)
    connected = connect(around, deliveries, CustomerService(database, clock))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await inbox.open()
        if name:
            with shown(settings.data_dir, name):
                yield
        else:
            yield
        await inbox.close()
        await database.close()

    app = FastAPI(title="Kuaida callbacks", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    for callbacks in connected.callbacks():
        app.include_router(callbacks)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _around(
    settings: Settings, database: Database, clock: Clock, inbox: PostgresInbox, deliveries: DeliveryService
) -> Surroundings:
    """What callbacks use of it is the inbox; nothing else is started here."""
    values = {"carrier": settings.carrier_name, "hotline": settings.hotline, "website": settings.website}
    words = Words.load(Content(settings.content_dir).domain, **values)
    limit = settings.max_attachment_mb * 1024 * 1024
    return Surroundings(
        settings=settings,
        database=database,
        clock=clock,
        words=words,
        inbox=inbox,
        jobs=Jobs(database),
        conversations=ConversationService(database, clock, words, deliveries),
        attachments=AttachmentService(database, open_store(settings), clock, limit=limit),
        wake=lambda _: None,
    )


def main() -> None:
    """Serve on the supervisor's socket until SIGTERM."""
    set_up_logging()
    app = create_app(get_settings(), name=os.environ.get(CALLBACK_NAME, ""))
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5, server_header=False)
    number = os.environ.get(CALLBACK_SOCKET)
    if number is None:
        raise SettingsError(f"{CALLBACK_SOCKET} is not set: callback processes are started by 'bot up'")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(number))])


if __name__ == "__main__":
    main()
