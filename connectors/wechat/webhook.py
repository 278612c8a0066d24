"""What the platform calls: verified, stored, acknowledged; nothing else is done here."""

import logging
from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from bot.clock import Clock
from bot.errors import UnreadableError
from bot.inbox.ports import Inbox, Letter
from connectors.tencent_body import MAX_BYTES, BodyError
from connectors.wechat.account import CHANNEL
from connectors.wechat.envelope import Envelope, ForgedError, Push
from connectors.wechat.incoming import Clicked, Followed, Written, key_of, read
from connectors.wechat.nonces import Nonces
from connectors.wechat.passive import PassiveReplies

logger = logging.getLogger(__name__)

PATH = "/wechat/callback"
_TYPES = {"", "text/xml", "application/xml", "application/json", "text/plain"}
_THANKS = "success"
_LONGEST_OPENID = 128


class Callback:
    """The endpoint's two methods.

    Parameters
    ----------
    passive: set for an account that answers in the reply itself.
    """

    def __init__(
        self, envelope: Envelope, inbox: Inbox, clock: Clock, nonces: Nonces, passive: PassiveReplies | None
    ) -> None:
        self._envelope = envelope
        self._inbox = inbox
        self._clock = clock
        self._nonces = nonces
        self._passive = passive

    def router(self) -> APIRouter:
        router = APIRouter(tags=["wechat"])
        router.add_api_route(PATH, self.verify, methods=["GET"], response_class=PlainTextResponse)
        router.add_api_route(PATH, self.take, methods=["POST"], response_class=PlainTextResponse)
        return router

    async def verify(self, request: Request) -> Response:
        """The console checks the address: answered with its own echo, byte for byte."""
        try:
            return PlainTextResponse(self._envelope.greeted(request.query_params, now=self._clock()))
        except ForgedError as error:
            return _refused(403, error)

    async def take(self, request: Request) -> Response:
        """A message or event; what is acknowledged is stored."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
            return PlainTextResponse("neither XML nor JSON", status_code=415)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too long", status_code=413)
        try:
            push = self._envelope.open(request.query_params, body, now=self._clock())
            if push.key is None:
                await self._nonces.refuse_reused(push)
        except ForgedError as error:
            return _refused(403, error)
        except BodyError as error:
            return _refused(400, error)
        return await self._answered(push)

    async def _answered(self, push: Push) -> Response:
        key, openid = key_of(push.fields), push.openid[:_LONGEST_OPENID]
        letter = Letter(CHANNEL, key, openid, push.fields, self._clock())
        if self._passive is None or not _wants_answer(push.fields):
            await self._inbox.put(letter)
            return PlainTextResponse(_THANKS)
        goes_on = await self._passive.goes_on(openid, _words(push.fields))
        call = await self._passive.begin(key, openid)
        if not goes_on:
            await self._inbox.put(letter)
        text = await self._passive.reply_to(call, goes_on=goes_on)
        if text is None:
            return PlainTextResponse("")
        content_type, content = self._envelope.reply(push, self._text_reply(push, text))
        return Response(content, media_type=content_type)

    def _text_reply(self, push: Push, text: str) -> Mapping[str, object]:
        return {
            "ToUserName": push.openid,
            "FromUserName": str(push.fields.get("ToUserName", "")),
            "CreateTime": int(self._clock().timestamp()),
            "MsgType": "text",
            "Content": text,
        }


def _wants_answer(fields: Mapping[str, object]) -> bool:
    try:
        return isinstance(read(dict(fields)), Written | Followed | Clicked)
    except UnreadableError:
        return False


def _words(fields: Mapping[str, object]) -> str:
    return str(fields.get("Content", "")) if fields.get("MsgType") == "text" else ""


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
    logger.warning("a call of the WeChat endpoint is refused: %s", error)
    return PlainTextResponse("refused", status_code=status)
