"""Calling Tencent's platforms: JSON in UTF-8, one shared token, one refresh and one retry when it is rejected."""

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import TryAgainError
from connectors.tencent_media import TooLongError
from connectors.tencent_token import Fetched, SharedToken

logger = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(10.0, connect=4.0)
_LONGEST_TOKEN_S = 24 * 3600
_KEPT = (b"content-type", b"content-disposition")
"""The content is unpacked by now."""
_JSON = ("application/json", "text/json")


class TencentError(Exception):
    """The platform answered with an error code; whoever asked decides what becomes of it."""

    @property
    def needs_another_token(self) -> bool:
        """Whether the platform rejected the token that came with the call."""
        raise NotImplementedError


class TencentApi(ABC):
    """Calls as one account.

    All calls raise ``error_type`` for an error code and `TryAgainError` for a platform that is away or slow.

    Parameters
    ----------
    url: where the platform is, without a slash at the end.
    account: names the token's account among all, e.g. ``wechat:wx0123``.
    """

    name: ClassVar[str]
    """For people."""
    error_type: ClassVar[type[TencentError]]
    answer_bytes: ClassVar[int]
    """More than this is no answer."""

    def __init__(self, url: str, account: str, http: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        self._url = url
        self._http = http
        self._token = SharedToken(database, clock, account, self._fetch)

    async def upload(self, kind: str, name: str, content: bytes, content_type: str) -> str:
        """Temporary media, kept three days by the platform: its media id."""
        files = {"media": (name, content, content_type)}
        answer = self._object(await self._authorised("media/upload", {"type": kind}, files=files))
        return str(answer.get("media_id", ""))

    @abstractmethod
    async def _fetch(self, force: bool) -> Fetched:
        """A token; ``force``: another one than the platform would give by itself."""

    async def _authorised(self, path: str, query: Mapping[str, str], **request: Any) -> httpx.Response:
        """``path`` is below ``/cgi-bin/``, or as it is where it begins with ``/``."""
        token = await self._token.current()
        try:
            return await self._once(path, query, token, **request)
        except TencentError as error:
            if not error.needs_another_token:
                raise
            another = await self._token.instead_of(token)
            if another is None:
                raise
            return await self._once(path, query, another, **request)

    async def _once(self, path: str, query: Mapping[str, str], token: str, **request: Any) -> httpx.Response:
        method = "POST" if {"content", "files"} & request.keys() else "GET"
        url = self._url + (path if path.startswith("/") else f"/cgi-bin/{path}")
        response = await self._request(method, url, params={"access_token": token, **query}, **request)
        if is_json(response):
            self._object(response)
        return response

    async def _request(self, method: str, url: str, *, limit: int | None = None, **request: Any) -> httpx.Response:
        """Nothing of the address gets into an error: token and secret stand in it."""
        headers = {"Content-Type": "application/json; charset=utf-8"} if "content" in request else {}
        out = self._http.build_request(method, url, headers=headers, timeout=TIMEOUT, **request)
        try:
            response = await self._http.send(out, stream=True)
            return await self._read(response, limit or self.answer_bytes)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise TryAgainError(f"连不上{self.name}（{type(error).__name__}）") from error
        except httpx.TransportError as error:
            raise TryAgainError(f"{self.name}没有应答（{type(error).__name__}）", may_have_arrived=True) from error

    async def _read(self, response: httpx.Response, limit: int) -> httpx.Response:
        content = bytearray()
        try:
            if response.status_code >= 500:
                code = str(response.status_code)
                raise TryAgainError(f"{self.name}返回 HTTP {code}", code=code, may_have_arrived=True)
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > limit:
                    raise TooLongError
        finally:
            await response.aclose()
        kept = [(name, value) for name, value in response.headers.raw if name.lower() in _KEPT]
        return httpx.Response(response.status_code, headers=kept, content=bytes(content))

    def _fetched(self, response: httpx.Response) -> Fetched:
        answer = self._object(response)
        token, expires_in = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(expires_in, int):
            raise TryAgainError(f"{self.name}没有给出 access_token")
        logger.info("an access token was fetched by %s", type(self).__name__)
        return Fetched(token, max(1, min(expires_in, _LONGEST_TOKEN_S)))

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        status = response.status_code
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise TryAgainError(f"{self.name}返回的不是 JSON（HTTP {status}）", may_have_arrived=True) from error
        if not isinstance(answer, dict):
            raise TryAgainError(f"{self.name}返回的不是 JSON 对象", may_have_arrived=True)
        code = answer.get("errcode", 0)
        if code not in (0, "0"):
            # Its end is a number by which the platform's support finds the call; the rest may change and is not for us.
            rid = str(answer.get("errmsg", "")).rpartition("rid:")[2].strip()[:60]
            logger.warning("%s got error %s, rid %s", type(self).__name__, str(code)[:20], rid or "-")
            raise self.error_type(str(code)[:20])
        return answer


def is_json(response: httpx.Response) -> bool:
    """Whether an answer is JSON where a file might be; errors come as ``text/plain`` at times, but so do files."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_error = response.content[:1] == b"{" and b'"errcode"' in response.content[:200]
    return kind in _JSON or (kind in ("", "text/plain") and is_error)


def utf8(body: Mapping[str, Any]) -> bytes:
    """Characters as they are: the platform shows ``\\uXXXX`` to customers, or refuses it."""
    text = json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
