"""The web channel on a real port, with a scripted engine behind it."""

import asyncio
import contextlib
import io
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from PIL import Image
from websockets.asyncio.client import connect

from bot.clock import Clock
from bot.conversations.answering import Answering
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.customers.service import CustomerService
from bot.db import Database
from bot.dialogue.engine import ScriptedEngine
from bot.evidence.attachments import AttachmentService
from bot.evidence.store import InMemoryStore
from bot.words import Words
from connectors.web.talk import WebLimits
from connectors.web.webhook import WebChannel, WebSettings
from tests.ports import free_port

SECRET = "s" * 40
IDENTITY_SECRET = "shared-with-the-shop"


def now() -> datetime:
    return datetime.now(timezone.utc)


def picture(colour: str = "orange", size: tuple[int, int] = (640, 400), kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


class Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Tab:
    """A browser tab: says hello, sends, and waits for frames of one kind."""

    welcome: dict[str, Any]

    def __init__(self, socket: Any, token: str) -> None:
        self.socket = socket
        self.token = token
        self.heard: list[dict[str, Any]] = []

    async def send(self, kind: str, ref: str = "", **data: Any) -> None:
        await self.socket.send(json.dumps({"v": 1, "type": kind, "id": ref, "data": data}))

    async def hear(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The next frame of a kind whose data hold what is wanted."""
        async with asyncio.timeout(30):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                self.heard.append(frame)
                if frame["type"] == kind and wanted.items() <= frame["data"].items():
                    return frame


class Site:
    """The server under test; can be stopped and started in the middle of a conversation."""

    def __init__(self, database: Database, words: Words, clock: Clock = now, **changes: Any) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.database = database
        self.conversations = ConversationService(database, clock, words)
        self.hub = EventHub(database)
        self.engine = ScriptedEngine({"在吗": "**在的**，请讲。"})
        self.answering = Answering(self.conversations, database, self.engine, self.engine, sweep_s=0.2)
        self.store = InMemoryStore()
        self.attachments = AttachmentService(database, self.store, clock)
        settings: dict[str, Any] = {
            "secret": SECRET,
            "base_url": self.base,
            "limits": WebLimits(max_chars=2000, max_bytes=16_384, per_minute=600, burst=5),
            "allowed_origins": ("https://shop.example",),
            "identity_secret": IDENTITY_SECRET,
            **changes,
        }
        self.channel = WebChannel(
            self.conversations,
            self.hub,
            self.answering.wake,
            settings=WebSettings(**settings),
            database=database,
            attachments=self.attachments,
            customers=CustomerService(database, clock),
            words=words,
            clock=clock,
        )
        self.app = FastAPI()
        self.app.include_router(self.channel.router())

    async def start(self) -> None:
        config = uvicorn.Config(
            self.app, port=self.port, log_config=None, ws_max_size=524_288, lifespan="off", ws="websockets-sansio"
        )
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._serving

    async def token(self, **headers: str) -> str:
        async with self.client() as client:
            answer = await client.post("/web/session", json={}, headers=headers)
        return str(answer.raise_for_status().json()["token"])

    def client(self, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.base, headers=headers, timeout=10)

    @asynccontextmanager
    async def tab(self, token: str | None = None, *, last_seq: int = 0):  # type: ignore[no-untyped-def]
        token = token or await self.token()
        async with connect(self.base.replace("http", "ws") + "/web/ws", max_size=None) as socket:
            tab = Tab(socket, token)
            await tab.send("hello", "h", token=token, last_seq=last_seq)
            tab.welcome = await tab.hear("welcome")
            yield tab

    async def upload(
        self, token: str, content: bytes, name: str = "破损.png", kind: str = "image/png"
    ) -> dict[str, Any]:
        async with self.client(token) as client:
            answer = await client.post("/web/uploads", files={"file": (name, content, kind)})
        return dict(answer.raise_for_status().json())


@asynccontextmanager
async def running(site: Site):  # type: ignore[no-untyped-def]
    await site.hub.start()
    await site.answering.start()
    await site.start()
    try:
        yield site
    finally:
        await site.stop()
        await site.answering.stop()
        await site.hub.stop()
