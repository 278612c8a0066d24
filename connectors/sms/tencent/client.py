"""Sending through Tencent Cloud (SendSms)."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.clock import Clock
from bot.delivery.ports import ContentRefusedError, Sent, TryAgainError
from connectors.sms.gateway import Sms
from connectors.sms.http import call
from connectors.sms.tencent.account import NAME, TencentAccount
from connectors.sms.tencent.errors import error_of
from connectors.sms.tencent.signature import CONTENT_TYPE, authorization

_VERSION = "2021-01-11"


class TencentGateway:
    """A `Gateway` that takes approved templates only."""

    name = NAME

    def __init__(self, account: TencentAccount, http: httpx.AsyncClient, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._clock = clock

    async def send(self, sms: Sms) -> Sent:
        """Errors stand at the top of the answer, or with the number in an answer that is good otherwise."""
        answer = await call(self._http, self.request(self._message(sms), at=self._clock()), service=NAME)
        response = answer.content.get("Response")
        if not isinstance(response, dict):
            raise TryAgainError("tencent answered without a response", may_have_arrived=True)
        status = self._status(response)
        code = str(status.get("Code", ""))
        if code.lower() != "ok":
            raise error_of(code, now=self._clock())
        return Sent(f"{NAME}:{status.get('SerialNo', '')}", {"request_id": str(response.get("RequestId", ""))})

    async def was_sent(self, sms: Sms, *, since: datetime) -> bool | None:  # noqa: ARG002
        """Its lists name numbers and serials, not what we called the SMS."""
        return None

    def _status(self, response: dict[str, Any]) -> dict[str, Any]:
        error = response.get("Error")
        if isinstance(error, dict):
            raise error_of(str(error.get("Code", "")), now=self._clock())
        statuses = response.get("SendStatusSet")
        if not isinstance(statuses, list) or not statuses or not isinstance(statuses[0], dict):
            raise TryAgainError("tencent answered without a status", may_have_arrived=True)
        return statuses[0]

    def _message(self, sms: Sms) -> dict[str, Any]:
        if sms.template is None:
            raise ContentRefusedError("tencent sends templates only")
        message = {
            "PhoneNumberSet": [sms.number.e164],
            "SmsSdkAppId": self._account.app_id,
            "SignName": self._account.sign_name,
            "TemplateId": sms.template.code,
            "TemplateParamSet": [value for _, value in sms.template.values],
            "SessionContext": sms.reference,
        }
        if self._account.extend_code:
            message["ExtendCode"] = self._account.extend_code
        return message

    def request(self, message: dict[str, Any], *, at: datetime) -> httpx.Request:
        """The signed request."""
        account = self._account
        body = json.dumps(message, ensure_ascii=False).encode()
        host = urlsplit(account.endpoint).netloc
        secret = account.secret_key.get_secret_value()
        headers = {
            "host": host,
            "content-type": CONTENT_TYPE,
            "x-tc-action": "SendSms",
            "x-tc-version": _VERSION,
            "x-tc-region": account.region,
            "x-tc-timestamp": str(int(at.timestamp())),
            "authorization": authorization(body, host=host, at=at, secret_id=account.secret_id, secret_key=secret),
        }
        return self._http.build_request("POST", account.endpoint.rstrip("/") + "/", headers=headers, content=body)
