"""The web channel's endpoints: a session over HTTP, then everything over one WebSocket."""

import asyncio
import json
import logging
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, WebSocket
from pydantic import BaseModel, Field, ValidationError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from bot.channels import IncomingMessage
from bot.clock import Clock
from bot.conversations.events import Event, EventHub
from bot.conversations.service import ConversationService
from bot.errors import AccessRefusedError, IllegalMoveError
from bot.words import Words
from connectors.web.protocol import (
    ChatMessage,
    ClientFrame,
    Hello,
    Typing,
    clean,
    client_frame,
    envelope,
    message_frame,
    mode_data,
)
from connectors.web.visitors import RateLimit, VisitorTokens, origin_allowed

logger = logging.getLogger(__name__)
CHANNEL = "web"
HELLO_WITHIN_S = 10
SILENT_FOR_S = 75
RESYNC_BEYOND = 500


@dataclass(frozen=True)
class WebLimits:
    """What one visitor may send."""

    max_chars: int
    max_bytes: int
    per_minute: int
    burst: int = 10
    sessions_per_minute: int = 120


class SessionRequest(BaseModel):
    """``token`` of an earlier visit, if the browser still has one."""

    token: str | None = Field(default=None, max_length=2000)


class SessionAnswer(BaseModel):
    """The token to say hello with, and the conversation it opens."""

    token: str
    conversation_id: UUID


class _RefusedError(Exception):
    """The client is told this and stays connected."""

    def __init__(self, code: str, message: str, *, ref: str = "", retry_after: float = 0) -> None:
        super().__init__(code)
        self.frame = envelope("error", {"code": code, "message": message, "retry_after": retry_after}, ref=ref)


class WebChannel:
    """The web channel: its endpoints on one router."""

    def __init__(
        self,
        conversations: ConversationService,
        hub: EventHub,
        wake: Callable[[UUID], None],
        *,
        tokens: VisitorTokens,
        words: Words,
        limits: WebLimits,
        allowed_origins: list[str],
        clock: Clock,
    ) -> None:
        self.conversations = conversations
        self.hub = hub
        self.wake = wake
        self.tokens = tokens
        self.words = words
        self.limits = limits
        self.allowed_origins = allowed_origins
        self.clock = clock
        self.rate = RateLimit(limits.per_minute, limits.burst)
        self.session_rate = RateLimit(limits.sessions_per_minute, limits.sessions_per_minute)

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/web", tags=["web"])
        router.add_api_route("/session", self.open_session, methods=["POST"], response_model=SessionAnswer)
        router.add_api_route("/history", self.history, methods=["GET"])
        router.add_api_websocket_route("/ws", self.connect)
        return router

    async def open_session(self, request: Request, asked: SessionRequest) -> SessionAnswer:
        """Go on with the conversation of an earlier token, or begin as a new visitor."""
        self._refuse_foreign(request)
        caller = request.client.host if request.client else "unknown"
        if wait := self.session_rate.wait_for(caller):
            raise HTTPException(429, self.say("utter_rate_limited"), headers={"Retry-After": str(int(wait) + 1)})
        visitor, token = self._visitor(asked.token)
        view = await self.conversations.open(CHANNEL, visitor)
        return SessionAnswer(token=token, conversation_id=view.id)

    async def history(self, request: Request, before: int = 2**31, limit: int = 50) -> list[dict[str, Any]]:
        """Older messages, oldest first; the token stands in the Authorization header."""
        self._refuse_foreign(request)
        token = (request.headers.get("authorization") or "").removeprefix("Bearer ")
        try:
            visitor = self.tokens.visitor(token)
        except AccessRefusedError as error:
            raise HTTPException(401, "the visitor token is not valid") from error
        view = await self.conversations.open(CHANNEL, visitor)
        found = await self.conversations.messages_before(view.id, before, limit=max(1, min(limit, 200)))
        return [message_frame(message) for message in found]

    async def connect(self, socket: WebSocket) -> None:
        """One browser tab."""
        if not origin_allowed(socket.headers.get("origin"), socket.headers.get("host"), self.allowed_origins):
            await socket.close(4403, "origin not allowed")
            return
        await socket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):
            await Connection(self, socket).serve()

    def say(self, response: str, **values: str) -> str:
        """A sentence for the customer."""
        return self.words.render(response, **values)[0].text

    def _visitor(self, token: str | None) -> tuple[str, str]:
        if token:
            with suppress(AccessRefusedError):
                return self.tokens.visitor(token), token
        return self.tokens.issue(at=self.clock())

    def _refuse_foreign(self, request: Request) -> None:
        if not origin_allowed(request.headers.get("origin"), request.headers.get("host"), self.allowed_origins):
            raise HTTPException(403, "origin not allowed")


