"""The platform's API: JSON in UTF-8, one shared token, one refresh and one retry when the platform rejects it."""

import json
import logging
from collections.abc import Mapping
from email.message import Message
from typing import Any

import httpx

from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import TryAgainError
from connectors.tencent_media import TooLongError
from connectors.tencent_token import Fetched, SharedToken
from connectors.wecom.account import CHANNEL, WeComAccount
from connectors.wecom.codes import PlatformError, WeComVerdict

logger = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(10.0, connect=4.0)
_LONGEST_TOKEN_S = 24 * 3600
_ANSWER_BYTES = 8 * 1024 * 1024
"""A page of messages is long."""
_KEPT = (b"content-type", b"content-disposition")
"""The content is unpacked by now."""


class WeComApi:
    """Calls as our company.

    All calls raise `PlatformError` for an error code and `TryAgainError` for a platform that is away or slow.
    """

    def __init__(self, account: WeComAccount, http: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._token = SharedToken(database, clock, f"{CHANNEL}:{account.corp_id}", self._fetch)

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a JSON body to ``/cgi-bin/<path>``; the answer's JSON object."""
        return _object(await self._authorised(path, {}, content=_utf8(body)))

    async def upload(self, kind: str, name: str, content: bytes, content_type: str) -> str:
        """Temporary media, kept three days by the platform: its media id."""
        files = {"media": (name, content, content_type)}
        return str(_object(await self._authorised("media/upload", {"type": kind}, files=files)).get("media_id", ""))

    async def download(self, media_id: str, *, limit: int) -> tuple[bytes, str, str]:
        """Temporary media: its bytes, content type and file name.  Raises `TooLongError` beyond ``limit`` bytes.

        The platform answers an error with JSON where bytes were asked for.
        """
        response = await self._authorised("media/get", {"media_id": media_id}, limit=limit)
        if response.status_code != 200 or _is_json(response):
            raise PlatformError("40007")
        return response.content, response.headers.get("content-type", ""), _file_name(response)

    async def _authorised(self, path: str, query: Mapping[str, str], **request: Any) -> httpx.Response:
        token = await self._token.current()
        try:
            return await self._once(path, query, token, **request)
        except PlatformError as error:
            if error.verdict is not WeComVerdict.token:
                raise
            another = await self._token.instead_of(token)
            if another is None:
                raise
            return await self._once(path, query, another, **request)

    async def _once(self, path: str, query: Mapping[str, str], token: str, **request: Any) -> httpx.Response:
        method = "POST" if {"content", "files"} & request.keys() else "GET"
        params = {"access_token": token, **query}
        response = await self._request(method, f"cgi-bin/{path}", params=params, **request)
        if _is_json(response):
            _object(response)
        return response

    async def _fetch(self, force: bool) -> Fetched:  # noqa: ARG002  (this platform forces none)
        secret = self._account.secret.get_secret_value()
        params = {"corpid": self._account.corp_id, "corpsecret": secret}
        try:
            answer = _object(await self._request("GET", "cgi-bin/gettoken", params=params))
        except PlatformError as error:
            # 40001 says here that the secret is wrong: no other token would help.
            raise (PlatformError("40091") if error.code.code == "40001" else error) from error
        token, expires_in = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(expires_in, int):
            raise TryAgainError("企业微信没有给出 access_token")
        logger.info("a WeCom access token was fetched")
        return Fetched(token, max(1, min(expires_in, _LONGEST_TOKEN_S)))

    async def _request(self, method: str, path: str, *, limit: int = _ANSWER_BYTES, **request: Any) -> httpx.Response:
        """Nothing of the address gets into an error: token and secret stand in it."""
        headers = {"Content-Type": "application/json; charset=utf-8"} if "content" in request else {}
        url = f"{self._account.api_url}/{path}"
        out = self._http.build_request(method, url, headers=headers, timeout=TIMEOUT, **request)
        try:
            response = await self._http.send(out, stream=True)
            return await _read(response, limit)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryAgainError(f"连不上企业微信（{type(error).__name__}）") from error
        except httpx.TransportError as error:
            raise TryAgainError(f"企业微信没有应答（{type(error).__name__}）", may_have_arrived=True) from error


async def _read(response: httpx.Response, limit: int) -> httpx.Response:
    content = bytearray()
    try:
        if response.status_code >= 500:
            code = str(response.status_code)
            raise TryAgainError(f"企业微信返回 HTTP {code}", code=code, may_have_arrived=True)
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > limit:
                raise TooLongError
    finally:
        await response.aclose()
    kept = [(name, value) for name, value in response.headers.raw if name.lower() in _KEPT]
    return httpx.Response(response.status_code, headers=kept, content=bytes(content))


def _file_name(response: httpx.Response) -> str:
    """What the customer called the file."""
    header = Message()
    header["content-disposition"] = response.headers.get("content-disposition", "")
    name = header.get_filename("")
    try:
        # Chinese names come as raw UTF-8, which HTTP reads as Latin-1.
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def _is_json(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Errors come as text/plain at times, in place of a file; but a file may be text, too.
    return kind in ("application/json", "text/json") or (
        kind in ("", "text/plain") and response.content[:1] == b"{" and b'"errcode"' in response.content[:200]
    )


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise TryAgainError(f"企业微信返回的不是 JSON（HTTP {response.status_code}）", may_have_arrived=True) from error
    if not isinstance(answer, dict):
        raise TryAgainError("企业微信返回的不是 JSON 对象", may_have_arrived=True)
    code = answer.get("errcode", 0)
    if code not in (0, "0"):
        logger.warning("WeCom answered %s", str(code)[:20])
        raise PlatformError(str(code)[:20])
    return answer


def _utf8(body: Mapping[str, Any]) -> bytes:
    """Characters as they are, not as ``\\uXXXX``."""
    text = json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
