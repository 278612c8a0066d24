"""The endpoints Twilio calls; it signs both."""

import logging
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Request, Response

from bot.clock import Clock
from bot.inbox.ports import Inbox
from connectors.sms.callbacks import body_of
from connectors.sms.twilio.account import STATUS_PATH, UP_PATH, TwilioAccount
from connectors.sms.twilio.pushes import status_letter, up_letter
from connectors.sms.twilio.signature import is_from_twilio

logger = logging.getLogger(__name__)

_MAX_FIELDS = 200
_NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response />'


def make_router(account: TwilioAccount, inbox: Inbox, clock: Clock) -> APIRouter:
    """A repeated call has the same message id and is the same letter."""
    router = APIRouter(tags=["sms"])

    @router.post(UP_PATH)
    async def up(request: Request) -> Response:
        """What a customer wrote.  The answer goes out by itself, so there is nothing to say here."""
        form = await _signed_form(request, account, UP_PATH)
        await inbox.put(up_letter(form, clock()))
        return Response(_NOTHING_TO_SAY, media_type="text/xml")

    @router.post(STATUS_PATH)
    async def status(request: Request) -> Response:
        """What became of ours."""
        letter = status_letter(await _signed_form(request, account, STATUS_PATH), clock())
        if letter is not None:
            await inbox.put(letter)
        return Response(status_code=204)

    return router


async def _signed_form(request: Request, account: TwilioAccount, path: str) -> dict[str, str]:
    """403 for what Twilio did not sign, or is not for our account."""
    fields = _fields(await body_of(request))
    query = f"?{request.url.query}" if request.url.query else ""
    url = account.public_url + path + query
    given = request.headers.get("x-twilio-signature", "")
    if not is_from_twilio(url, fields, given, account.auth_token.get_secret_value()):
        logger.warning("a call of the twilio endpoint was not signed by twilio")
        raise HTTPException(403)
    form = {name: values[-1] for name, values in fields.items()}
    if form.get("AccountSid") != account.account_sid or not form.get("MessageSid"):
        raise HTTPException(403)
    return form


def _fields(body: bytes) -> dict[str, list[str]]:
    """400 for what is no form."""
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400) from error
