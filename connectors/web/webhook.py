"""The web channel: a session over HTTP, then everything over one WebSocket, or over events and requests beside it."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, WebSocket
from pydantic import BaseModel, Field
from starlette.websockets import WebSocketDisconnect

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.ratings import IDLE, RatingService
from bot.conversations.receipts import ReadReceipts
from bot.conversations.service import ConversationService
from bot.customers.service import CustomerService
from bot.db import Database
from bot.errors import AccessRefusedError, IllegalMoveError
from bot.evidence.attachments import AttachmentService
from bot.settings import Settings
from bot.words import Words
from connectors.web.continuing import ContinueLinks
from connectors.web.devices import WebDevices
from connectors.web.feed import Feed
from connectors.web.files import FileLinks
from connectors.web.identity import Identities, SignedIdentity
from connectors.web.protocol import message_frame
from connectors.web.sharing import add_preflight, sharing_route
from connectors.web.socket import Connection
from connectors.web.stream import TICK_S, WebStream
from connectors.web.talk import CHANNEL, Talk, WebLimits
from connectors.web.uploads import WebFiles
from connectors.web.visitors import RateLimit, VisitorTokens, known_or_new, origin_allowed, visitor_of
from connectors.web.words import refusal

__all__ = ["WebChannel", "WebLimits", "WebSettings"]


@dataclass(frozen=True)
class WebSettings:
    """What an operator sets.

    Parameters
    ----------
    secret: signs visitor tokens and addresses of files.
    base_url: where customers reach us, for links.
    identity_secret: shared with the host site; None: nobody is believed to be logged in.
    upload_bytes: the largest file; no larger than the store takes.
    """

    secret: str
    base_url: str
    limits: WebLimits
    allowed_origins: tuple[str, ...] = ()
    identity_secret: str | None = None
    upload_bytes: int = 15 * 1024 * 1024
    uploads_per_minute: int = 10
    link_good_for: timedelta = timedelta(hours=24)
    rating_idle: timedelta = IDLE
    stream_tick_s: float = TICK_S

    @classmethod
    def of(cls, settings: Settings, secret: str) -> "WebSettings":
        """From the settings of the platform; ``secret`` is its secret key."""
        identity = settings.web_identity_secret
        return cls(
            secret=secret,
            base_url=settings.base_url,
            limits=WebLimits(settings.max_message_chars, settings.max_frame_bytes, settings.messages_per_minute),
            allowed_origins=tuple(settings.allowed_origins),
            identity_secret=identity.get_secret_value() if identity is not None else None,
            upload_bytes=min(settings.web_upload_mb, settings.max_attachment_mb) * 1024 * 1024,
            uploads_per_minute=settings.web_uploads_per_minute,
            link_good_for=timedelta(hours=settings.web_link_hours),
        )


class SessionRequest(BaseModel):
    """``token`` of an earlier visit, if the browser still has one."""

    token: str | None = Field(default=None, max_length=2000)


class SessionAnswer(BaseModel):
    """The token to say hello with, and the conversation it opens."""

    token: str
    conversation_id: UUID


class WebChannel:
    """The web channel: its endpoints on one router."""

    def __init__(
        self,
        conversations: ConversationService,
        hub: EventHub,
        wake: Callable[[UUID], None],
        *,
        settings: WebSettings,
        database: Database,
        attachments: AttachmentService,
        customers: CustomerService,
        words: Words,
        clock: Clock,
    ) -> None:
        self.conversations = conversations
        self.hub = hub
        self.settings = settings
        self.clock = clock
        self.tokens = VisitorTokens(settings.secret)
        self.ratings = RatingService(database, clock)
        self.links = ContinueLinks(database, settings.base_url, clock, good_for=settings.link_good_for)
        self.files = WebFiles(
            attachments,
            self.tokens,
            FileLinks(settings.secret),
            clock,
            limit=settings.upload_bytes,
            per_minute=settings.uploads_per_minute,
        )
        self.talk = Talk(
            conversations,
            self.ratings,
            ReadReceipts(database),
            self.files,
            wake,
            words=words,
            limits=settings.limits,
            clock=clock,
        )
        self.stream = WebStream(
            self.talk,
            conversations,
            hub,
            self.tokens,
            self.make_feed,
            max_bytes=settings.limits.max_bytes,
            tick_s=settings.stream_tick_s,
        )
        self.devices = WebDevices(conversations, self.links, self.tokens, clock)
        self.identities = Identities(database, conversations, customers, settings.identity_secret, clock)
        self.session_rate = RateLimit(settings.limits.sessions_per_minute, settings.limits.sessions_per_minute)

    def router(self) -> APIRouter:
        route = sharing_route(self.settings.allowed_origins)
        router = APIRouter(prefix="/web", tags=["web"], route_class=route)
        router.add_api_route("/session", self.open_session, methods=["POST"], response_model=SessionAnswer)
        router.add_api_route("/identity", self.identify, methods=["POST"])
        router.add_api_route("/history", self.history, methods=["GET"])
        router.add_api_websocket_route("/ws", self.connect)
        for part in (self.stream, self.files, self.devices):
            part.add_to(router)
        add_preflight(router)
        everything = APIRouter()
        everything.include_router(router)
        self.devices.add_pages_to(everything)
        return everything

    def make_feed(self, conversation_id: UUID) -> Feed:
        return Feed(
            self.conversations,
            self.ratings,
            conversation_id,
            limits=self.settings.limits,
            shown=self.files.shown,
            upload_bytes=self.files.limit,
            idle=self.settings.rating_idle,
        )

    async def open_session(self, request: Request, asked: SessionRequest) -> SessionAnswer:
        """Go on with the conversation of an earlier token, or begin as a new visitor."""
        caller = request.client.host if request.client else "unknown"
        if wait := self.session_rate.wait_for(caller):
            message = self.talk.say("utter_rate_limited")
            raise HTTPException(429, message, headers={"Retry-After": str(math.ceil(wait))})
        visitor, token = known_or_new(self.tokens, asked.token, at=self.clock())
        view = await self.conversations.open(CHANNEL, visitor)
        return SessionAnswer(token=token, conversation_id=view.id)

    async def identify(self, request: Request, claimed: SignedIdentity) -> dict[str, str]:
        """Tie the visitor to an account of the host site, as that site's server signed it."""
        visitor = visitor_of(request, self.tokens)
        try:
            view = await self.identities.identify(visitor, claimed)
        except AccessRefusedError as error:
            raise HTTPException(403, refusal("identity")) from error
        except IllegalMoveError as error:
            raise HTTPException(409, refusal("other_account")) from error
        return {"conversation_id": str(view.id)}

    async def history(
        self,
        request: Request,
        before: Annotated[int, Query(ge=0)] = 2**31,
        limit: Annotated[int, Query(ge=1)] = 50,
    ) -> list[dict[str, Any]]:
        """Older messages, oldest first; the token stands in the Authorization header."""
        visitor = visitor_of(request, self.tokens)
        view = await self.conversations.open(CHANNEL, visitor)
        found = await self.conversations.messages_before(view.id, before, limit=min(limit, 200))
        return [message_frame(message, self.files.shown) for message in found]

    async def connect(self, socket: WebSocket) -> None:
        """One browser tab."""
        origin, host = socket.headers.get("origin"), socket.headers.get("host")
        if not origin_allowed(origin, host, list(self.settings.allowed_origins)):
            await socket.close(4403, "origin not allowed")
            return
        await socket.accept()
        connection = Connection(socket, self.talk, self.conversations, self.hub, self.tokens, self.make_feed)
        with suppress(WebSocketDisconnect, RuntimeError):
            await connection.serve()
