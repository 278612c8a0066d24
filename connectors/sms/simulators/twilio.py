"""Twilio: Messages with its login, signed calls with more fields than anybody reads, and what it does about STOP.

Signs with lines of its own, none of the connector's.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from connectors.sms.simulators.handsets import Handsets

_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
_START = {"START", "UNSTOP", "YES"}


class TwilioSimulator:
    """Answers on ``app``; phones are in ``handsets``.

    Parameters
    ----------
    first_errors: codes of the next refusals.
    lose_answers: so many next messages are sent, and answered with HTTP 503.
    opted_out: numbers that wrote STOP.
    seen_as: the public address of the platform where it differs from the one that is called.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        account_sid: str = "ACtest00000000000000000000000000000",
        auth_token: str = "12345",  # noqa: S107  (a simulated account)
        sender: str = "+14155550100",
        handsets: Handsets | None = None,
    ) -> None:
        self.clock = clock
        self.account_sid, self.auth_token, self.sender = account_sid, auth_token, sender
        self.handsets = handsets or Handsets()
        self.first_errors: list[int] = []
        self.lose_answers = 0
        self.opted_out: set[str] = set()
        self.seen_as = ""
        self.sent: list[dict[str, str]] = []
        self._count = int(clock().timestamp() * 1000)
        self.app = FastAPI()
        self.app.post("/2010-04-01/Accounts/{account}/Messages.json")(self._create)
        self.app.get("/2010-04-01/Accounts/{account}/Messages.json")(self._list)

    # -- being called ----------------------------------------------------------------------------------

    async def _create(self, request: Request, account: str) -> Response:
        if not self._knows(request, account):
            return _refusal(20003, 401)
        form = {name: str(value) for name, value in (await request.form()).items()}
        code = self._code(form)
        if code:
            return _refusal(code, 400)
        row = self._carry_out(form)
        if self.lose_answers:
            self.lose_answers -= 1
            return Response(status_code=503)
        return JSONResponse(self._shown(row) | {"status": "queued"}, status_code=201)

    async def _list(self, request: Request, account: str) -> Response:
        if not self._knows(request, account):
            return _refusal(20003, 401)
        rows = [self._shown(row) for row in reversed(self.sent) if row["To"] == request.query_params.get("To")]
        return JSONResponse({"messages": rows, "next_page_uri": None})

    def _knows(self, request: Request, account: str) -> bool:
        login = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        return account == self.account_sid and request.headers.get("authorization") == f"Basic {login}"

    def _code(self, form: Mapping[str, str]) -> int:
        if self.first_errors:
            return self.first_errors.pop(0)
        to, body = form.get("To", ""), form.get("Body", "")
        if not to.startswith("+") or not to[1:].isdecimal():
            return 21211
        if to.startswith("+86"):
            return 21408
        if form.get("From") != self.sender and not form.get("MessagingServiceSid"):
            return 21606
        if to in self.opted_out:
            return 21610
        if not body:
            return 21602
        return 21617 if len(body) > 1600 else 0

    def _carry_out(self, form: Mapping[str, str]) -> dict[str, str]:
        row = {**form, "sid": self._sid(), "created": format_datetime(self.clock().astimezone(timezone.utc))}
        self.sent.append(row)
        self.handsets.show(form["To"], form["Body"])
        return row

    def _shown(self, row: Mapping[str, str]) -> dict[str, Any]:
        return {
            "sid": row["sid"],
            "account_sid": self.account_sid,
            "to": row["To"],
            "from": row.get("From", self.sender),
            "body": row["Body"],
            "status": "delivered",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "date_created": row["created"],
            "api_version": "2010-04-01",
        }

    def _sid(self) -> str:
        self._count += 1
        return f"SM{self._count:032x}"

    # -- calling ---------------------------------------------------------------------------------------

    def up(self, number: str, text: str, **more: str) -> dict[str, str]:
        """The form of a message; more fields may come any day."""
        sid = self._sid()
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "From": number,
            "To": self.sender,
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
            "FromCity": "SAN FRANCISCO",
            "FromCountry": "US",
            "ToCountry": "US",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "BrandNewField": "2026",
            **more,
        }

    def status(self, row: Mapping[str, str], status: str, error: str = "") -> dict[str, str]:
        """The form of a status callback about one of ``sent``."""
        form = {
            "MessageSid": row["sid"],
            "SmsSid": row["sid"],
            "AccountSid": self.account_sid,
            "From": self.sender,
            "To": row["To"],
            "MessageStatus": status,
            "SmsStatus": status,
            "RawDlrDoneDate": "2603041000",
        }
        return form | ({"ErrorCode": error} if error else {})

    async def call(self, http: httpx.AsyncClient, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Signed, as Twilio does it."""
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        public = self.seen_as + parts.path + query if self.seen_as else url
        signed = public + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(self.auth_token.encode(), signed.encode(), hashlib.sha1).digest()
        headers = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        return await http.post(url, data=dict(form), headers=headers)

    async def write(self, http: httpx.AsyncClient, url: str, number: str, text: str) -> int:
        """The owner of a phone writes; STOP and START Twilio answers itself.  Returns the status of our answer."""
        word = text.strip().upper()
        more = {}
        if word in _STOP:
            self.opted_out.add(number)
            more = {"OptOutType": "STOP"}
            self.handsets.show(number, "You have successfully been unsubscribed.")
        elif word in _START:
            self.opted_out.discard(number)
            more = {"OptOutType": "START"}
            self.handsets.show(number, "You have successfully been re-subscribed.")
        return (await self.call(http, f"{url}/up", self.up(number, text, **more))).status_code


def _refusal(code: int, status: int) -> JSONResponse:
    content = {"code": code, "message": "refused", "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    return JSONResponse(content | {"status": status}, status_code=status)
