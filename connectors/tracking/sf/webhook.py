"""The endpoint SF pushes to."""

import hmac
import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.errors import SettingsError, TrackingError
from connectors.tracking.http import whole_body
from connectors.tracking.sf.account import SfAccount
from connectors.tracking.sf.push import hand_over, read_push
from connectors.tracking.sink import TrackSink

logger = logging.getLogger(__name__)

PATH = "/webhooks/sf"


def make_router(account: SfAccount, sink: TrackSink) -> APIRouter:
    """``POST /webhooks/sf/{token}``: acknowledged is what the sink has stored; whatever is not SF pushes again.

    Raises `SettingsError` for an account without a token: anybody could push anything.
    """
    right = account.push_token.get_secret_value()
    if not right:
        raise SettingsError("pushes of SF need a token in their address")
    router = APIRouter(tags=["tracking"])

    @router.post(PATH + "/{token}")
    async def take_push(token: str, request: Request) -> JSONResponse:
        """Scans as SF's RoutePushService sends them."""
        if not hmac.compare_digest(token.encode("utf-8", "replace"), right.encode()):
            logger.warning("a push to the sf endpoint did not know its address")
            return _answer(403, "1000", "无权推送")
        body = await whole_body(request)
        if body is None:
            return _answer(413, "1000", "内容过大")
        try:
            scans = read_push(body)
        except TrackingError as error:
            logger.warning("a push of sf is refused: %s", error)
            return _answer(400, "1000", "内容无法识别")
        await hand_over(scans, sink)
        return _answer(200, "0000", "成功")

    return router


def _answer(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"return_code": code, "return_msg": message}, status_code=status)