class Connection:
    """One WebSocket: reads frames, and writes whatever the log and the hub bring."""

    def __init__(self, channel: WebChannel, socket: WebSocket) -> None:
        self._channel = channel
        self._socket = socket
        self._sent_seq = 0
        self._visitor = ""
        self._conversation_id = UUID(int=0)

    async def serve(self) -> None:
        hello = await self._hello()
        if hello is None:
            return
        self._conversation_id = (await self._channel.conversations.open(CHANNEL, self._visitor)).id
        with self._channel.hub.subscribe(self._conversation_id) as events:
            await self._welcome(hello)
            await self._send_new()
            writer = asyncio.create_task(self._write(events))
            try:
                await self._read_all()
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    # -- the beginning -----------------------------------------------------------------------------

    async def _hello(self) -> Hello | None:
        """Wait for a hello that names a visitor; None when the connection was refused and closed."""
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                hello = await self._read_frame()
            if not isinstance(hello, Hello):
                raise AccessRefusedError("the first frame was no hello")
            self._visitor = self._channel.tokens.visitor(hello.data.token)
            return hello
        except (AccessRefusedError, TimeoutError, _RefusedError) as refusal:
            if isinstance(refusal, _RefusedError):
                await self._socket.send_json(refusal.frame)
            await self._socket.close(4401, "say hello with a valid token first")
            return None

    async def _welcome(self, hello: Hello) -> None:
        """Answer the hello; a tab that is too far behind is told to start over from the history."""
        view = await self._channel.conversations.view(self._conversation_id)
        self._sent_seq = min(hello.data.last_seq, view.last_seq)
        limits = self._channel.limits
        data = mode_data(view) | {
            "conversation_id": str(view.id),
            "seq": view.last_seq,
            "resumed": hello.data.last_seq > 0,
            "limits": {
                "max_chars": limits.max_chars,
                "max_bytes": limits.max_bytes,
                "per_minute": limits.per_minute,
            },
        }
        await self._socket.send_json(envelope("welcome", data, seq=view.last_seq, ref=hello.id))
        if view.last_seq - self._sent_seq > RESYNC_BEYOND:
            self._sent_seq = view.last_seq
            await self._socket.send_json(envelope("resync", {}, seq=view.last_seq))

    # -- reading -----------------------------------------------------------------------------------

    async def _read_all(self) -> None:
        while self._socket.client_state == WebSocketState.CONNECTED:
            try:
                async with asyncio.timeout(SILENT_FOR_S):
                    frame = await self._read_frame()
                await self._handle(frame)
            except _RefusedError as refusal:
                await self._socket.send_json(refusal.frame)
            except TimeoutError:
                await self._socket.close(1001, "silent for too long")
                return

    async def _read_frame(self) -> ClientFrame:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        raw = message.get("text") or ""
        limits = self._channel.limits
        if len(raw.encode("utf-8", "surrogatepass")) > limits.max_bytes:
            raise self._refused("too_long", "utter_too_long", ref=_id_in(raw), limit=str(limits.max_chars))
        try:
            return client_frame.validate_json(raw)
        except ValidationError as error:
            raise self._refused("bad_frame", "utter_bad_message", ref=_id_in(raw)) from error

    async def _handle(self, frame: ClientFrame) -> None:
        if isinstance(frame, ChatMessage):
            await self._receive(frame)
        elif isinstance(frame, Typing):
            await self._channel.conversations.typing(self._conversation_id, "customer", on=frame.data.on)
        elif frame.type == "ping":
            await self._socket.send_json(envelope("pong", {}, ref=frame.id))
        elif frame.type == "leave_queue":
            with suppress(IllegalMoveError):
                await self._channel.conversations.leave_queue(self._conversation_id)

    async def _receive(self, frame: ChatMessage) -> None:
        """Store, then acknowledge, then have it answered."""
        text = clean(frame.data.text)
        if len(text) > self._channel.limits.max_chars:
            limit = str(self._channel.limits.max_chars)
            raise self._refused("too_long", "utter_too_long", ref=frame.id, limit=limit)
        if not text:
            raise self._refused("empty", "utter_bad_message", ref=frame.id)
        if wait := self._channel.rate.wait_for(self._visitor):
            raise self._refused("rate", "utter_rate_limited", ref=frame.id, retry_after=wait)
        received = await self._channel.conversations.receive(
            IncomingMessage(
                channel=CHANNEL,
                sender=self._visitor,
                external_id=frame.id,
                kind=frame.data.kind,
                text=text,
                payload=frame.data.payload if frame.data.kind == "postback" else "",
                received_at=self._channel.clock(),
            )
        )
        await self._socket.send_json(
            envelope("ack", {"id": frame.id, "duplicate": received.duplicate}, seq=received.seq, ref=frame.id)
        )
        if received.needs_bot:
            self._channel.wake(received.conversation_id)
            await self._socket.send_json(envelope("typing", {"on": True, "by": "bot"}))

    def _refused(
        self, code: str, response: str, *, ref: str = "", retry_after: float = 0, **values: str
    ) -> _RefusedError:
        return _RefusedError(
            code, self._channel.say(response, **values), ref=ref, retry_after=math.ceil(retry_after * 10) / 10
        )

    # -- writing -----------------------------------------------------------------------------------

    async def _write(self, events: asyncio.Queue[Event]) -> None:
        while True:
            event = await events.get()
            if event.kind == "typing":
                await self._send_typing(event)
                continue
            if event.kind == "state":
                view = await self._channel.conversations.view(self._conversation_id)
                await self._socket.send_json(envelope("mode", mode_data(view), seq=view.last_seq))
            if event.seq == 0 or event.seq > self._sent_seq:
                await self._send_new()

    async def _send_typing(self, event: Event) -> None:
        if event.by != "customer":
            await self._socket.send_json(envelope("typing", {"on": event.on, "by": event.by}))

    async def _send_new(self) -> None:
        """Everything in the log that this tab has not seen."""
        found = await self._channel.conversations.messages_after(self._conversation_id, self._sent_seq)
        for message in found:
            if message.seq > self._sent_seq:
                self._sent_seq = message.seq
                await self._socket.send_json(message_frame(message))


def _id_in(raw: str) -> str:
    """The client's id in a frame that was refused, so that it knows which; empty when it cannot be read."""
    try:
        frame = json.loads(raw)
    except ValueError:
        return ""
    return str(frame.get("id", ""))[:64] if isinstance(frame, dict) else ""
