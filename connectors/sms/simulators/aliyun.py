"""Aliyun: SendSms and QuerySendDetails with verified signatures, and what it pushes.

Verifies with lines of its own, none of the connector's.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from connectors.sms.simulators.handsets import Handsets
from connectors.sms.simulators.pushing import Pusher

_CHINA = ZoneInfo("Asia/Shanghai")
_MOBILE = re.compile(r"^(?:\+?86|0086)?(1[3-9]\d{9})$")
_SIGNATURE = re.compile(r"^ACS3-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$")
_OFF_BY = timedelta(minutes=15)
_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=10))


class AliyunSimulator:
    """Answers on ``app``.

    Parameters
    ----------
    templates: approved texts by code, with ``${name}``.
    first_answers: codes given to the next SendSms, with their message.
    lose_answers: so many next SendSms are carried out, and answered with HTTP 503.
    per_day: SMS of one template to one number.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        templates: Mapping[str, str],
        *,
        access_key: str = "LTAItest",
        secret_key: str = "secret+/key",  # noqa: S107  (a simulated account)
        sign_name: str = "云递速运",
        handsets: Handsets | None = None,
    ) -> None:
        self.clock = clock
        self.templates = dict(templates)
        self.access_key, self.secret_key, self.sign_name = access_key, secret_key, sign_name
        self.handsets = handsets or Handsets()
        self.first_answers: list[tuple[str, str]] = []
        self.lose_answers = 0
        self.per_day = 50
        self.sent: list[dict[str, str]] = []
        self.pusher = Pusher(clock, _PAUSES, lambda answer: answer == {"code": 0, "msg": "接收成功"})
        self._nonces: set[str] = set()
        # Ids go on where an earlier run ended: the platform remembers them for days.
        self._sequence = int(clock().timestamp() * 1000)
        self.app = FastAPI()
        self.app.post("/")(self._call)

    # -- being called ----------------------------------------------------------------------------------

    async def _call(self, request: Request) -> Response:
        params = dict(parse_qsl(request.url.query, keep_blank_values=True))
        body = await request.body()
        refused = self._verify(request, params, body)
        if refused:
            return _answer({"Code": refused, "Message": "Specified signature is not matched."}, status=400)
        if request.headers["x-acs-action"] == "QuerySendDetails":
            return _answer(self._details(params))
        code, message = self._verdict(params)
        if code != "OK":
            return _answer({"Code": code, "Message": message})
        biz_id = self._carry_out(params)
        if self.lose_answers:
            self.lose_answers -= 1
            return Response(status_code=503)
        return _answer({"Code": "OK", "Message": "OK", "BizId": biz_id})

    def _verify(self, request: Request, params: Mapping[str, str], body: bytes) -> str:
        """Clients percent-encode the query each in their own way: it is decoded and encoded anew."""
        found = _SIGNATURE.match(request.headers.get("authorization", ""))
        if found is None or found[1] != self.access_key:
            return "InvalidAccessKeyId.NotFound"
        query = "&".join(f"{quote(name, safe='~')}={quote(params[name], safe='~')}" for name in sorted(params))
        names = found[2].split(";")
        if not {"host", "x-acs-action", "x-acs-date", "x-acs-signature-nonce"} <= set(names):
            return "IncompleteSignature"
        lines = [f"{name}:{request.headers.get(name, '').strip()}" for name in names]
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join([request.method, "/", query, *lines, "", found[2], digest])
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
        right = hmac.new(self.secret_key.encode(), text.encode(), "sha256").hexdigest()
        if right != found[3] or request.headers.get("x-acs-content-sha256") != digest:
            return "SignatureDoesNotMatch"
        return self._not_fresh(request)

    def _not_fresh(self, request: Request) -> str:
        at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        if abs(self.clock() - at) > _OFF_BY:
            return "InvalidTimeStamp.Expired"
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            return "SignatureNonceUsed"
        self._nonces.add(nonce)
        return ""

    def _verdict(self, params: Mapping[str, str]) -> tuple[str, str]:
        if self.first_answers:
            return self.first_answers.pop(0)
        if not all(_MOBILE.match(number) for number in params.get("PhoneNumbers", "").split(",")):
            return "isv.MOBILE_NUMBER_ILLEGAL", "无效号码"
        if params.get("SignName") != self.sign_name:
            return "isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法"
        if params.get("TemplateCode") not in self.templates:
            return "isv.SMS_TEMPLATE_ILLEGAL", "模版不合法(不存在或被拒绝)"
        return self._verdict_on_values(params)

    def _verdict_on_values(self, params: Mapping[str, str]) -> tuple[str, str]:
        try:
            values = json.loads(params.get("TemplateParam") or "{}")
        except ValueError:
            return "isv.INVALID_JSON_PARAM", "参数格式错误"
        wanted = re.findall(r"\$\{(\w+)\}", self.templates[params["TemplateCode"]])
        if set(wanted) - set(values):
            return "isv.TEMPLATE_MISSING_PARAMETERS", "模版缺少变量"
        if any(not 1 <= len(str(values[name])) <= 35 for name in wanted):
            return "isv.PARAM_LENGTH_LIMIT", "参数超过长度限制"
        if any("://" in str(values[name]) for name in wanted):
            return "isv.PARAM_NOT_SUPPORT_URL", "变量不支持传入URL"
        if self._sent_today(params) >= self.per_day:
            return "isv.BUSINESS_LIMIT_CONTROL", f"触发天级流控Permits:{self.per_day}"
        return "OK", "OK"

    def _sent_today(self, params: Mapping[str, str]) -> int:
        same = ("PhoneNumbers", "TemplateCode")
        day = f"{self.clock().astimezone(_CHINA):%Y%m%d}"
        return sum(row["day"] == day and all(row[name] == params[name] for name in same) for row in self.sent)

    def _carry_out(self, params: Mapping[str, str]) -> str:
        self._sequence += 1
        biz_id = f"9{self._sequence:017d}^0"
        values = json.loads(params.get("TemplateParam") or "{}")
        text = re.sub(r"\$\{(\w+)\}", lambda blank: str(values[blank[1]]), self.templates[params["TemplateCode"]])
        here = self.clock().astimezone(_CHINA)
        more = {"day": f"{here:%Y%m%d}", "time": f"{here:%Y-%m-%d %H:%M:%S}", "biz_id": biz_id, "text": text}
        self.sent.append(dict(params) | more)
        for number in params["PhoneNumbers"].split(","):
            mobile = _MOBILE.match(number)
            self.handsets.show(f"+86{mobile[1] if mobile else number}", f"【{self.sign_name}】{text}")
        return biz_id

    def _details(self, params: Mapping[str, str]) -> dict[str, Any]:
        rows = [
            {
                "PhoneNum": row["PhoneNumbers"],
                "SendStatus": 3,
                "ErrCode": "DELIVERED",
                "TemplateCode": row["TemplateCode"],
                "Content": f"【{self.sign_name}】{row['text']}",
                "SendDate": row["time"],
                "OutId": row.get("OutId", ""),
            }
            for row in self.sent
            if row["PhoneNumbers"] == params["PhoneNumber"] and row["day"] == params["SendDate"]
        ]
        size, page = min(int(params["PageSize"]), 50), int(params["CurrentPage"])
        shown = rows[size * (page - 1) : size * page]
        return {
            "Code": "OK",
            "Message": "OK",
            "TotalCount": len(rows),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": shown},
        }

    # -- pushing ---------------------------------------------------------------------------------------

    def up(self, number: str, text: str, *, as_number: bool = False) -> dict[str, Any]:
        """One item of SmsUp; older documents have its id as a number."""
        self._sequence += 1
        return {
            "phone_number": number.removeprefix("+86"),
            "content": text,
            "send_time": f"{self.clock().astimezone(_CHINA):%Y-%m-%d %H:%M:%S}",
            "dest_code": "10690001",
            "sequence_id": self._sequence if as_number else str(self._sequence),
            "sign_name": self.sign_name,
        }

    def report(self, row: Mapping[str, str], *, success: bool = True, code: str = "DELIVERED") -> dict[str, Any]:
        """One item of SmsReport, about one of ``sent``."""
        return {
            "phone_number": row["PhoneNumbers"],
            "send_time": row["time"],
            "report_time": f"{self.clock().astimezone(_CHINA):%Y-%m-%d %H:%M:%S}",
            "success": success,
            "err_code": code,
            "err_msg": "用户接收成功" if success else "发送失败",
            "sms_size": "1",
            "biz_id": row["biz_id"],
            "out_id": row.get("OutId", ""),
        }

    async def write(self, http: httpx.AsyncClient, url: str, number: str, text: str) -> int:
        """The owner of a phone writes; returns the status of our answer."""
        return await self.pusher.push(http, f"{url}/up", [self.up(number, text)])


def _answer(content: dict[str, Any], *, status: int = 200) -> JSONResponse:
    return JSONResponse({"RequestId": "7D9F8A1C-simulated", **content}, status_code=status)
