"""Our company on the platform, as the console and the settings have it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import Settings

CHANNEL = "wecom"
_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")


class WeComState(IntEnum):
    """未处理, 智能助手接待, 待接入池排队, 人工接待, 已结束或未开始: the platform's ``service_state``."""

    new = 0
    bot = 1
    pool = 2
    human = 3
    ended = 4

    @property
    def is_with_person(self) -> bool:
        """The bot is silent: the platform takes nothing from it."""
        return self in (WeComState.pool, WeComState.human)


class WeComHandOver(StrEnum):
    """我们的工作台, 待接入池, 指定的接待人员: where a customer goes who wants a person."""

    desk = "desk"
    pool = "pool"
    servicers = "servicers"


@dataclass(frozen=True)
class WeComAccount:
    """A company with customer service; printing it shows no secret.

    Parameters
    ----------
    secret: of the application that may call the customer-service API.
    aes_keys: EncodingAESKeys, the current one first.
    open_kfids: the customer-service accounts that are served; empty serves all that ring.
    servicers: who customers are handed to, by userid; empty takes all of the customer-service account.
    messages, window: so many may be sent, and so long, after a customer wrote.
    """

    corp_id: str
    secret: SecretStr
    token: SecretStr
    aes_keys: tuple[SecretStr, ...]
    open_kfids: tuple[str, ...] = ()
    api_url: str = "https://qyapi.weixin.qq.com"
    hand_over: WeComHandOver = WeComHandOver.desk
    servicers: tuple[str, ...] = ()
    messages: int = 5
    window: timedelta = timedelta(hours=48)
    has_unionid: bool = False

    def serves(self, open_kfid: str) -> bool:
        return not self.open_kfids or open_kfid in self.open_kfids

    @classmethod
    def of(cls, settings: Settings) -> "WeComAccount | None":
        """None when nothing is configured.  Raises `SettingsError` naming what is missing or wrong."""
        needed = {
            "BOT_WECOM_CORP_ID": settings.wecom_corp_id,
            "BOT_WECOM_SECRET": settings.wecom_secret,
            "BOT_WECOM_TOKEN": settings.wecom_token,
            "BOT_WECOM_AES_KEY": settings.wecom_aes_key,
        }
        if not any(needed.values()):
            return None
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise SettingsError(f"WeCom is configured by halves, missing: {', '.join(missing)}")
        return cls._whole(settings)

    @classmethod
    def _whole(cls, settings: Settings) -> "WeComAccount":
        token = settings.wecom_token or SecretStr("")
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise SettingsError("BOT_WECOM_TOKEN has 3 to 32 letters and digits")
        keys = (settings.wecom_aes_key, settings.wecom_aes_key_previous)
        return cls(
            corp_id=settings.wecom_corp_id or "",
            secret=settings.wecom_secret or SecretStr(""),
            token=token,
            aes_keys=tuple(key for key in keys if key is not None),
            open_kfids=tuple(settings.wecom_open_kfids),
            api_url=settings.wecom_api_url.rstrip("/"),
            hand_over=WeComHandOver(settings.wecom_hand_over),
            servicers=tuple(settings.wecom_servicers),
            messages=settings.wecom_quota_messages,
            window=timedelta(hours=settings.wecom_quota_hours),
            has_unionid=settings.wecom_unionid,
        )
