"""Sending through Aliyun (SendSms), and asking what became of it (QuerySendDetails)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from bot.clock import Clock, local
from bot.delivery.ports import ContentRefusedError, Sent
from connectors.sms.aliyun.account import NAME, AliyunAccount
from connectors.sms.aliyun.errors import error_of
from connectors.sms.aliyun.signature import authorization, canonical_query
from connectors.sms.gateway import Sms
from connectors.sms.http import call

LONGEST_VALUE = 35
"""Characters of a variable."""
_VERSION = "2017-05-25"
_PAGE = 50


class AliyunGateway:
    """A `Gateway` that takes approved templates only."""

    name = NAME

    def __init__(self, account: AliyunAccount, http: httpx.AsyncClient, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._clock = clock

    async def send(self, sms: Sms) -> Sent:
        if sms.template is None:
            raise ContentRefusedError("aliyun sends templates only")
        params = {
            "PhoneNumbers": sms.number.national,
            "SignName": self._account.sign_name,
            "TemplateCode": sms.template.code,
            "TemplateParam": json.dumps(dict(sms.template.values), ensure_ascii=False, separators=(",", ":")),
            "OutId": sms.reference,
        }
        if self._account.extend_code:
            params["SmsUpExtendCode"] = self._account.extend_code
        answer = await self._ask("SendSms", params)
        return Sent(f"{NAME}:{answer.get('BizId', '')}", {"request_id": str(answer.get("RequestId", ""))})

    async def was_sent(self, sms: Sms, *, since: datetime) -> bool | None:
        """Aliyun keeps our reference with every SMS, by day."""
        days = {f"{local(day):%Y%m%d}" for day in (since, self._clock())}
        return any([await self._was_sent_on(day, sms) for day in sorted(days)])

    async def _was_sent_on(self, day: str, sms: Sms) -> bool:
        page, seen = 1, 0
        while True:
            params = {
                "PhoneNumber": sms.number.national,
                "SendDate": day,
                "PageSize": str(_PAGE),
                "CurrentPage": str(page),
            }
            answer = await self._ask("QuerySendDetails", params)
            rows = answer.get("SmsSendDetailDTOs", {}).get("SmsSendDetailDTO", [])
            if any(row.get("OutId") == sms.reference for row in rows):
                return True
            page, seen = page + 1, seen + len(rows)
            if not rows or seen >= int(answer.get("TotalCount", 0)):
                return False

    async def _ask(self, action: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Business errors come as HTTP 200, refused signatures as 400."""
        answer = await call(self._http, self.request(action, params, nonce=uuid4().hex), service=NAME)
        code = str(answer.content.get("Code", ""))
        if code != "OK":
            raise error_of(code, str(answer.content.get("Message", "")), now=self._clock())
        return answer.content

    def request(self, action: str, params: Mapping[str, str], *, nonce: str) -> httpx.Request:
        """The signed request; everything stands in the query and the body is empty."""
        account = self._account
        query = canonical_query(params)
        headers = {
            "host": urlsplit(account.endpoint).netloc,
            "x-acs-action": action,
            "x-acs-version": _VERSION,
            "x-acs-date": self._clock().astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": nonce,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        secret = account.secret_key.get_secret_value()
        signed = authorization("POST", query, headers, b"", access_key=account.access_key, secret_key=secret)
        url = f"{account.endpoint.rstrip('/')}/?{query}"
        return self._http.build_request(
            "POST", url, headers={**headers, "accept": "application/json", "authorization": signed}
        )
