"""``/wecom/callback``: the doorbell, verified and stored, answered at once.  What there is is fetched later."""

import logging
from datetime import datetime
from hashlib import blake2b
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from bot.clock import Clock
from bot.inbox.ports import Inbox, Letter
from connectors.tencent_body import MAX_BYTES, BodyError, Fields
from connectors.wecom.account import CHANNEL
from connectors.wecom.envelope import Envelope, ForgedError

logger = logging.getLogger(__name__)

PATH = "/wecom/callback"
BELL = "bell"
_RINGS = "kf_msg_or_event"
_TYPES = {"", "text/xml", "application/xml", "application/json", "text/plain"}
_THANKS = "success"
_LONGEST_ID = 128


class Callback:
    """The endpoint's two methods."""

    def __init__(self, envelope: Envelope, inbox: Inbox, clock: Clock) -> None:
        self._envelope = envelope
        self._inbox = inbox
        self._clock = clock

    def router(self) -> APIRouter:
        router = APIRouter(tags=["wecom"])
        router.add_api_route(PATH, self.verify, methods=["GET"], response_class=PlainTextResponse)
        router.add_api_route(PATH, self.take, methods=["POST"], response_class=PlainTextResponse)
        return router

    async def verify(self, request: Request) -> Response:
        """The console checks the address: answered with what its echo says when decrypted."""
        try:
            return Response(
                self._envelope.greeted(request.query_params, now=self._clock()), media_type="text/plain; charset=utf-8"
            )
        except ForgedError as error:
            return _refused(403, error)

    async def take(self, request: Request) -> Response:
        """There is something to fetch; what is acknowledged is stored."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
            return PlainTextResponse("neither XML nor JSON", status_code=415)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too long", status_code=413)
        try:
            fields = self._envelope.open(request.query_params, body, now=self._clock())
        except ForgedError as error:
            return _refused(403, error)
        except BodyError as error:
            return _refused(400, error)
        letter = _letter(fields, self._clock())
        if letter is not None:
            await self._inbox.put(letter)
        return PlainTextResponse(_THANKS)


def bell(open_kfid: str, key: str, *, token: str, rung_at: datetime, at: datetime) -> Letter:
    """A letter that has the messages of an account fetched.

    ``token``, good for some minutes after ``rung_at``, lets us fetch more often.
    """
    body: dict[str, Any] = {
        "what": BELL,
        "open_kfid": open_kfid,
        "token": token,
        "rung_at": int(rung_at.timestamp()),
    }
    return Letter(CHANNEL, f"{BELL}:{key}", open_kfid, body, at)


def _letter(fields: Fields, now: datetime) -> Letter | None:
    """None for what does not concern customer service: the application may hear of other things."""
    event, open_kfid, token = (_text(fields, name) for name in ("Event", "OpenKfId", "Token"))
    if event.lower() != _RINGS or not 0 < len(open_kfid) <= _LONGEST_ID:
        return None
    parts = (open_kfid, _text(fields, "CreateTime"), token)
    key = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    return bell(open_kfid, key, token=token[:_LONGEST_ID], rung_at=now, at=now)


def _text(fields: Fields, name: str) -> str:
    found = fields.get(name, "")
    return found if isinstance(found, str) else ""


async def _body(request: Request) -> bytes | None:
    """The body, None as soon as it is longer than any push."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            return None
    return bytes(content)


def _refused(status: int, error: Exception) -> PlainTextResponse:
    """Whoever called learns no more than that."""
    logger.warning("a call of the WeCom endpoint is refused: %s", error)
    return PlainTextResponse("refused", status_code=status)
