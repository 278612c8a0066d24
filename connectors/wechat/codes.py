"""What the platform's error codes mean for us, from ``codes.yml``."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import yaml

from bot.delivery.ports import (
    ContentRefusedError,
    DeliveryError,
    MisconfiguredError,
    QuotaError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.tencent_api import TencentError

logger = logging.getLogger(__name__)
_FILE = Path(__file__).parent / "codes.yml"


class Verdict(StrEnum):
    """换令牌重试, 稍后重试, 等客户来信, 联系不到, 内容被拒, 配置问题, 重新上传, 改发文字, 分开发, 无碍."""

    token = "token"  # noqa: S105
    try_again = "try_again"
    quota = "quota"
    gone = "gone"
    refused = "refused"
    misconfigured = "misconfigured"
    media = "media"
    menu = "menu"
    too_long = "too_long"
    harmless = "harmless"


_ERRORS: dict[Verdict, type[DeliveryError]] = {
    Verdict.token: MisconfiguredError,
    Verdict.quota: QuotaError,
    Verdict.gone: RecipientGoneError,
    Verdict.refused: ContentRefusedError,
    Verdict.misconfigured: MisconfiguredError,
    Verdict.media: ContentRefusedError,
    Verdict.menu: ContentRefusedError,
    Verdict.too_long: ContentRefusedError,
    Verdict.harmless: ContentRefusedError,
}


@dataclass(frozen=True)
class Code:
    """One error code.  ``zh`` is the reason, for people; ``alarm``: somebody has to act, whatever we do."""

    code: str
    verdict: Verdict
    zh: str
    after: timedelta | None = None
    alarm: bool = False


@lru_cache(maxsize=1)
def codes() -> dict[str, Code]:
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {
        code: Code(
            code,
            Verdict(row["do"]),
            row["zh"],
            timedelta(seconds=row["after"]) if "after" in row else None,
            bool(row.get("alarm")),
        )
        for code, row in rows.items()
    }


def code_of(code: str) -> Code:
    """A code nobody knows is tried again: new ones are mostly about limits and passing trouble."""
    return codes().get(code) or Code(code, Verdict.try_again, f"微信返回未知错误 {code}")


class PlatformError(TencentError):
    """An error code of the platform."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code_of(code)

    @property
    def verdict(self) -> Verdict:
        return self.code.verdict

    @property
    def needs_another_token(self) -> bool:
        return self.verdict is Verdict.token

    def as_delivery_error(self) -> DeliveryError:
        """What the outgoing queue has to know."""
        code = self.code
        if code.alarm or code.verdict in (Verdict.misconfigured, Verdict.token):
            logger.error("WeChat answered %s: somebody has to act, see connectors/wechat/README.md", code.code)
        if code.verdict is Verdict.try_again:
            return TryAgainError(code.zh, code=code.code, after=code.after)
        return _ERRORS[code.verdict](code.zh, code=code.code)
