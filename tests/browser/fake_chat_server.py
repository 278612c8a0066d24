"""A small server that speaks the widget protocol and does what a test tells it to."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from connectors.web.protocol import client_frame, envelope

STATIC = Path(__file__).parents[2] / "connectors" / "web" / "static"
CONVERSATION = "6f1c1f0e-0000-4000-8000-000000000001"
PAGE = """<!doctype html><html lang="zh-CN"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>页面</title><body><h1>页面</h1>
<script src="/static/widget.js" data-title="云递速运客服" {options}></script></body></html>"""

Frame = dict[str, Any]


@dataclass
class FakeChatServer:
    """Keeps the log, the frames it received, and the sockets that are open.

    ``malformed``: frames that the real server would refuse.
    ``acks`` off: messages are stored but not acknowledged. ``deaf``: frames are not even read as messages.
    ``refuse``: the close code that the next hello is met with. ``page_headers``: headers of the test page.
    """

    log: list[Frame] = field(default_factory=list)
    received: list[Frame] = field(default_factory=list)
    hellos: list[Frame] = field(default_factory=list)
    malformed: list[Frame] = field(default_factory=list)
    sessions: int = 0
    acks: bool = True
    deaf: bool = False
    pongs: bool = True
    resync: bool = False
    refuse: int | None = None
    error_for: dict[str, Frame] = field(default_factory=dict)
    mode: Frame = field(default_factory=lambda: {"mode": "bot", "agent_name": "", "queue_position": None})
    limits: Frame = field(default_factory=lambda: {"max_chars": 200, "max_bytes": 16384, "per_minute": 60})
    options: str = ""
    page_headers: dict[str, str] = field(default_factory=dict)
    showcase: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    _sockets: list[WebSocket] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/page", self._page)
        app.add_api_route("/demo", self._demo)
        app.add_api_route("/demo/showcase.json", self._showcase)
        app.add_api_route("/web/session", self._session, methods=["POST"])
        app.add_api_route("/web/history", self._history)
        app.add_api_websocket_route("/web/ws", self._socket)
        app.mount("/static", StaticFiles(directory=STATIC))
        return app

    # -- what a test says and asks

    def store(self, text: str, *, author: str = "bot", name: str = "", seq: int | None = None, **data: Any) -> Frame:
        """Put a message into the log without telling anyone."""
        frame = {
            **envelope("message", {}, seq=seq or len(self.log) + 1),
            "data": {"author": author, "author_name": name, "text": text, "buttons": [], "client_id": "", **data},
        }
        self.log.append(frame)
        return frame

    async def say(self, text: str, **message: Any) -> None:
        """A message from the bot (or ``author=``), to every open tab."""
        await self.tell(self.store(text, **message))

    async def tell(self, frame: Frame) -> None:
        for socket in list(self._sockets):
            await socket.send_json(frame)

    async def set_mode(self, mode: str, agent_name: str = "", queue_position: int | None = None) -> None:
        self.mode = {"mode": mode, "agent_name": agent_name, "queue_position": queue_position}
        await self.tell(envelope("mode", self.mode))

    async def drop(self, code: int = 1012) -> None:
        """Close every connection."""
        for socket in list(self._sockets):
            self._sockets.remove(socket)
            await socket.close(code)

    def messages(self) -> list[Frame]:
        return [frame for frame in self.received if frame["type"] == "message"]

    def texts(self) -> list[str]:
        return [frame["data"]["text"] for frame in self.messages()]

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.received if frame["type"] == kind]

    @property
    def tabs(self) -> int:
        return len(self._sockets)

    # -- HTTP

    async def _page(self) -> HTMLResponse:
        return HTMLResponse(PAGE.format(options=self.options), headers=self.page_headers)

    async def _demo(self) -> HTMLResponse:
        return HTMLResponse((STATIC / "demo.html").read_text("utf-8"))

    async def _showcase(self) -> JSONResponse:
        return JSONResponse(self.showcase)

    async def _session(self) -> JSONResponse:
        self.sessions += 1
        return JSONResponse({"token": f"token-{self.sessions}", "conversation_id": CONVERSATION})

    async def _history(self, request: Request, before: int = 2**31, limit: int = 50) -> JSONResponse:
        if not request.headers.get("authorization", "").startswith("Bearer token-"):
            return JSONResponse({}, 401)
        return JSONResponse([frame for frame in self.log if frame["seq"] < before][-limit:])

    # -- the socket

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            if await self._welcomed(socket):
                while True:
                    await self._handle(socket, await socket.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            if socket in self._sockets:
                self._sockets.remove(socket)

    async def _welcomed(self, socket: WebSocket) -> bool:
        hello = await socket.receive_json()
        self._check(hello)
        self.hellos.append(hello)
        if self.refuse:
            code, self.refuse = self.refuse, None
            await socket.close(code)
            return False
        last_seq = hello["data"]["last_seq"]
        head = max((frame["seq"] for frame in self.log), default=0)
        welcome = {"conversation_id": CONVERSATION, "seq": head, "resumed": last_seq > 0, "limits": self.limits}
        await socket.send_json(envelope("welcome", welcome | self.mode))
        for frame in self._replay(last_seq):
            await socket.send_json(frame)
        self._sockets.append(socket)
        return True

    def _replay(self, last_seq: int) -> Iterator[Frame]:
        if self.resync:
            yield envelope("resync", {})
        else:
            yield from sorted((f for f in self.log if f["seq"] > last_seq), key=lambda frame: int(frame["seq"]))

    async def _handle(self, socket: WebSocket, frame: Frame) -> None:
        self._check(frame)
        self.received.append(frame)
        if frame["type"] == "ping" and self.pongs:
            await socket.send_json(envelope("pong", {}))
        if frame["type"] == "message" and not self.deaf:
            await self._receive(socket, frame)

    def _check(self, frame: Frame) -> None:
        try:
            client_frame.validate_python(frame)
        except ValidationError:
            self.malformed.append(frame)

    async def _receive(self, socket: WebSocket, frame: Frame) -> None:
        data = frame["data"]
        if error := self.error_for.pop(data["text"], None):
            await socket.send_json(envelope("error", error, ref=frame["id"]))
            return
        stored = next((old for old in self.log if old["data"]["client_id"] == frame["id"]), None)
        duplicate = stored is not None
        stored = stored or self.store(data["text"], author="customer", client_id=frame["id"])
        if not self.acks:
            return
        await socket.send_json(envelope("ack", {"id": frame["id"], "duplicate": duplicate}, seq=stored["seq"]))
        await socket.send_json(stored)


async def until(condition: Any, *, within: float = 8.0) -> None:
    """Wait until ``condition()`` holds."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.02)
