"""The endpoint Kuaidi100 pushes to."""

import logging
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.errors import TrackingError
from connectors.tracking.http import whole_body
from connectors.tracking.kuaidi100.account import Kuaidi100Account
from connectors.tracking.kuaidi100.push import hand_over, read_push
from connectors.tracking.kuaidi100.signature import is_from_kuaidi100
from connectors.tracking.sink import TrackSink

logger = logging.getLogger(__name__)

PATH = "/webhooks/kuaidi100"
_ACK = {"result": True, "returnCode": "200", "message": "成功"}


def make_router(account: Kuaidi100Account, sink: TrackSink) -> APIRouter:
    """The endpoint: acknowledged is what the sink has stored; whatever is not comes again, three times at most."""
    router = APIRouter(tags=["tracking"])

    @router.post(PATH)
    async def take_push(request: Request) -> JSONResponse:
        """A signed form of Kuaidi100 with ``param`` and ``sign``."""
        body = await whole_body(request)
        if body is None:
            return _refusal(413, "内容过大")
        param, sign = _fields(body)
        if not is_from_kuaidi100(param, sign, account):
            logger.warning("a push to the kuaidi100 endpoint was not signed by kuaidi100")
            return _refusal(403, "签名错误")
        try:
            push = read_push(param)
        except TrackingError as error:
            logger.warning("a push of kuaidi100 is refused: %s", error)
            return _refusal(400, "内容无法识别")
        await hand_over(push, sink)
        return JSONResponse(_ACK)

    return router


def _fields(body: bytes) -> tuple[str, str]:
    """The texts of ``param`` and ``sign``, url-decoded and otherwise as they were signed; empty when missing."""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return fields.get("param", [""])[0], fields.get("sign", [""])[0]


def _refusal(status: int, message: str) -> JSONResponse:
    return JSONResponse({"result": False, "returnCode": "500", "message": message}, status_code=status)
