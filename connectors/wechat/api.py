"""The platform's API: JSON in UTF-8, one shared token, one refresh and one retry when the platform rejects it."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import TryAgainError
from connectors.tencent_media import TooLongError
from connectors.tencent_token import Fetched, SharedToken
from connectors.wechat.account import CHANNEL, WeChatAccount
from connectors.wechat.codes import PlatformError, Verdict

logger = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(10.0, connect=4.0)
_LONGEST_TOKEN_S = 24 * 3600


class WeChatApi:
    """Calls as our account.

    All calls raise `PlatformError` for an error code and `TryAgainError` for a platform that is away or slow.
    """

    def __init__(self, account: WeChatAccount, http: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._token = SharedToken(database, clock, f"{CHANNEL}:{account.app_id}", self._fetch)

    async def call(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """POST a JSON body to ``/cgi-bin/<path>``, or GET without one; the answer's JSON object.

        A path that begins with ``/`` is taken as it is.
        """
        return _object(await self._authorised(path, query, content=None if body is None else _utf8(body)))

    async def upload(self, kind: str, name: str, content: bytes, content_type: str) -> str:
        """Temporary media, kept three days by the platform: its media id."""
        files = {"media": (name, content, content_type)}
        return str(_object(await self._authorised("media/upload", {"type": kind}, files=files)).get("media_id", ""))

    async def download(self, media_id: str, *, limit: int) -> tuple[bytes, str]:
        """Temporary media: its bytes and content type.  Raises `TooLongError` beyond ``limit`` bytes.

        The platform answers a video with the address of it, and an error with JSON where bytes were asked for.
        """
        response = await self._authorised("media/get", {"media_id": media_id}, limit=limit)
        if not _is_json(response):
            return response.content, response.headers.get("content-type", "")
        url = str(_object(response).get("video_url", ""))
        if not url.startswith(("https://", "http://")):
            raise PlatformError("40007")
        response = await self._request("GET", url, limit=limit)
        if response.status_code != 200 or _is_json(response):
            raise PlatformError("40007")
        return response.content, response.headers.get("content-type", "")

    async def _authorised(self, path: str, query: Mapping[str, str], **request: Any) -> httpx.Response:
        token = await self._token.current()
        try:
            return await self._once(path, query, token, **request)
        except PlatformError as error:
            if error.verdict is not Verdict.token:
                raise
            another = await self._token.instead_of(token)
            if another is None:
                raise
            return await self._once(path, query, another, **request)

    async def _once(self, path: str, query: Mapping[str, str], token: str, **request: Any) -> httpx.Response:
        method = "POST" if request.get("content") is not None or request.get("files") is not None else "GET"
        url = self._account.api_url + (path if path.startswith("/") else f"/cgi-bin/{path}")
        response = await self._request(method, url, params={"access_token": token, **query}, **request)
        if _is_json(response):
            _object(response)
        return response

    async def _fetch(self, force: bool) -> Fetched:
        body = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret.get_secret_value(),
            "force_refresh": force,
        }
        response = await self._request("POST", f"{self._account.api_url}/cgi-bin/stable_token", content=_utf8(body))
        answer = _object(response)
        token, expires_in = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(expires_in, int):
            raise TryAgainError("微信没有给出 access_token")
        logger.info("a WeChat access token was fetched, forced: %s", force)
        return Fetched(token, max(1, min(expires_in, _LONGEST_TOKEN_S)))

    async def _request(self, method: str, url: str, *, limit: int = 1024 * 1024, **request: Any) -> httpx.Response:
        """Nothing of the address gets into an error: the token stands in it."""
        headers = {"Content-Type": "application/json; charset=utf-8"} if request.get("content") else {}
        out = self._http.build_request(method, url, headers=headers, timeout=TIMEOUT, **request)
        try:
            response = await self._http.send(out, stream=True)
            return await _read(response, limit)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryAgainError(f"连不上微信（{type(error).__name__}）") from error
        except httpx.TransportError as error:
            raise TryAgainError(f"微信没有应答（{type(error).__name__}）", may_have_arrived=True) from error


async def _read(response: httpx.Response, limit: int) -> httpx.Response:
    content = bytearray()
    try:
        if response.status_code >= 500:
            raise TryAgainError(f"微信返回 HTTP {response.status_code}", code=str(response.status_code))
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > limit:
                raise TooLongError
    finally:
        await response.aclose()
    return httpx.Response(response.status_code, headers=_plain(response.headers), content=bytes(content))


def _plain(headers: httpx.Headers) -> dict[str, str]:
    """The content is unpacked by now."""
    return {"content-type": headers.get("content-type", "")}


def _is_json(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Errors come as text/plain at times, in place of a file.
    return kind in ("application/json", "text/plain", "text/json") or (not kind and response.content[:1] == b"{")


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise TryAgainError(f"微信返回的不是 JSON（HTTP {response.status_code}）") from error
    if not isinstance(answer, dict):
        raise TryAgainError("微信返回的不是 JSON 对象")
    code = answer.get("errcode", 0)
    if code not in (0, "0"):
        # Its end is a number by which the platform's support finds the call; the rest may change and is not for us.
        rid = str(answer.get("errmsg", "")).rpartition("rid:")[2].strip()[:60]
        logger.warning("WeChat answered %s, rid %s", code, rid or "-")
        raise PlatformError(str(code))
    return answer


def _utf8(body: Mapping[str, Any]) -> bytes:
    """Characters as they are: the platform shows ``\\uXXXX`` to customers, or refuses it."""
    text = json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
