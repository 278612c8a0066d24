"""Tencent Cloud: SendSms with verified signatures, and what it pushes.

Verifies with lines of its own, none of the connector's.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from connectors.sms.simulators.handsets import Handsets
from connectors.sms.simulators.pushing import Pusher

_CHINA = ZoneInfo("Asia/Shanghai")
_MOBILE = re.compile(r"^(?:\+?86|0086)?(1[3-9]\d{9})$")
_SIGNATURE = re.compile(
    r"^TC3-HMAC-SHA256 Credential=([^/]+)/([\d-]+)/sms/tc3_request, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})$"
)
_OFF_BY = timedelta(minutes=5)
_PAUSES = (timedelta(minutes=1), timedelta(minutes=5))


class TencentSimulator:
    """Answers on ``app``.

    Parameters
    ----------
    templates: approved texts by id, with ``{1}``.
    first_errors: codes of the next answers, at their top.
    first_statuses: codes of the next numbers.
    blacklist: numbers in E.164 that opted out there.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        templates: Mapping[str, str],
        *,
        secret_id: str = "AKIDtest",  # noqa: S107  (a simulated account)
        secret_key: str = "tencent-secret",  # noqa: S107
        app_id: str = "1400006666",
        sign_name: str = "云递速运",
        variable_chars: int = 6,
        handsets: Handsets | None = None,
    ) -> None:
        self.clock = clock
        self.templates = dict(templates)
        self.secret_id, self.secret_key, self.app_id, self.sign_name = secret_id, secret_key, app_id, sign_name
        self.variable_chars = variable_chars
        self.handsets = handsets or Handsets()
        self.first_errors: list[str] = []
        self.first_statuses: list[str] = []
        self.blacklist: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.pusher = Pusher(clock, _PAUSES, lambda answer: answer == {"result": 0, "errmsg": "OK"})
        self._last: dict[str, datetime] = {}
        self._serial = int(clock().timestamp() * 1000)
        self.app = FastAPI()
        self.app.post("/")(self._call)

    # -- being called ----------------------------------------------------------------------------------

    async def _call(self, request: Request) -> JSONResponse:
        body = await request.body()
        error = self._verify(request, body) or (self.first_errors.pop(0) if self.first_errors else "")
        message = json.loads(body)
        error = error or self._error(message)
        if error:
            return JSONResponse({"Response": {"Error": {"Code": error, "Message": "refused"}, "RequestId": "r"}})
        statuses = [self._send(number, message) for number in message["PhoneNumberSet"]]
        return JSONResponse({"Response": {"SendStatusSet": statuses, "RequestId": "r"}})

    def _verify(self, request: Request, body: bytes) -> str:
        found = _SIGNATURE.match(request.headers.get("authorization", ""))
        if found is None:
            return "AuthFailure.InvalidAuthorization"
        if found[1] != self.secret_id:
            return "AuthFailure.SecretIdNotFound"
        stamp = request.headers.get("x-tc-timestamp", "0")
        at = datetime.fromtimestamp(int(stamp), timezone.utc)
        if abs(self.clock() - at) > _OFF_BY or found[2] != f"{at:%Y-%m-%d}":
            return "AuthFailure.SignatureExpire"
        lines = "".join(f"{name}:{request.headers.get(name, '')}\n" for name in found[3].split(";"))
        canonical = f"POST\n/\n\n{lines}\n{found[3]}\n{hashlib.sha256(body).hexdigest()}"
        text = f"TC3-HMAC-SHA256\n{stamp}\n{found[2]}/sms/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        day = hmac.new(b"TC3" + self.secret_key.encode(), found[2].encode(), "sha256").digest()
        service = hmac.new(day, b"sms", "sha256").digest()
        key = hmac.new(service, b"tc3_request", "sha256").digest()
        right = hmac.new(key, text.encode(), "sha256").hexdigest()
        return "" if right == found[4] else "AuthFailure.SignatureFailure"

    def _error(self, message: Mapping[str, Any]) -> str:
        if message.get("SmsSdkAppId") != self.app_id:
            return "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if len(message.get("PhoneNumberSet", [])) > 200:
            return "LimitExceeded.PhoneNumberCountLimit"
        return ""

    def _send(self, written: str, message: Mapping[str, Any]) -> dict[str, Any]:
        mobile = _MOBILE.match(written)
        number = f"+86{mobile[1]}" if mobile else written
        code = self._code(number, message) if mobile else "InvalidParameterValue.IncorrectPhoneNumber"
        serial = ""
        if code == "Ok":
            serial = self._carry_out(number, message)
        return {
            "SerialNo": serial,
            "PhoneNumber": number,
            "Fee": int(code == "Ok"),
            "SessionContext": message.get("SessionContext", ""),
            "Code": code,
            "Message": "send success" if code == "Ok" else "refused",
            "IsoCode": "CN",
        }

    def _code(self, number: str, message: Mapping[str, Any]) -> str:
        if self.first_statuses:
            return self.first_statuses.pop(0)
        if number in self.blacklist:
            return "FailedOperation.PhoneNumberInBlacklist"
        if message.get("SignName") != self.sign_name:
            return "FailedOperation.SignatureIncorrectOrUnapproved"
        text = self.templates.get(str(message.get("TemplateId")))
        if text is None:
            return "FailedOperation.TemplateIncorrectOrUnapproved"
        values = message.get("TemplateParamSet", [])
        if len(values) != len(re.findall(r"\{\d+\}", text)):
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        if any(not 1 <= len(value) <= self.variable_chars for value in values):
            return "InvalidParameterValue.TemplateParameterLengthLimit"
        if any("://" in value for value in values):
            return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
        last = self._last.get(number)
        same = bool(self.sent) and self.sent[-1].get("TemplateParamSet") == values
        if same and last is not None and self.clock() - last < timedelta(seconds=30):
            return "LimitExceeded.PhoneNumberThirtySecondLimit"
        return "Ok"

    def _carry_out(self, number: str, message: Mapping[str, Any]) -> str:
        self._serial += 1
        serial = f"5000:104571066{self._serial:019d}"
        values = message.get("TemplateParamSet", [])
        text = re.sub(r"\{(\d+)\}", lambda blank: values[int(blank[1]) - 1], self.templates[message["TemplateId"]])
        self._last[number] = self.clock()
        self.sent.append(dict(message) | {"serial": serial, "number": number, "text": text})
        self.handsets.show(number, f"【{self.sign_name}】{text}")
        return serial

    # -- pushing ---------------------------------------------------------------------------------------

    def up(self, number: str, text: str) -> dict[str, Any]:
        """What a phone's owner wrote; there is no id."""
        return {
            "extend": "0",
            "mobile": number.removeprefix("+86"),
            "nationcode": "86",
            "sign": self.sign_name,
            "text": text,
            "time": int(self.clock().timestamp()),
        }

    def status(self, row: Mapping[str, Any], *, success: bool = True, errmsg: str = "DELIVRD") -> dict[str, Any]:
        """What became of one of ``sent``."""
        return {
            "user_receive_time": f"{self.clock().astimezone(_CHINA):%Y-%m-%d %H:%M:%S}",
            "nationcode": "86",
            "mobile": str(row["number"]).removeprefix("+86"),
            "report_status": "SUCCESS" if success else "FAIL",
            "errmsg": errmsg,
            "description": "用户短信送达成功" if success else "用户短信送达失败",
            "sid": row["serial"],
        }

    async def write(self, http: httpx.AsyncClient, url: str, number: str, text: str) -> int:
        """The owner of a phone writes; returns the status of our answer."""
        return await self.pusher.push(http, f"{url}/up", self.up(number, text))
