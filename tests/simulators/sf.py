"""SF's platform 丰桥: the query for routes, registering for them, and pushing them.

It encodes as Java does, byte by byte, not with the connector's lines.
"""

import base64
import json
from hashlib import md5
from typing import Any

import httpx
from fastapi import FastAPI, Request

_JAVA_KEEPS = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_")


def java_encoded(text: str) -> str:
    """What ``java.net.URLEncoder.encode(text, "UTF-8")`` documents: letters, digits and ``.-*_`` stay, a blank is +."""
    return "".join(
        chr(byte) if byte in _JAVA_KEEPS else "+" if byte == 0x20 else f"%{byte:02X}" for byte in text.encode()
    )


def digest(msg_data: str, timestamp: str, checkword: str) -> str:
    encoded = java_encoded(msg_data + timestamp + checkword)
    return base64.b64encode(md5(encoded.encode()).digest()).decode()


def route(time: str, remark: str, op_code: str, address: str = "深圳市", **more: str) -> dict[str, str]:
    return {"acceptAddress": address, "acceptTime": time, "remark": remark, "opCode": op_code, **more}


class SfSimulator:
    """Answers on ``app``; the decoded ``msgData`` of every question is in ``asked``.

    ``envelope``: a code of the platform for every question; ``inner_error``: success of the platform, refusal inside.
    """

    def __init__(self, *, partner_id: str = "PARTNER1", checkword: str = "check*word~1") -> None:
        self.partner_id = partner_id
        self.checkword = checkword
        self.routes: dict[str, tuple[tuple[str, ...], list[dict[str, str]]]] = {}
        self.asked: list[dict[str, Any]] = []
        self.envelope = "A1000"
        self.inner_error = ""
        self.registered: list[dict[str, Any]] = []
        self.to_repeat: list[dict[str, Any]] = []
        self.app = FastAPI()
        self.app.post("/std/service")(self._service)

    def add(self, number: str, tails: tuple[str, ...], routes: list[dict[str, str]]) -> None:
        self.routes[number] = (tails, routes)

    async def _service(self, request: Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.form()).items()}
        right = digest(form["msgData"], form["timestamp"], self.checkword)
        if form["partnerID"] != self.partner_id or form["msgDigest"] != right:
            return _envelope("A1006", "数字签名无效", "")
        if form["serviceCode"] not in ("EXP_RECE_SEARCH_ROUTES", "EXP_RECE_REGISTER_ROUTE"):
            return _envelope("A1004", "无对应服务权限", "")
        if self.envelope != "A1000":
            return _envelope(self.envelope, "平台拒绝", "")
        question = json.loads(form["msgData"])
        if form["serviceCode"] == "EXP_RECE_REGISTER_ROUTE":
            self.registered.append(question)
            verdict = {"success": not self.inner_error, "errorCode": self.inner_error or "S0000", "msgData": None}
            return _envelope("A1000", "", json.dumps(verdict))
        self.asked.append(question)
        return _envelope("A1000", "", json.dumps(self._answer(question), ensure_ascii=False))

    async def push(self, http: httpx.AsyncClient, url: str, number: str, *routes: dict[str, str]) -> httpx.Response:
        """Push these scans, to be repeated unless they are acknowledged."""
        found = [{"mailno": number, "id": str(place), **each} for place, each in enumerate(routes)]
        content = {"Body": {"WaybillRoute": found}}
        answer = await http.post(url, json=content)
        if answer.status_code != 200 or answer.json().get("return_code") != "0000":
            self.to_repeat.append(content)
        return answer

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        numbers = question["trackingNumber"]
        if len(numbers) > 10:
            return {"success": False, "errorCode": "8024", "errorMsg": "未下单或单号过多", "msgData": None}
        if self.inner_error:
            return {"success": False, "errorCode": self.inner_error, "errorMsg": "失败", "msgData": None}
        found = [{"mailNo": number, "routes": self._routes(number, question["checkPhoneNo"])} for number in numbers]
        return {"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": {"routeResps": found}}

    def _routes(self, number: str, tail: str) -> list[dict[str, str]]:
        """Empty for a wrong tail and for an unknown number alike."""
        tails, routes = self.routes.get(number, ((), []))
        return routes if tail in tails else []


def _envelope(code: str, message: str, data: str) -> dict[str, str]:
    return {"apiErrorMsg": message, "apiResponseID": "00017F2A", "apiResultCode": code, "apiResultData": data}
