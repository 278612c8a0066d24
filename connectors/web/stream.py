"""The way round a blocked WebSocket: frames come as server-sent events, and go one by one as POST requests."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from connectors.web.feed import MakeFeed
from connectors.web.protocol import ChatMessage, ClientFrame
from connectors.web.talk import CHANNEL, RefusedFrameError, Talk
from connectors.web.visitors import RateLimit, VisitorTokens, visitor_of
from connectors.web.words import refusal

TICK_S = 20.0
STREAM_FOR_S = 15 * 60.0
"""Then the browser comes back by itself; a stream that nobody reads any more ends some day."""
FRAMES_PER_MINUTE = 240
_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


class WebStream:
    """``GET /web/events`` and ``POST /web/messages``; the token stands in the Authorization header, never in an URL."""

    def __init__(
        self,
        talk: Talk,
        conversations: ConversationService,
        hub: EventHub,
        tokens: VisitorTokens,
        make_feed: MakeFeed,
        *,
        max_bytes: int,
        tick_s: float = TICK_S,
    ) -> None:
        self._talk = talk
        self._conversations = conversations
        self._hub = hub
        self._tokens = tokens
        self._make_feed = make_feed
        self._max_bytes = max_bytes
        self._tick_s = tick_s
        self._rate = RateLimit(FRAMES_PER_MINUTE, FRAMES_PER_MINUTE // 4)

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route("/events", self.events, methods=["GET"])
        router.add_api_route("/messages", self.hear, methods=["POST"])

    async def events(
        self,
        request: Request,
        last_seq: Annotated[int, Query(ge=0)] = 0,
        last_event_id: Annotated[int, Header(ge=0)] = 0,
    ) -> StreamingResponse:
        """The frames of the WebSocket as server-sent events; ``id`` is the number of the newest message so far."""
        visitor = visitor_of(request, self._tokens)
        conversation_id = (await self._conversations.open(CHANNEL, visitor)).id
        frames = self._stream(conversation_id, max(last_seq, last_event_id))
        return StreamingResponse(frames, media_type="text/event-stream", headers=_HEADERS)

    async def hear(self, request: Request) -> dict[str, list[dict[str, Any]]]:
        """One frame of the client; the frames that answer it, refusals among them, stand under ``frames``."""
        visitor = visitor_of(request, self._tokens)
        if wait := self._rate.wait_for(visitor):
            raise HTTPException(429, refusal("unavailable"), headers={"Retry-After": str(int(wait) + 1)})
        raw = await self._body(request)
        try:
            return {"frames": await self._frames(self._talk.parse(raw), visitor)}
        except RefusedFrameError as refused:
            return {"frames": [refused.frame]}

    async def _frames(self, frame: ClientFrame, visitor: str) -> list[dict[str, Any]]:
        """A message finds its conversation by itself, or opens one."""
        if isinstance(frame, ChatMessage):
            return await self._talk.receive(frame, visitor)
        return await self._talk.hear(frame, visitor, (await self._conversations.open(CHANNEL, visitor)).id)

    async def _body(self, request: Request) -> str:
        """As much of the body as tells that it is too long."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._max_bytes:
                break
        return body[: self._max_bytes + 1].decode("utf-8", "replace")

    async def _stream(self, conversation_id: UUID, last_seq: int) -> AsyncIterator[str]:
        ends_at = time.monotonic() + STREAM_FOR_S
        with self._hub.subscribe(conversation_id) as events:
            feed = self._make_feed(conversation_id)
            for frame in await feed.beginning(last_seq):
                yield _event(frame)
            async for frame in feed.rest(events, tick_s=self._tick_s):
                yield _event(frame)
                if time.monotonic() > ends_at:
                    return


def _event(frame: dict[str, Any]) -> str:
    name = f"id: {frame['seq']}\n" if frame["type"] == "message" else ""
    return f"{name}data: {json.dumps(frame, ensure_ascii=False)}\n\n"
