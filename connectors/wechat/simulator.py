"""A WeChat of our own: strict like the platform, for tests and for developers (``bot simulate wechat``).

It plays both sides: followers who write, whose pushes reach our callback signed and encrypted, and the API we answer
by.  What followers would see on their phones is kept in ``phones``.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any, Literal, TypeAlias

import httpx
from defusedxml.ElementTree import fromstring

from connectors.tencent_body import write_xml
from connectors.tencent_crypto import MessageCrypt, signature_of
from connectors.wechat.simulated_api import SimulatedApi
from connectors.wechat.simulated_phones import Phone, Pushed, Rules

__all__ = ["NO_SERVICE", "Phone", "Pushed", "Rules", "WeChatSimulator"]

NO_SERVICE = "该公众号暂时无法提供服务，请稍后再试"
TRIES = 3
Mode: TypeAlias = Literal["plain", "compatible", "safe"]


class WeChatSimulator(SimulatedApi):
    """The platform.

    Parameters
    ----------
    clock: moves all windows and expiries.
    http: how pushes reach our callback; without it only the API is there.
    callback_url: where they go.
    answer_within_s: how long an attempt is waited for.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        http: httpx.AsyncClient | None = None,
        callback_url: str = "http://platform/wechat/callback",
        app_id: str = "wx0123456789abcdef",
        secret: str = "app-secret",  # noqa: S107
        token: str = "cstoken2024",  # noqa: S107
        aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        mode: Mode = "safe",
        as_json: bool = False,
        answer_within_s: float = 5.0,
    ) -> None:
        super().__init__(clock, app_id, secret)
        self.http = http
        self.callback_url = callback_url
        self.token, self.aes_key = token, aes_key
        self.mode: Mode = mode
        self.as_json = as_json
        self.answer_within_s = answer_within_s
        self.account = "gh_demo"
        self.pushes: list[Pushed] = []
        self._ids = count(23456789012345678)

    # -- followers act -------------------------------------------------------------------------------

    async def writes(self, text: str, openid: str = "oDemoOpenId", *, menu_id: str = "", msg_id: str = "") -> str:
        """A text; returns its MsgId."""
        more = {"bizmsgmenuid": menu_id} if menu_id else {}
        return await self.message(openid, "text", {"Content": text, **more}, msg_id=msg_id)

    async def taps(self, title: str, openid: str = "oDemoOpenId") -> str:
        """An item of the last msgmenu."""
        menu = self.phone(openid).menu
        choice = next(each for each, content in menu.items() if content == title)
        return await self.writes(title, openid, menu_id=choice)

    async def sends_file(self, kind: str, content: bytes, content_type: str, openid: str = "oDemoOpenId") -> str:
        """An image, voice, video or shortvideo."""
        media_id = self.add_media(content, content_type)
        fields: dict[str, Any] = {"MediaId": media_id}
        if kind == "image":
            fields["PicUrl"] = f"http://mmbiz.qpic.cn/{media_id}"
        elif kind == "voice":
            fields["Format"] = "amr"
            fields["Recognition"] = "我的快递到哪了" if self.rules.recognises_speech else ""
        else:
            fields["ThumbMediaId"] = f"thumb-{media_id}"
        return await self.message(openid, kind, fields)

    async def is_at(self, latitude: float, longitude: float, label: str, openid: str = "oDemoOpenId") -> str:
        where = {"Location_X": f"{latitude:.6f}", "Location_Y": f"{longitude:.6f}", "Scale": 20, "Label": label}
        return await self.message(openid, "location", where)

    async def message(self, openid: str, kind: str, fields: Mapping[str, Any], *, msg_id: str = "") -> str:
        phone = self.phone(openid)
        phone.wrote_at, phone.left = self.clock(), self.rules.messages
        msg_id = msg_id or str(next(self._ids))
        await self.push(openid, {"MsgType": kind, **fields, "MsgId": int(msg_id)})
        return msg_id

    async def event(self, openid: str, event: str, **fields: Any) -> None:
        """An event has no MsgId."""
        phone = self.phone(openid)
        if event.lower() in ("subscribe", "scan", "click", "scancode_waitmsg", "scancode_push"):
            phone.acted_at, phone.left_of_action = self.clock(), self.rules.event_messages
        phone.follows = {"subscribe": True, "unsubscribe": False}.get(event.lower(), phone.follows)
        await self.push(openid, {"MsgType": "event", "Event": event, **fields})

    async def subscribes(self, openid: str = "oDemoOpenId", scene: str = "") -> None:
        await self.event(openid, "subscribe", EventKey=f"qrscene_{scene}" if scene else "")

    async def unsubscribes(self, openid: str = "oDemoOpenId") -> None:
        await self.event(openid, "unsubscribe", EventKey="")

    async def clicks(self, key: str, openid: str = "oDemoOpenId") -> None:
        await self.event(openid, "CLICK", EventKey=key)

    async def scans(self, result: str, openid: str = "oDemoOpenId") -> None:
        info = {"ScanType": "barcode", "ScanResult": result}
        await self.event(openid, "scancode_waitmsg", EventKey="scan_waybill", ScanCodeInfo=info)

    async def report_templates(self, status: str = "success") -> None:
        """Tell what became of the template messages sent so far."""
        waiting, self._templates_to_report = self._templates_to_report, []
        for openid, message_id in waiting:
            await self.event(openid, "TEMPLATESENDJOBFINISH", MsgID=message_id, Status=status)

    # -- pushing -------------------------------------------------------------------------------------

    async def push(self, openid: str, fields: Mapping[str, Any]) -> Pushed:
        """Three attempts with the same content; what comes back is shown to the follower."""
        created = int(self.clock().timestamp())
        whole = {"ToUserName": self.account, "FromUserName": openid, "CreateTime": created, **fields}
        pushed = Pushed(b"", {}, 0, "")
        for _ in range(TRIES):
            pushed = await self.attempt(whole)
            if pushed.status:
                break
        self._show(self.phone(openid), pushed)
        return pushed

    async def attempt(self, whole: Mapping[str, Any], **changes: str) -> Pushed:
        """One attempt; ``changes`` of the query make it a forged one."""
        if self.http is None:
            raise RuntimeError("this simulator pushes nothing")
        query, body = self.envelope(whole)
        query |= changes
        kind = "application/json" if self.as_json else "text/xml"
        try:
            async with asyncio.timeout(self.answer_within_s):
                response = await self.http.post(
                    self.callback_url, params=query, content=body, headers={"Content-Type": kind}
                )
            pushed = Pushed(body, query, response.status_code, response.text)
        except (TimeoutError, httpx.TransportError):
            pushed = Pushed(body, query, 0, "")
        self.pushes.append(pushed)
        return pushed

    def envelope(self, whole: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
        """Query and body of a push, in the account's mode and format."""
        stamp, nonce = str(int(self.clock().timestamp())), str(secrets.randbelow(10**9))
        query = {
            "signature": signature_of(self.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": str(whole.get("FromUserName", "")),
        }
        plain = self._written(whole)
        if self.mode == "plain":
            return query, plain.encode()
        sealed = MessageCrypt(self.token, [self.aes_key], self.app_id).seal(plain, timestamp=stamp, nonce=nonce)
        query |= {"encrypt_type": "aes", "msg_signature": sealed.signature}
        shown = {"ToUserName": self.account} if self.mode == "safe" else dict(whole)
        return query, self._written({**shown, "Encrypt": sealed.encrypted}).encode()

    def _written(self, fields: Mapping[str, Any]) -> str:
        return json.dumps(dict(fields), ensure_ascii=False) if self.as_json else write_xml(fields)

    def _show(self, phone: Phone, pushed: Pushed) -> None:
        text = pushed.text.strip()
        if not pushed.status or pushed.status != 200:
            phone.shows(NO_SERVICE)
        elif text not in ("", "success"):
            try:
                phone.shows(self._passive(text))
            except Exception:
                phone.shows(NO_SERVICE)

    def _passive(self, text: str) -> str:
        """What a passive reply says; raises whatever a reply does to us that is none."""
        fields = _fields(text)
        if self.mode == "safe" or "Encrypt" in fields:
            crypt = MessageCrypt(self.token, [self.aes_key], self.app_id)
            crypt.verify(fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
            fields = _fields(crypt.open(fields["Encrypt"]).message.decode())
        if fields["FromUserName"] != self.account or not int(fields["CreateTime"]):
            raise ValueError(fields["FromUserName"])
        if len(fields["Content"].encode()) > self.rules.text_bytes:
            raise ValueError("too long")
        return fields["Content"]


def _fields(text: str) -> dict[str, str]:
    if text.startswith("{"):
        return {name: str(value) for name, value in json.loads(text).items()}
    return {child.tag: child.text or "" for child in fromstring(text)}
