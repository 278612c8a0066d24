"""The endpoints Aliyun pushes to, both batches."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.clock import Clock
from bot.inbox.ports import Inbox, Letter
from connectors.sms.aliyun.pushes import report_letter, up_letter
from connectors.sms.callbacks import Gate, body_of, items_of, put_all

_ACK = {"code": 0, "msg": "接收成功"}


def make_router(gate: Gate, inbox: Inbox, clock: Clock) -> APIRouter:
    """Acknowledged is what is stored; whatever is not comes again after one, five and ten minutes."""
    router = APIRouter(prefix="/sms/aliyun/{token}", tags=["sms"])

    async def take(
        request: Request, token: str, letter: Callable[[Mapping[str, Any], datetime], Letter]
    ) -> JSONResponse:
        gate.check(token, request)
        items = items_of(await body_of(request))
        await put_all(inbox, [letter(item, clock()) for item in items])
        return JSONResponse(_ACK)

    @router.post("/up")
    async def up(request: Request, token: str) -> JSONResponse:
        """SmsUp: what customers wrote."""
        return await take(request, token, up_letter)

    @router.post("/report")
    async def report(request: Request, token: str) -> JSONResponse:
        """SmsReport: what became of ours."""
        return await take(request, token, report_letter)

    return router
