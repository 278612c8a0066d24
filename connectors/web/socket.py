"""One browser tab over a WebSocket."""

import asyncio
from contextlib import suppress
from uuid import UUID

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from bot.conversations.events import Event, EventHub
from bot.conversations.service import ConversationService
from bot.errors import AccessRefusedError
from connectors.web.feed import Feed, MakeFeed
from connectors.web.protocol import ClientFrame, Hello
from connectors.web.talk import CHANNEL, RefusedFrameError, Talk
from connectors.web.visitors import VisitorTokens

HELLO_WITHIN_S = 10
SILENT_FOR_S = 75


class Connection:
    """Reads frames, and writes whatever the log and the hub bring."""

    def __init__(
        self,
        socket: WebSocket,
        talk: Talk,
        conversations: ConversationService,
        hub: EventHub,
        tokens: VisitorTokens,
        make_feed: MakeFeed,
    ) -> None:
        self._socket = socket
        self._talk = talk
        self._conversations = conversations
        self._hub = hub
        self._tokens = tokens
        self._make_feed = make_feed
        self._visitor = ""
        self._conversation_id = UUID(int=0)

    async def serve(self) -> None:
        hello = await self._hello()
        if hello is None:
            return
        self._conversation_id = (await self._conversations.open(CHANNEL, self._visitor)).id
        with self._hub.subscribe(self._conversation_id) as events:
            feed = self._make_feed(self._conversation_id)
            for frame in await feed.beginning(hello.data.last_seq, ref=hello.id):
                await self._socket.send_json(frame)
            writer = asyncio.create_task(self._write(feed, events))
            try:
                await self._read_all()
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _hello(self) -> Hello | None:
        """Wait for a hello that names a visitor; None when the connection was refused and closed."""
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                hello = await self._read_frame()
            if not isinstance(hello, Hello):
                raise AccessRefusedError("the first frame was no hello")
            self._visitor = self._tokens.visitor(hello.data.token)
            return hello
        except (AccessRefusedError, TimeoutError, RefusedFrameError) as refusal:
            if isinstance(refusal, RefusedFrameError):
                await self._socket.send_json(refusal.frame)
            await self._socket.close(4401, "say hello with a valid token first")
            return None

    async def _read_all(self) -> None:
        while self._socket.client_state == WebSocketState.CONNECTED:
            try:
                async with asyncio.timeout(SILENT_FOR_S):
                    frame = await self._read_frame()
                for answer in await self._talk.hear(frame, self._visitor, self._conversation_id):
                    await self._socket.send_json(answer)
            except RefusedFrameError as refusal:
                await self._socket.send_json(refusal.frame)
            except TimeoutError:
                await self._socket.close(1001, "silent for too long")
                return

    async def _read_frame(self) -> ClientFrame:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        return self._talk.parse(message.get("text") or "")

    async def _write(self, feed: Feed, events: asyncio.Queue[Event]) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            async for frame in feed.rest(events):
                await self._socket.send_json(frame)
