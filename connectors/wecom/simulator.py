"""A WeCom 微信客服 of our own: strict like the platform, for tests and for developers (``bot simulate wecom``).

It plays both sides: customers who write and people of the company who answer in WeCom, whose doorbell reaches our
callback signed and encrypted; and the API by which we fetch and answer.  What a customer would see is in ``phones``.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile

from connectors.tencent_body import write_xml
from connectors.tencent_crypto import MessageCrypt, Sealed
from connectors.wecom.simulated import (
    KFID,
    USER,
    Phone,
    Pushed,
    RefusedError,
    Rules,
    Session,
    checked,
    error_answer,
    is_msgid,
    uploadable,
)

TRIES = 3
_TOKEN_LIVES = timedelta(seconds=7200)
_RING_LIVES = timedelta(minutes=10)
_KEPT = timedelta(days=3)
_SESSION_LASTS = timedelta(hours=48)
_WELCOME = timedelta(seconds=20)
_LEGAL: Mapping[int, set[int]] = {0: {1, 2, 3, 4}, 1: {2, 3, 4}, 2: {3, 4}, 3: {3, 4}, 4: set()}


@dataclass
class _Code:
    """Good for one message: in ``state`` (None: in any), of these kinds."""

    session: Session
    until: datetime
    kinds: set[str]
    state: int | None = None


@dataclass
class Account:
    """A customer-service account with all its messages, oldest first."""

    open_kfid: str
    servicers: dict[str, int] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)


class WeComSimulator:
    """The platform.

    Parameters
    ----------
    clock: moves all windows and expiries.
    http: how the doorbell reaches our callback; without it nobody rings.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        http: httpx.AsyncClient | None = None,
        callback_url: str = "http://platform/wecom/callback",
        corp_id: str = "ww0123456789abcdef",
        secret: str = "kf-secret",  # noqa: S107
        token: str = "cstoken2024",  # noqa: S107
        aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        answer_within_s: float = 5.0,
    ) -> None:
        self.clock = clock
        self.http = http
        self.callback_url = callback_url
        self.corp_id, self.secret, self.token, self.aes_key = corp_id, secret, token, aes_key
        self.answer_within_s = answer_within_s
        self.rules = Rules()
        self.accounts: dict[str, Account] = {KFID: Account(KFID)}
        self.phones: dict[str, Phone] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pushes: list[Pushed] = []
        self.media: dict[str, tuple[bytes, str, str, datetime]] = {}
        self.tokens_given = 0
        self._tokens: dict[str, datetime] = {}
        self._rings: dict[str, tuple[str, datetime]] = {}
        self._codes: dict[str, _Code] = {}
        self._sent: set[tuple[str, str]] = set()
        self._asked_without: list[datetime] = []
        self._ids = count(1)
        self.app = self._make_app()

    def phone(self, user: str = USER) -> Phone:
        return self.phones.setdefault(user, Phone(user))

    def session(self, user: str = USER, kfid: str = KFID) -> Session:
        found = self.sessions.setdefault((user, kfid), Session(user, kfid))
        if found.state != 4 and found.begun_at and self.clock() - found.begun_at >= _SESSION_LASTS:
            found.state, found.servicer = 4, ""
        return found

    # -- customers act -------------------------------------------------------------------------------

    async def enters(self, user: str = USER, kfid: str = KFID) -> str:
        """Opens the chat; returns the welcome code, empty for whoever wrote or was welcomed within 48 hours."""
        session, now, code = self.session(user, kfid), self.clock(), ""
        last = max((each for each in (session.wrote_at, session.welcomed_at) if each), default=None)
        if last is None or now - last >= self.rules.window:
            code = self._new_code(session, _WELCOME, {"text", "msgmenu"}, state=None)
        event = {"event_type": "enter_session", "scene": "web", "scene_param": "", "welcome_code": code}
        await self.tells(user, kfid, event)
        return code

    async def writes(self, text: str, user: str = USER, *, menu_id: str = "", kfid: str = KFID, **more: Any) -> str:
        """A text; returns its msgid."""
        content = {"content": text, **({"menu_id": menu_id} if menu_id else {})}
        return await self.message("text", content, user, kfid=kfid, **more)

    async def taps(self, title: str, user: str = USER) -> str:
        """An item of the last menu."""
        choice = next(each for each, content in self.phone(user).menu.items() if content == title)
        return await self.writes(title, user, menu_id=choice)

    async def sends_file(
        self, kind: str, content: bytes, content_type: str, user: str = USER, *, name: str = "", kfid: str = KFID
    ) -> str:
        return await self.message(kind, {"media_id": self.add_media(content, content_type, name)}, user, kfid=kfid)

    async def message(
        self,
        kind: str,
        content: Mapping[str, Any],
        user: str = USER,
        *,
        kfid: str = KFID,
        rings: bool = True,
        **more: Any,
    ) -> str:
        """Anything a customer sends; ``more`` overrides what the platform adds."""
        session = self.session(user, kfid)
        if session.state == 4:
            session.state, session.begun_at, session.servicer = 0, self.clock(), ""
        session.begun_at = session.begun_at or self.clock()
        session.wrote_at, session.left = self.clock(), self.rules.messages
        whole = {"origin": 3, "external_userid": user, "msgtype": kind, kind: dict(content), **more}
        return await self._add(kfid, whole, rings=rings)

    # -- people of the company act, in WeCom ---------------------------------------------------------

    async def servicer_takes(self, servicer: str, user: str = USER, kfid: str = KFID, change: int = 1) -> None:
        """From the pool (1), from a colleague (2), or again after it ended (4)."""
        session = self.session(user, kfid)
        old, session.state, session.servicer = session.servicer, 3, servicer
        code = self._new_code(session, timedelta(hours=48), {"text"}, state=3)
        event = {"event_type": "session_status_change", "change_type": change, "msg_code": code}
        await self.tells(user, kfid, {**event, "old_servicer_userid": old, "new_servicer_userid": servicer})

    async def servicer_says(self, text: str, user: str = USER, kfid: str = KFID) -> str:
        session = self.session(user, kfid)
        self.phone(user).screen.append(text)
        whole = {"origin": 5, "external_userid": user, "servicer_userid": session.servicer}
        return await self._add(kfid, {**whole, "msgtype": "text", "text": {"content": text}})

    async def servicer_ends(self, user: str = USER, kfid: str = KFID) -> None:
        session = self.session(user, kfid)
        old, session.state, session.servicer = session.servicer, 4, ""
        code = self._new_code(session, _WELCOME, {"text", "msgmenu"}, state=4)
        event = {"event_type": "session_status_change", "change_type": 3, "msg_code": code}
        await self.tells(user, kfid, {**event, "old_servicer_userid": old, "new_servicer_userid": ""})

    async def fails(self, msgid: str, fail_type: int, user: str = USER, kfid: str = KFID) -> None:
        """Tell that a message that was taken did not arrive."""
        await self.tells(user, kfid, {"event_type": "msg_send_fail", "fail_msgid": msgid, "fail_type": fail_type})

    async def tells(self, user: str, kfid: str, event: Mapping[str, Any], *, rings: bool = True) -> str:
        """An event: who it is about stands within."""
        inner = {"open_kfid": kfid, "external_userid": user, **event}
        return await self._add(kfid, {"origin": 4, "msgtype": "event", "event": inner}, rings=rings)

    # -- the doorbell --------------------------------------------------------------------------------

    async def _add(self, kfid: str, message: Mapping[str, Any], *, rings: bool = True) -> str:
        msgid = str(message.get("msgid") or f"msg{next(self._ids):06d}")
        whole = {"msgid": msgid, "open_kfid": kfid, "send_time": int(self.clock().timestamp()), **message}
        self.accounts.setdefault(kfid, Account(kfid)).messages.append(whole)
        if rings and self.http is not None:
            await self.ring(kfid)
        return msgid

    async def ring(self, kfid: str = KFID) -> Pushed:
        """Three attempts with the same content."""
        ring = f"ENC{secrets.token_hex(12)}"
        self._rings[ring] = (kfid, self.clock())
        fields = {"Event": "kf_msg_or_event", "Token": ring, "OpenKfId": kfid}
        whole = {"ToUserName": self.corp_id, "CreateTime": int(self.clock().timestamp()), "MsgType": "event", **fields}
        pushed = Pushed("", {}, 0, "")
        for _ in range(TRIES):
            pushed = await self.attempt(whole)
            if pushed.status:
                break
        return pushed

    async def attempt(self, whole: Mapping[str, Any], **changes: str) -> Pushed:
        """One attempt; ``changes`` of the query make it a forged one."""
        if self.http is None:
            raise RuntimeError("this simulator rings nowhere")
        query, body = self.envelope(write_xml(whole))
        query |= changes
        try:
            async with asyncio.timeout(self.answer_within_s):
                response = await self.http.post(
                    self.callback_url, params=query, content=body, headers={"Content-Type": "text/xml"}
                )
            pushed = Pushed(body, query, response.status_code, response.text)
        except (TimeoutError, httpx.TransportError):
            pushed = Pushed(body, query, 0, "")
        self.pushes.append(pushed)
        return pushed

    async def verifies(self, echo: str = "1616140317555161061", **changes: str) -> Pushed:
        """What the console does when the address is saved: the echo is encrypted and signed."""
        if self.http is None:
            raise RuntimeError("this simulator rings nowhere")
        sealed = self.sealed(echo)
        query = self._query(sealed) | {"echostr": sealed.encrypted} | changes
        response = await self.http.get(self.callback_url, params=query)
        return Pushed("", query, response.status_code, response.text)

    def envelope(self, plain: str) -> tuple[dict[str, str], str]:
        """Query and body of a push."""
        sealed = self.sealed(plain)
        fields = {"ToUserName": self.corp_id, "AgentID": "", "Encrypt": sealed.encrypted}
        return self._query(sealed), write_xml(fields)

    def sealed(self, plain: str) -> Sealed:
        stamp, nonce = str(int(self.clock().timestamp())), str(secrets.randbelow(10**9))
        return MessageCrypt(self.token, [self.aes_key], self.corp_id).seal(plain, timestamp=stamp, nonce=nonce)

    def _query(self, sealed: Sealed) -> dict[str, str]:
        return {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}

    # -- the API -------------------------------------------------------------------------------------

    def add_media(self, content: bytes, content_type: str, name: str = "") -> str:
        media_id = f"media-{secrets.token_hex(8)}"
        self.media[media_id] = (content, content_type, name or media_id, self.clock())
        return media_id

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def _make_app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/cgi-bin/gettoken", self._gettoken, methods=["GET"])
        app.add_api_route("/cgi-bin/media/upload", self._upload, methods=["POST"])
        app.add_api_route("/cgi-bin/media/get", self._media_get, methods=["GET"])
        app.add_api_route("/cgi-bin/{path:path}", self._any, methods=["POST"])
        return app

    async def _gettoken(self, request: Request) -> Response:
        """The same token until it expires."""
        query = request.query_params
        if query.get("corpid") != self.corp_id:
            return error_answer(40013)
        if query.get("corpsecret") != self.secret:
            return error_answer(40001)
        self.tokens_given += 1
        now = self.clock()
        good = next((each for each, until in self._tokens.items() if now < until), None)
        token = good or f"W{self.tokens_given}-{secrets.token_hex(8)}"
        self._tokens.setdefault(token, now + _TOKEN_LIVES)
        left = int((self._tokens[token] - now).total_seconds())
        return JSONResponse({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": left})

    def _authorise(self, request: Request, path: str) -> None:
        token = request.query_params.get("access_token", "")
        if not token:
            raise RefusedError(41001)
        until = self._tokens.get(token)
        if self.rules.rejects_tokens or until is None:
            raise RefusedError(40014)
        if self.clock() >= until:
            raise RefusedError(42001)
        planned = self.rules.answers.get(path)
        if planned:
            raise RefusedError(int(planned.pop(0)))

    async def _any(self, request: Request, path: str) -> Response:
        raw = await request.body()
        try:
            self._authorise(request, path)
            if b"\\u" in raw:
                raise RefusedError(40033)
            body = json.loads(raw)
            self.calls.append((path, body))
            return JSONResponse({"errcode": 0, "errmsg": "ok", **self._done(path, body)})
        except RefusedError as refusal:
            return error_answer(refusal.code)
        except ValueError:
            return error_answer(47001)

    def _done(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        doing: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "kf/sync_msg": self._sync,
            "kf/send_msg": self._send,
            "kf/send_msg_on_event": self._send_on_event,
            "kf/service_state/get": self._state,
            "kf/service_state/trans": self._move,
            "kf/servicer/list": self._servicers,
            "kf/customer/batchget": self._customers,
        }
        if path not in doing:
            raise RefusedError(40066)
        return doing[path](body)

    def _sync(self, body: dict[str, Any]) -> dict[str, Any]:
        account = self._account(body)
        self._check_ring(str(body.get("token", "")), account.open_kfid)
        limit = body.get("limit", 1000)
        if not isinstance(limit, int) or not 1 <= limit <= 1000 or body.get("voice_format") not in (0, 1, None):
            raise RefusedError(40058)
        cursor = str(body.get("cursor", ""))
        if len(cursor) > 64 or (cursor and not cursor.partition(".")[0].isdigit()):
            raise RefusedError(40058)
        return self._page(account, cursor, min(limit, self.rules.page))

    def _page(self, account: Account, cursor: str, limit: int) -> dict[str, Any]:
        """A page may be empty and yet not the last."""
        at, oldest = int(cursor.partition(".")[0] or 0), int((self.clock() - _KEPT).timestamp())
        if self.rules.empty_pages and at < len(account.messages) and not cursor.endswith(".e"):
            return {"next_cursor": f"{at}.e", "has_more": 1, "msg_list": []}
        end = min(at + limit, len(account.messages))
        found = [each for each in account.messages[at:end] if each["send_time"] >= oldest]
        return {"next_cursor": str(end), "has_more": int(end < len(account.messages)), "msg_list": found}

    def _check_ring(self, token: str, kfid: str) -> None:
        """With a good token as often as you like; without, seldom."""
        now = self.clock()
        if token:
            known = self._rings.get(token)
            if known is None or known[0] != kfid or now - known[1] >= _RING_LIVES:
                raise RefusedError(95007)
            return
        self._asked_without = [each for each in self._asked_without if now - each < timedelta(minutes=1)]
        if len(self._asked_without) >= self.rules.syncs_without_token:
            raise RefusedError(45009)
        self._asked_without.append(now)

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        account, user = self._account(body), str(body.get("touser"))
        if user not in self.phones:
            raise RefusedError(40003)
        msgid = is_msgid(body.get("msgid")) or f"own{next(self._ids):06d}"
        shown = checked(body, self._knows_media)
        session = self.session(user, account.open_kfid)
        if (account.open_kfid, msgid) in self._sent:
            return {"msgid": msgid}
        if session.state not in (0, 1):
            raise RefusedError(95018)
        if session.wrote_at is None:
            raise RefusedError(95001)
        self._sent.add((account.open_kfid, msgid))
        fail_type = self._failure(session)
        if fail_type:
            self._later(user, account.open_kfid, msgid, fail_type)
        else:
            session.left -= 1
            self.phone(user).shows(shown, body)
        return {"msgid": msgid}

    def _failure(self, session: Session) -> int:
        """The platform takes more than it delivers, and tells so afterwards."""
        if session.wrote_at is None or self.clock() - session.wrote_at >= self.rules.window:
            return 4
        if self.phone(session.user).rejects:
            return 10
        return 0 if session.left > 0 else 6

    def _later(self, user: str, kfid: str, msgid: str, fail_type: int) -> None:
        event = {"event_type": "msg_send_fail", "open_kfid": kfid, "external_userid": user}
        whole = {"msgid": f"msg{next(self._ids):06d}", "open_kfid": kfid, "origin": 4, "msgtype": "event"}
        at = int(self.clock().timestamp())
        told = {**event, "fail_msgid": msgid, "fail_type": fail_type}
        self.accounts[kfid].messages.append({**whole, "send_time": at, "event": told})

    def _send_on_event(self, body: dict[str, Any]) -> dict[str, Any]:
        code = self._codes.get(str(body.get("code")))
        if code is None or self.clock() >= code.until:
            raise RefusedError(40029)
        if body.get("msgtype") not in code.kinds:
            raise RefusedError(40008)
        if code.state is not None and code.session.state != code.state:
            raise RefusedError(95018)
        msgid = is_msgid(body.get("msgid")) or f"own{next(self._ids):06d}"
        shown = checked(body, self._knows_media)
        del self._codes[str(body["code"])]
        self._sent.add((code.session.kfid, msgid))
        if code.state is None:
            code.session.welcomed_at = self.clock()
        self.phone(code.session.user).shows(shown, body)
        return {"msgid": msgid}

    def _state(self, body: dict[str, Any]) -> dict[str, Any]:
        session = self._session(body)
        return {"service_state": session.state, "servicer_userid": session.servicer}

    def _move(self, body: dict[str, Any]) -> dict[str, Any]:
        session, to = self._session(body), body.get("service_state")
        servicer = str(body.get("servicer_userid", ""))
        if to not in _LEGAL[session.state]:
            raise RefusedError(95016)
        if to == 3 and self.accounts[session.kfid].servicers.get(servicer) != 0:
            raise RefusedError(95014)
        is_first = session.state in (0, 1)
        session.state, session.servicer = int(to), servicer if to == 3 else ""
        if to == 1 or not (is_first or to == 4):
            return {}
        lasts, kinds = (_WELCOME, {"text", "msgmenu"}) if to == 4 else (timedelta(hours=48), {"text"})
        return {"msg_code": self._new_code(session, lasts, kinds, state=int(to))}

    def _servicers(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self._account(body).servicers
        return {"servicer_list": [{"userid": userid, "status": status} for userid, status in found.items()]}

    def _customers(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = body.get("external_userid_list")
        if not isinstance(asked, list) or not 0 < len(asked) <= 100:
            raise RefusedError(40058)
        known = [self.phones[each] for each in asked if each in self.phones]
        rows = [
            {"external_userid": each.user, "nickname": "张三", "gender": 0}
            | ({"unionid": each.unionid} if each.unionid else {})
            for each in known
        ]
        return {"customer_list": rows, "invalid_external_userid": [each for each in asked if each not in self.phones]}

    def _account(self, body: dict[str, Any]) -> Account:
        found = self.accounts.get(str(body.get("open_kfid")))
        if found is None:
            raise RefusedError(95000)
        return found

    def _session(self, body: dict[str, Any]) -> Session:
        account, user = self._account(body), str(body.get("external_userid"))
        if (user, account.open_kfid) not in self.sessions:
            raise RefusedError(40003)
        return self.session(user, account.open_kfid)

    def _new_code(self, session: Session, lasts: timedelta, kinds: set[str], *, state: int | None) -> str:
        code = f"CODE{secrets.token_hex(8)}"
        self._codes[code] = _Code(session, self.clock() + lasts, kinds, state)
        self.phone(session.user)
        return code

    def _knows_media(self, media_id: str) -> bool:
        known = self.media.get(media_id)
        return known is not None and self.clock() - known[3] < _KEPT

    async def _upload(self, request: Request) -> Response:
        try:
            self._authorise(request, "media/upload")
            async with request.form() as form:
                file = form.get("media")
                if not isinstance(file, UploadFile):
                    raise RefusedError(41005)
                content, content_type, name = await file.read(), file.content_type or "", file.filename or ""
            kind = request.query_params.get("type", "")
            uploadable(kind, content, content_type)
        except RefusedError as refusal:
            return error_answer(refusal.code)
        media_id = self.add_media(content, content_type, name)
        answer = {"errcode": 0, "errmsg": "", "type": kind, "media_id": media_id}
        return JSONResponse({**answer, "created_at": str(int(self.clock().timestamp()))})

    async def _media_get(self, request: Request) -> Response:
        """Bytes, or JSON: an error."""
        try:
            self._authorise(request, "media/get")
        except RefusedError as refusal:
            return error_answer(refusal.code)
        media_id = request.query_params.get("media_id", "")
        if not self._knows_media(media_id):
            return error_answer(40007)
        content, content_type, name, _ = self.media[media_id]
        disposition = f'attachment; filename="{name}"'.encode().decode("latin-1")
        return Response(content, media_type=content_type, headers={"Content-Disposition": disposition})
