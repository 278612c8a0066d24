"""Sending through Twilio (Messages), and looking whether it was sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from bot.delivery.ports import Sent
from connectors.sms.gateway import Sms
from connectors.sms.http import Answer, call
from connectors.sms.twilio.account import NAME, STATUS_PATH, TwilioAccount
from connectors.sms.twilio.errors import error_of

_LOOKED_AT = 50


class TwilioGateway:
    """A `Gateway` that takes any text."""

    name = NAME

    def __init__(self, account: TwilioAccount, http: httpx.AsyncClient) -> None:
        self._account = account
        self._http = http
        self._url = f"{account.endpoint.rstrip('/')}/2010-04-01/Accounts/{account.account_sid}/Messages.json"

    async def send(self, sms: Sms) -> Sent:
        answer = await self._ask(
            self._http.build_request("POST", self._url, data=self._form(sms), headers=self._login())
        )
        if answer.content.get("error_code"):
            raise error_of(str(answer.content["error_code"]))
        segments = str(answer.content.get("num_segments") or "")
        return Sent(f"{NAME}:{answer.content.get('sid', '')}", {"segments": segments})

    async def was_sent(self, sms: Sms, *, since: datetime) -> bool | None:
        """Twilio knows no reference of ours; but nothing else that begins so went there since."""
        if not sms.text:
            return None
        day = since.astimezone(timezone.utc).date() - timedelta(days=1)
        query = urlencode({"To": sms.number.e164, "DateSent>": day.isoformat(), "PageSize": str(_LOOKED_AT)})
        answer = await self._ask(self._http.build_request("GET", f"{self._url}?{query}", headers=self._login()))
        messages = answer.content.get("messages")
        rows = [row for row in messages if isinstance(row, dict)] if isinstance(messages, list) else []
        return any(_is_newer(row, since) and str(row.get("body", "")).startswith(sms.text) for row in rows)

    async def _ask(self, request: httpx.Request) -> Answer:
        answer = await call(self._http, request, service=NAME)
        if answer.status >= 400:
            raise error_of(str(answer.content.get("code") or answer.status))
        return answer

    def _form(self, sms: Sms) -> Mapping[str, str]:
        sender = self._account.sender
        return {
            "To": sms.number.e164,
            "MessagingServiceSid" if sender.startswith("MG") else "From": sender,
            "Body": sms.text,
            "StatusCallback": self._account.public_url + STATUS_PATH,
        }

    def _login(self) -> dict[str, str]:
        token = self._account.auth_token.get_secret_value()
        request = next(httpx.BasicAuth(self._account.account_sid, token).auth_flow(httpx.Request("GET", self._url)))
        return {"authorization": request.headers["authorization"]}


def _is_newer(row: Mapping[str, Any], since: datetime) -> bool:
    """Its moments are whole seconds."""
    written = row.get("date_created") or row.get("date_sent")
    try:
        created = parsedate_to_datetime(str(written))
    except ValueError:
        return False
    return created >= since.replace(microsecond=0) - timedelta(seconds=1)
