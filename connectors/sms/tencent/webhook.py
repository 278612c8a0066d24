"""The endpoints Tencent Cloud pushes to."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse

from bot.clock import Clock
from bot.inbox.ports import Inbox
from connectors.sms.callbacks import Gate, body_of, items_of, json_of, put_all
from connectors.sms.tencent.pushes import status_letter, up_letter

_ACK = {"result": 0, "errmsg": "OK"}


def make_router(gate: Gate, inbox: Inbox, clock: Clock) -> APIRouter:
    """Acknowledged is what is stored; statuses that are not come twice more."""
    router = APIRouter(prefix="/sms/tencent/{token}", tags=["sms"])

    @router.post("/up")
    async def up(request: Request, token: str) -> JSONResponse:
        """What a customer wrote."""
        gate.check(token, request)
        item = json_of(await body_of(request))
        if not isinstance(item, dict):
            raise HTTPException(400)
        await put_all(inbox, [up_letter(item, clock())])
        return JSONResponse(_ACK)

    @router.post("/status")
    async def status(request: Request, token: str) -> JSONResponse:
        """What became of ours."""
        gate.check(token, request)
        items = items_of(await body_of(request))
        await put_all(inbox, [status_letter(item, clock()) for item in items])
        return JSONResponse(_ACK)

    return router
