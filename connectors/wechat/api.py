"""WeChat's API, called as our Official Account."""

from collections.abc import Mapping
from typing import Any

import httpx

from bot.clock import Clock
from bot.db import Database
from connectors.tencent_api import TencentApi, is_json, utf8
from connectors.tencent_token import Fetched
from connectors.wechat.account import CHANNEL, WeChatAccount
from connectors.wechat.codes import PlatformError


class WeChatApi(TencentApi):
    """`TencentApi` that raises `PlatformError`."""

    name = "微信"
    error_type = PlatformError
    answer_bytes = 1024 * 1024

    def __init__(self, account: WeChatAccount, http: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        super().__init__(account.api_url, f"{CHANNEL}:{account.app_id}", http, database, clock)
        self._account = account

    async def call(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> dict[str, Any]:
        """POST a JSON body to ``/cgi-bin/<path>``, or GET without one; the answer's JSON object.

        A path that begins with ``/`` is taken as it is.
        """
        content = {} if body is None else {"content": utf8(body)}
        return self._object(await self._authorised(path, query, **content))

    async def download(self, media_id: str, *, limit: int) -> tuple[bytes, str]:
        """Temporary media: its bytes and content type.  Raises `TooLongError` beyond ``limit`` bytes.

        The platform answers a video with the address of it, and an error with JSON where bytes were asked for.
        """
        response = await self._authorised("media/get", {"media_id": media_id}, limit=limit)
        if not _may_be_json(response):
            return response.content, response.headers.get("content-type", "")
        url = str(self._object(response).get("video_url", ""))
        if not url.startswith(("https://", "http://")):
            raise PlatformError("40007")
        response = await self._request("GET", url, limit=limit)
        if response.status_code != 200 or _may_be_json(response):
            raise PlatformError("40007")
        return response.content, response.headers.get("content-type", "")

    async def _fetch(self, force: bool) -> Fetched:
        body = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret.get_secret_value(),
            "force_refresh": force,
        }
        url = f"{self._account.api_url}/cgi-bin/stable_token"
        return self._fetched(await self._request("POST", url, content=utf8(body)))


def _may_be_json(response: httpx.Response) -> bool:
    """Customers send no text as a file here, so all text is the platform's."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return is_json(response) or kind == "text/plain" or (not kind and response.content[:1] == b"{")
