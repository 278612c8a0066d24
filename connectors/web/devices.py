"""Endpoints of "go on elsewhere": a link with its QR code, and the browser that comes with one."""

import asyncio
import math
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.errors import AccessRefusedError, BotError, IllegalMoveError, NotFoundError
from connectors.web.continuing import CODE, ContinueLinks
from connectors.web.qr import qr_rows
from connectors.web.talk import CHANNEL
from connectors.web.visitors import RateLimit, VisitorTokens, known_or_new, visitor_of
from connectors.web.words import refusal

PAGE = Path(__file__).parent / "static" / "chat.html"
ON_SCREEN = timedelta(minutes=30)
"""A link that is scanned from a screen is used at once."""
LINKS_PER_MINUTE = 6
_PAGE_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_REFUSALS: tuple[tuple[type[BotError], int, str], ...] = (
    (NotFoundError, 404, "link_unknown"),
    (AccessRefusedError, 403, "link_used"),
    (IllegalMoveError, 410, "link_over"),
)


class LinkView(BaseModel):
    """``qr``: rows of ``1`` (dark) and ``0``."""

    url: str
    qr: list[str]
    expires_at: datetime


class ContinueRequest(BaseModel):
    """``token`` of an earlier visit, if the browser still has one."""

    code: str = Field(pattern=CODE)
    token: str | None = Field(default=None, max_length=2000)


class WebDevices:
    """The endpoints."""

    def __init__(
        self, conversations: ConversationService, links: ContinueLinks, tokens: VisitorTokens, clock: Clock
    ) -> None:
        self._conversations = conversations
        self._links = links
        self._tokens = tokens
        self._clock = clock
        self._made = RateLimit(LINKS_PER_MINUTE, LINKS_PER_MINUTE)
        self._tried = RateLimit(60, 60)

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route("/links", self.make, methods=["POST"], status_code=201)
        router.add_api_route("/continue", self.go_on, methods=["POST"])

    def add_pages_to(self, router: APIRouter) -> None:
        for path in ("/c/", "/c/{code}"):
            router.add_api_route(path, self.page, methods=["GET"], include_in_schema=False)

    async def page(self) -> FileResponse:
        """The chat on a page of its own.  Opening it uses nothing up: previews of links do that, too."""
        return FileResponse(PAGE, headers=_PAGE_HEADERS)

    async def make(self, request: Request) -> LinkView:
        """A link to the visitor's own conversation."""
        visitor = visitor_of(request, self._tokens)
        _refuse_flood(self._made, visitor)
        conversation = await self._conversations.open(CHANNEL, visitor)
        now = self._clock()
        url = await self._links.link(conversation.id, now, good_for=ON_SCREEN)
        return LinkView(url=url, qr=await asyncio.to_thread(qr_rows, url), expires_at=now + ON_SCREEN)

    async def go_on(self, request: Request, asked: ContinueRequest) -> dict[str, str]:
        """The browser has the link's conversation from now on."""
        _refuse_flood(self._tried, request.client.host if request.client else "unknown")
        visitor, token = known_or_new(self._tokens, asked.token, at=self._clock())
        try:
            conversation_id = await self._links.use(asked.code, visitor)
            await self._conversations.link(conversation_id, CHANNEL, visitor)
        except BotError as error:
            for kind, status, reason in _REFUSALS:
                if isinstance(error, kind):
                    raise HTTPException(status, refusal(reason)) from error
            raise
        return {"token": token, "conversation_id": str(conversation_id)}


def _refuse_flood(rate: RateLimit, key: str) -> None:
    if wait := rate.wait_for(key):
        raise HTTPException(429, refusal("unavailable"), headers={"Retry-After": str(math.ceil(wait))})
