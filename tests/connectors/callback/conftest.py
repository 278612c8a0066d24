"""The callback channel in one process: endpoints, inbox, reader, answering, sending, and an app that is called."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.conversations.answering import Answering
from bot.conversations.service import ConversationService
from bot.customers.service import CustomerService
from bot.db import Database
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.dialogue.engine import ScriptedEngine
from bot.errors import WebhookUnreachableError
from bot.evidence.attachments import AttachmentService
from bot.evidence.store import InMemoryStore
from bot.inbox.postgres import PostgresInbox
from bot.inbox.reading import Reading
from bot.jobs import Jobs
from bot.outbox.sending import WebhookSender
from bot.outbox.signing import sign
from bot.settings import Settings
from bot.words import Words
from connectors.callback import connector as callback
from connectors.callback.accounts import CallbackAccounts, Keys
from connectors.callback.modes import Modes
from connectors.connector import Surroundings


@dataclass
class FakeApp:
    """The port `bot.outbox.sending.WebhookSender`: the app that is called, as far as it can be reached.

    ``answers``: the status of the next calls, one each; None is no answer at all.  Then it answers 204.
    """

    answers: list[int | None] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any], dict[str, str], bytes]] = field(default_factory=list)

    async def check(self, url: str) -> None:
        pass

    async def post(self, url: str, body: bytes, headers: Any) -> int:
        status = self.answers.pop(0) if self.answers else 204
        if status is None:
            raise WebhookUnreachableError("no answer")
        self.calls.append((url, json.loads(body), dict(headers), body))
        return status

    def events(self, kind: str = "message") -> list[dict[str, Any]]:
        return [event for _, event, _, _ in self.calls if event["type"] == kind]

    def said(self) -> list[str]:
        return [event["message"]["text"] for event in self.events()]


class Shop:
    """An app that is connected as ``shop``, and everything on our side."""

    def __init__(
        self, database: Database, words: Words, clock: Any, folder: Any, sender: WebhookSender | None = None
    ) -> None:
        self.database, self.clock = database, clock
        self.app = FakeApp()
        sender = sender or self.app
        self.engine = ScriptedEngine({"在吗": "在的，请讲。"})
        self.deliveries = DeliveryService(database, clock)
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        self.answering = Answering(self.conversations, database, self.engine, self.engine)
        self.attachments = AttachmentService(database, InMemoryStore(), clock)
        self.inbox = PostgresInbox(database.url)
        self.customers = CustomerService(database, clock)
        self.settings = Settings(data_dir=folder, public_url="https://chat.example.com", _env_file=None)
        around = Surroundings(
            self.settings,
            database,
            clock,
            words,
            self.inbox,
            Jobs(database),
            self.conversations,
            self.attachments,
            self.answering.wake,
        )
        more = callback.Around(self.deliveries.reported, self.customers, sender)
        self.connector = callback.make_connector(around, more)
        self.caller = callback.make_caller(around, sender)
        self.accounts: CallbackAccounts = self.caller.accounts
        self.modes = Modes(database, self.conversations, self.caller)
        assert self.connector.channel is not None
        assert self.connector.reader is not None
        assert self.connector.callbacks is not None
        self.deliveries.channels.add(self.connector.channel)
        self.reading = Reading(database, clock)
        self.reading.add(self.connector.name, self.connector.reader)
        self.sending = Sending(self.deliveries)
        self.web = FastAPI()
        self.web.include_router(self.connector.callbacks)

    async def connect(self, url: str = "https://shop.example/chat", **changes: Any) -> Keys:
        self.keys = await self.accounts.add("shop", url, by="test", **changes)
        return self.keys

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.keys.token if token is None else token}"}
        transport = httpx.ASGITransport(self.web)
        return httpx.AsyncClient(transport=transport, base_url="http://us/api/v1/channels/shop", headers=headers)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        async with self.client() as client:
            return await client.post(path, json=body)

    async def signed(self, path: str, body: bytes, *, secret: str = "", at: Any = None) -> httpx.Response:
        signature = sign(secret or self.keys.account.secret, body, at=at or self.clock())
        async with self.client("") as client:
            return await client.post(path, content=body, headers={"X-Kuaida-Signature": signature})

    async def say(self, text: str, *, ref: str = "m1", contact: str = "c1", **more: Any) -> httpx.Response:
        message = {"id": ref, "text": text, **more}
        return await self.post("/messages", contact={"id": contact}, message=message)

    async def run(self) -> None:
        """Everything that is due: letters read, answers given, bubbles sent."""
        await self.reading.run_due()
        await self.answering.drain()
        await self.sending.run_due()


@asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[Shop]:
    await shop.inbox.open()
    yield shop
    await asyncio.gather(shop.reading.stop(), shop.sending.stop(), shop.connector.stop())
    await shop.inbox.close()


@pytest.fixture
async def shop(database: Database, words: Words, clock: Any, tmp_path: Any) -> AsyncIterator[Shop]:
    """Connected, with an app that is a list."""
    async with opened(Shop(database, words, clock, tmp_path)) as shop:
        await shop.connect()
        yield shop
