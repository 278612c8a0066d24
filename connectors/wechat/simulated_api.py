"""The API of the simulated WeChat: tokens, windows, counts, menus, media, templates."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile

from connectors.wechat.simulated_phones import Phone, Rules

_MIB = 1024 * 1024
_UPLOADS = {
    "image": (10 * _MIB, {"image/png", "image/jpeg", "image/gif"}),
    "voice": (2 * _MIB, {"audio/amr", "audio/mpeg"}),
    "video": (10 * _MIB, {"video/mp4"}),
    "thumb": (64 * 1024, {"image/jpeg"}),
}
_SENDABLE = {"text", "image", "voice", "video", "msgmenu", "news", "miniprogrampage"}
_TOKEN_LIVES = timedelta(seconds=7200)
_OVERLAP = timedelta(minutes=5)


class _RefusedError(Exception):
    def __init__(self, code: int, message: str = "error") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass
class _Issued:
    token: str
    at: datetime
    expires: datetime


class SimulatedApi:
    """What we call; ``app`` answers."""

    def __init__(self, clock: Callable[[], datetime], app_id: str, secret: str) -> None:
        self.clock = clock
        self.app_id, self.secret = app_id, secret
        self.rules = Rules()
        self.phones: dict[str, Phone] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.media: dict[str, tuple[bytes, str, datetime]] = {}
        self.menu: dict[str, Any] | None = None
        self.token_calls: list[bool] = []
        self.records: list[dict[str, Any]] = []
        self._notices: dict[tuple[str, str], int] = {}
        self._tokens: list[_Issued] = []
        self._notice_ids = count(200228332)
        self._templates_to_report: list[tuple[str, int]] = []
        self.app = self._make_app()

    def phone(self, openid: str = "oDemoOpenId") -> Phone:
        return self.phones.setdefault(openid, Phone(openid))

    def add_media(self, content: bytes, content_type: str) -> str:
        media_id = f"media-{uuid4().hex}"
        self.media[media_id] = (content, content_type, self.clock())
        return media_id

    def _make_app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/cgi-bin/token", self._token, methods=["GET"])
        app.add_api_route("/cgi-bin/stable_token", self._stable_token, methods=["POST"])
        app.add_api_route("/cgi-bin/media/upload", self._upload, methods=["POST"])
        app.add_api_route("/cgi-bin/media/get", self._media_get, methods=["GET"])
        app.add_api_route("/video/{media_id}", self._video, methods=["GET"])
        app.add_api_route("/{path:path}", self._any, methods=["GET", "POST"])
        return app

    async def _token(self, request: Request) -> Response:
        """The old way: every call makes a new one and kills those before."""
        query = request.query_params
        return self._issue(query.get("appid"), query.get("secret"), force=True)

    async def _stable_token(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        return self._issue(asked.get("appid"), asked.get("secret"), force=asked.get("force_refresh") is True)

    def _issue(self, app_id: Any, secret: Any, *, force: bool) -> Response:
        if not self.rules.ip_allowed:
            return _error(40164, "invalid ip")
        if app_id != self.app_id or secret != self.secret:
            return _error(40125 if app_id == self.app_id else 40013)
        self.token_calls.append(force)
        now = self.clock()
        latest = self._tokens[-1] if self._tokens else None
        if force and latest is not None:
            latest.expires = min(latest.expires, now)
        if latest is None or force or latest.expires - now < _OVERLAP:
            latest = _Issued(f"T{len(self._tokens)}-{uuid4().hex}", now, now + _TOKEN_LIVES)
            self._tokens.append(latest)
        left = int((latest.expires - now).total_seconds())
        return JSONResponse({"access_token": latest.token, "expires_in": left})

    def expire_tokens(self) -> None:
        """As if another system had forced a new one."""
        for issued in self._tokens:
            issued.expires = min(issued.expires, self.clock())
        self._tokens.append(_Issued(f"T{len(self._tokens)}-{uuid4().hex}", self.clock(), self.clock() + _TOKEN_LIVES))

    def _authorise(self, request: Request, path: str) -> None:
        token = request.query_params.get("access_token", "")
        if not token:
            raise _RefusedError(41001, "access_token missing")
        issued = next((each for each in self._tokens if each.token == token), None)
        if self.rules.rejects_tokens or issued is None:
            raise _RefusedError(40001, "invalid credential, access_token is invalid or not latest")
        if self.clock() >= issued.expires:
            raise _RefusedError(42001, "access_token expired")
        planned = self.rules.answers.get(path)
        if planned:
            raise _RefusedError(int(planned.pop(0)))

    async def _any(self, request: Request, path: str) -> Response:
        path = path.removeprefix("cgi-bin/")
        raw = await request.body()
        try:
            self._authorise(request, path)
            if b"\\u" in raw:
                raise _RefusedError(40033, "invalid charset")
            body = json.loads(raw) if raw else {}
            self.calls.append((path, body))
            return JSONResponse({"errcode": 0, "errmsg": "ok", **self._done(path, body, request)})
        except _RefusedError as refusal:
            return _error(refusal.code, refusal.message)
        except ValueError:
            return _error(47001, "data format error")

    def _done(self, path: str, body: dict[str, Any], request: Request) -> dict[str, Any]:
        doing: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "message/custom/send": self._send,
            "message/custom/typing": self._typing,
            "message/template/send": self._template,
            "message/subscribe/bizsend": self._template,
            "menu/create": self._create_menu,
            "get_current_selfmenu_info": lambda _: {"is_menu_open": int(bool(self.menu)), "selfmenu_info": self.menu},
            "customservice/msgrecord/getmsglist": self._get_records,
        }
        if path == "user/info":
            return self._user(request.query_params.get("openid", ""))
        if path not in doing:
            raise _RefusedError(40066, "invalid url")
        return doing[path](body)

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self.rules.may_send:
            raise _RefusedError(48001, "api unauthorized")
        phone = self.phones.get(str(body.get("touser")))
        if phone is None:
            raise _RefusedError(40003, "invalid openid")
        kind = body.get("msgtype")
        if kind not in _SENDABLE or not isinstance(body.get(kind), dict):
            raise _RefusedError(40008, "invalid message type")
        shown = self._shown(str(kind), body[kind])
        self._count(phone)
        if kind == "msgmenu":
            phone.menu = {str(item["id"]): str(item["content"]) for item in body["msgmenu"]["list"]}
        phone.shows(shown)
        phone.typing_until = None
        self.sent.append((phone.openid, body))
        now = int(self.clock().timestamp())
        self.records.append({"openid": phone.openid, "opercode": 2002, "text": shown, "time": now, "worker": "bot"})
        return {}

    def _shown(self, kind: str, content: dict[str, Any]) -> str:
        if kind == "text":
            text = content.get("content")
            if not isinstance(text, str) or not text.strip():
                raise _RefusedError(44004, "empty content")
            if len(text.encode()) > self.rules.text_bytes:
                raise _RefusedError(45002, "content size out of limit")
            return text
        if kind == "msgmenu":
            return self._shown_menu(content)
        media_id = str(content.get("media_id", ""))
        known = self.media.get(media_id)
        if known is None or self.clock() - known[2] > timedelta(days=3):
            raise _RefusedError(40007, "invalid media_id")
        if kind == "video" and content.get("thumb_media_id") not in self.media:
            raise _RefusedError(40007, "invalid media_id")
        return f"[{kind}] {media_id}"

    def _shown_menu(self, content: dict[str, Any]) -> str:
        if not self.rules.shows_menus:
            raise _RefusedError(40200, "invalid account type")
        items = content.get("list")
        if not isinstance(items, list) or not items or any(set(item) != {"id", "content"} for item in items):
            raise _RefusedError(47001, "data format error")
        if len(items) > 10:
            raise _RefusedError(45098, "menu list too long")
        lines = [str(content.get("head_content", "")), *(f"〔{item['content']}〕" for item in items)]
        text = "\n".join(line for line in [*lines, str(content.get("tail_content", ""))] if line)
        if len(text.encode()) > self.rules.text_bytes * 2:
            raise _RefusedError(45002, "content size out of limit")
        return text

    def _count(self, phone: Phone) -> None:
        """Into the window of an action first, which ends sooner."""
        now = self.clock()
        if not phone.follows:
            raise _RefusedError(45015, "response out of time limit or subscription is canceled")
        if phone.blocks:
            raise _RefusedError(48002, "user refuses messages")
        if phone.acted_at is not None and now - phone.acted_at < self.rules.event_window and phone.left_of_action:
            phone.left_of_action -= 1
            return
        if phone.wrote_at is None or now - phone.wrote_at >= self.rules.window:
            raise _RefusedError(45015, "response out of time limit or subscription is canceled")
        if not phone.left:
            raise _RefusedError(45047, "out of response count limit")
        phone.left -= 1

    def _typing(self, body: dict[str, Any]) -> dict[str, Any]:
        phone, now = self.phone(str(body.get("touser"))), self.clock()
        if body.get("command") not in ("Typing", "CancelTyping"):
            raise _RefusedError(45072, "invalid command")
        latest = max((each for each in (phone.wrote_at, phone.acted_at) if each), default=None)
        if latest is None or now - latest > timedelta(seconds=30):
            raise _RefusedError(45080, "can not send typing")
        if body["command"] == "CancelTyping":
            phone.typing_until = None
        elif phone.typing_until is not None and now < phone.typing_until:
            raise _RefusedError(45081, "typing already")
        else:
            phone.typing_until = now + timedelta(seconds=15)
        return {}

    def _template(self, body: dict[str, Any]) -> dict[str, Any]:
        phone = self.phones.get(str(body.get("touser")))
        if phone is None or not phone.follows:
            raise _RefusedError(43004, "require subscribe")
        data = body.get("data")
        if not isinstance(data, dict) or not data or any(not each.get("value") for each in data.values()):
            raise _RefusedError(47003, "argument invalid")
        for name, each in data.items():
            if name.startswith("thing") and len(each["value"]) > 20:
                raise _RefusedError(47003, "argument invalid")
        key = (phone.openid, str(body.get("client_msg_id", "")))
        if key[1] and key in self._notices:
            return {"msgid": self._notices[key]}
        message_id = next(self._notice_ids)
        self._notices[key] = message_id
        phone.shows("[通知] " + "；".join(str(each["value"]) for each in data.values()))
        self._templates_to_report.append((phone.openid, message_id))
        return {"msgid": message_id}

    def _create_menu(self, body: dict[str, Any]) -> dict[str, Any]:
        buttons = body.get("button")
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
            raise _RefusedError(40016, "invalid button size")
        for button in buttons:
            if len(str(button.get("name", "")).encode()) > 16:
                raise _RefusedError(40018, "invalid button name size")
            below = button.get("sub_button", [])
            if len(below) > 5 or any(len(str(each.get("name", "")).encode()) > 60 for each in below):
                raise _RefusedError(40023 if len(below) > 5 else 40025, "invalid sub button")
        self.menu = body
        return {}

    def _get_records(self, span: dict[str, Any]) -> dict[str, Any]:
        if not self.rules.keeps_records:
            raise _RefusedError(48001, "api unauthorized")
        found = [each for each in self.records if span["starttime"] <= each["time"] <= span["endtime"]]
        return {"recordlist": found, "number": len(found), "msgid": 1}

    def _user(self, openid: str) -> dict[str, Any]:
        phone = self.phones.get(openid)
        if phone is None:
            raise _RefusedError(40003, "invalid openid")
        if not phone.follows:
            return {"subscribe": 0, "openid": openid}
        found = {"subscribe": 1, "openid": openid, "language": "zh_CN", "subscribe_scene": "ADD_SCENE_QR_CODE"}
        return {**found, **({"unionid": phone.unionid} if phone.unionid else {})}

    async def _upload(self, request: Request) -> Response:
        try:
            self._authorise(request, "media/upload")
            kind = request.query_params.get("type", "")
            if kind not in _UPLOADS:
                raise _RefusedError(40004, "invalid media type")
            content, content_type = await _uploaded(request)
            limit, types = _UPLOADS[kind]
            if content_type not in types:
                raise _RefusedError(40004, "invalid media type")
            if len(content) > limit:
                raise _RefusedError(40006, "invalid meida size")
        except _RefusedError as refusal:
            return _error(refusal.code, refusal.message)
        media_id = self.add_media(content, content_type)
        return JSONResponse({"type": kind, "media_id": media_id, "created_at": int(self.clock().timestamp())})

    async def _media_get(self, request: Request) -> Response:
        """Bytes, or JSON: an error, or the address of a film."""
        try:
            self._authorise(request, "media/get")
        except _RefusedError as refusal:
            return _error(refusal.code, refusal.message)
        media_id = request.query_params.get("media_id", "")
        known = self.media.get(media_id)
        if known is None or self.clock() - known[2] > timedelta(days=3):
            return _error(40007, "invalid media_id")
        if known[1].startswith("video/"):
            return JSONResponse({"video_url": str(request.base_url.replace(path=f"/video/{media_id}"))})
        disposition = {"Content-Disposition": f'attachment; filename="{media_id}"'}
        return Response(known[0], media_type=known[1], headers=disposition)

    async def _video(self, media_id: str) -> Response:
        content, content_type, _ = self.media[media_id]
        return Response(content, media_type=content_type)


async def _uploaded(request: Request) -> tuple[bytes, str]:
    async with request.form() as form:
        file = form.get("media")
        if not isinstance(file, UploadFile):
            raise _RefusedError(41005, "media data missing")
        return await file.read(), file.content_type or ""


def _error(code: int, message: str = "error") -> JSONResponse:
    return JSONResponse({"errcode": code, "errmsg": f"{message} rid: {uuid4().hex[:8]}-{uuid4().hex[:8]}"})
