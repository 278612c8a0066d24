"""Our account on the platform, as the console and the settings have it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import Settings

CHANNEL = "wechat"
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")


class WeChatMode(StrEnum):
    """明文模式, 兼容模式, 安全模式."""

    plain = "plain"
    compatible = "compatible"
    safe = "safe"


class WeChatReply(StrEnum):
    """客服接口, 被动回复."""

    custom = "custom"
    passive = "passive"


@dataclass(frozen=True)
class Quota:
    """How many messages the platform lets us send, and for how long, after what the customer did."""

    messages: int = 5
    window: timedelta = timedelta(hours=48)
    event_messages: int = 3
    event_window: timedelta = timedelta(minutes=1)


@dataclass(frozen=True)
class WeChatAccount:
    """An Official Account; printing it shows no secret.

    Parameters
    ----------
    aes_keys: EncodingAESKeys, the current one first.
    keeps_records: the account has the records of customer-service messages, so that they can be asked for.
    has_unionid: it is bound to an Open Platform account, so that followers have a unionid.
    """

    app_id: str
    secret: SecretStr
    token: SecretStr
    aes_keys: tuple[SecretStr, ...] = ()
    mode: WeChatMode = WeChatMode.safe
    reply: WeChatReply = WeChatReply.custom
    api_url: str = "https://api.weixin.qq.com"
    quota: Quota = Quota()
    text_bytes: int = 2048
    uses_menus: bool = True
    keeps_records: bool = False
    has_unionid: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "WeChatAccount | None":
        """None when nothing is configured.  Raises `SettingsError` naming what is missing or wrong."""
        needed = {
            "BOT_WECHAT_APP_ID": settings.wechat_app_id,
            "BOT_WECHAT_SECRET": settings.wechat_secret,
            "BOT_WECHAT_TOKEN": settings.wechat_token,
        }
        if not any(needed.values()):
            return None
        missing = [name for name, value in needed.items() if not value]
        mode = WeChatMode(settings.wechat_mode)
        if mode != WeChatMode.plain and not settings.wechat_aes_key:
            missing.append("BOT_WECHAT_AES_KEY")
        if missing:
            raise SettingsError(f"WeChat is configured by halves, missing: {', '.join(missing)}")
        return cls._whole(settings, mode)

    @classmethod
    def _whole(cls, settings: Settings, mode: WeChatMode) -> "WeChatAccount":
        token = settings.wechat_token or SecretStr("")
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise SettingsError("BOT_WECHAT_TOKEN has 3 to 32 letters and digits")
        keys = (settings.wechat_aes_key, settings.wechat_aes_key_previous)
        return cls(
            app_id=settings.wechat_app_id or "",
            secret=settings.wechat_secret or SecretStr(""),
            token=token,
            aes_keys=tuple(key for key in keys if key is not None),
            mode=mode,
            reply=WeChatReply(settings.wechat_reply),
            api_url=settings.wechat_api_url.rstrip("/"),
            quota=Quota(
                settings.wechat_quota_messages,
                timedelta(hours=settings.wechat_quota_hours),
                settings.wechat_quota_event_messages,
                timedelta(seconds=settings.wechat_quota_event_seconds),
            ),
            text_bytes=settings.wechat_text_bytes,
            uses_menus=settings.wechat_msgmenu,
            keeps_records=settings.wechat_records,
            has_unionid=settings.wechat_unionid,
        )
