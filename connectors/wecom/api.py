"""WeCom's API, called as our company."""

from collections.abc import Mapping
from email.message import Message
from typing import Any

import httpx

from bot.clock import Clock
from bot.db import Database
from connectors.tencent_api import TencentApi, is_json, utf8
from connectors.tencent_token import Fetched
from connectors.wecom.account import CHANNEL, WeComAccount
from connectors.wecom.codes import PlatformError


class WeComApi(TencentApi):
    """`TencentApi` that raises `PlatformError`."""

    name = "企业微信"
    error_type = PlatformError
    answer_bytes = 8 * 1024 * 1024
    """A page of messages is long."""

    def __init__(self, account: WeComAccount, http: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        super().__init__(account.api_url, f"{CHANNEL}:{account.corp_id}", http, database, clock)
        self._account = account

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a JSON body to ``/cgi-bin/<path>``; the answer's JSON object."""
        return self._object(await self._authorised(path, {}, content=utf8(body)))

    async def download(self, media_id: str, *, limit: int) -> tuple[bytes, str, str]:
        """Temporary media: its bytes, content type and file name.  Raises `TooLongError` beyond ``limit`` bytes.

        The platform answers an error with JSON where bytes were asked for.
        """
        response = await self._authorised("media/get", {"media_id": media_id}, limit=limit)
        if response.status_code != 200 or is_json(response):
            raise PlatformError("40007")
        return response.content, response.headers.get("content-type", ""), _file_name(response)

    async def _fetch(self, force: bool) -> Fetched:  # noqa: ARG002  (this platform forces none)
        params = {"corpid": self._account.corp_id, "corpsecret": self._account.secret.get_secret_value()}
        url = f"{self._account.api_url}/cgi-bin/gettoken"
        try:
            return self._fetched(await self._request("GET", url, params=params))
        except PlatformError as error:
            # 40001 says here that the secret is wrong: no other token would help.
            raise (PlatformError("40091") if error.code.code == "40001" else error) from error


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
