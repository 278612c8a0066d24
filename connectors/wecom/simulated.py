"""What the simulated WeCom consists of: phones, sessions, rules, and what it finds right about a message."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi.responses import JSONResponse

KFID, USER = "wkDemoAccount", "wmDemoCustomer"
_MIB = 1024 * 1024
_MSGID = re.compile(r"[0-9a-zA-Z_-]{1,32}")
_UPLOADS: Mapping[str, tuple[int, set[str] | None]] = {
    "image": (10 * _MIB, {"image/png", "image/jpeg"}),
    "voice": (2 * _MIB, {"audio/amr"}),
    "video": (10 * _MIB, {"video/mp4"}),
    "file": (20 * _MIB, None),
}
_LIMITS = {"head_content": 1024, "tail_content": 1024}


@dataclass
class Phone:
    """A customer: what stands on the screen, and the last menu."""

    user: str
    unionid: str = ""
    rejects: bool = False
    screen: list[str] = field(default_factory=list)
    menu: dict[str, str] = field(default_factory=dict)

    def shows(self, what: str, body: Mapping[str, Any]) -> None:
        self.screen.append(what)
        if body.get("msgtype") == "msgmenu":
            clicks = (item["click"] for item in body["msgmenu"]["list"] if item.get("type") == "click")
            self.menu = {click["id"]: click["content"] for click in clicks}


@dataclass
class Session:
    """One customer at one customer-service account."""

    user: str
    kfid: str
    state: int = 4
    servicer: str = ""
    begun_at: datetime | None = None
    wrote_at: datetime | None = None
    welcomed_at: datetime | None = None
    left: int = 0


@dataclass(frozen=True)
class Pushed:
    """One attempt to ring, and what came back; ``status`` 0 means that nothing came in time."""

    body: str
    query: dict[str, str]
    status: int
    text: str


@dataclass
class Rules:
    """What can be otherwise about a company, or wrong with the platform.

    Parameters
    ----------
    page: messages of one page at most.
    empty_pages: before every page with messages comes an empty one that says that there is more.
    syncs_without_token: so many a minute.
    rejects_tokens: every access token is answered with 40014, for ever.
    answers: error codes to be given for the next calls of a path, e.g. ``{"kf/send_msg": ["-1"]}``.
    """

    messages: int = 5
    window: timedelta = timedelta(hours=48)
    page: int = 1000
    empty_pages: bool = False
    syncs_without_token: int = 3
    rejects_tokens: bool = False
    answers: dict[str, list[str]] = field(default_factory=dict)


class RefusedError(Exception):
    """The platform's error code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def error_answer(code: int) -> JSONResponse:
    return JSONResponse({"errcode": code, "errmsg": f"error, hint: [1700000000_1_{code}]"})


def is_msgid(found: Any) -> str:
    """The caller's own id, empty where it gave none.  Raises `RefusedError`."""
    if found in (None, ""):
        return ""
    if not isinstance(found, str) or not _MSGID.fullmatch(found):
        raise RefusedError(40058)
    return found


def uploadable(kind: str, content: bytes, content_type: str) -> None:
    """Raises `RefusedError`."""
    if kind not in _UPLOADS:
        raise RefusedError(40004)
    limit, types = _UPLOADS[kind]
    if types is not None and content_type not in types:
        raise RefusedError(40004)
    if not 5 < len(content) <= limit:
        raise RefusedError(40006)


def checked(body: Mapping[str, Any], knows_media: Callable[[str], bool]) -> str:
    """What a customer sees of a message.  Raises `RefusedError` for one that breaks the rules."""
    kind = body.get("msgtype")
    content = body.get(str(kind))
    if not isinstance(kind, str) or not isinstance(content, dict):
        raise RefusedError(40008)
    if kind == "text":
        return _text(content.get("content"), 2048)
    if kind == "msgmenu":
        return _menu(content)
    if kind in _UPLOADS:
        if not knows_media(str(content.get("media_id"))):
            raise RefusedError(40007)
        return f"[{kind}] {content['media_id']}"
    if kind == "location":
        if not (isinstance(content.get("latitude"), float) and isinstance(content.get("longitude"), float)):
            raise RefusedError(40058)
        return f"[location] {_text(content.get('name'), 512)}"
    raise RefusedError(40008)


def _text(found: Any, limit: int) -> str:
    if not isinstance(found, str) or not found.strip():
        raise RefusedError(44004)
    if len(found.encode()) > limit:
        raise RefusedError(45002)
    return found


def _menu(content: Mapping[str, Any]) -> str:
    items = content.get("list")
    if not isinstance(items, list) or not items:
        raise RefusedError(95010)
    if len(items) > 10:
        raise RefusedError(95008)
    lines = [_text(content[name], limit) for name, limit in _LIMITS.items() if content.get(name)]
    return "\n".join([*lines, *(_item(item) for item in items)])


def _item(item: Any) -> str:
    if not isinstance(item, dict) or item.get("type") != "click" or not isinstance(item.get("click"), dict):
        raise RefusedError(95009)
    _text(item["click"].get("id"), 128)
    return f"〔{_text(item['click'].get('content'), 128)}〕"
