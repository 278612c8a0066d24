"""Publishing the menu, and looking at what is published."""

from typing import Any

from bot.errors import RefusedError
from connectors.wechat.api import WeChatApi
from connectors.wechat.codes import PlatformError
from connectors.wechat.menu import Menu


async def publish(api: WeChatApi, menu: Menu) -> None:
    """Followers see it after some five minutes.  Raises `RefusedError` with the platform's reason."""
    await _call(api, "menu/create", menu.as_json())


async def published(api: WeChatApi) -> dict[str, Any]:
    """As the platform has it."""
    return await _call(api, "get_current_selfmenu_info", None)


async def _call(api: WeChatApi, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    try:
        return await api.call(path, body)
    except PlatformError as error:
        raise RefusedError(f"微信拒绝了（{error.code.code}）：{error.code.zh}") from error
