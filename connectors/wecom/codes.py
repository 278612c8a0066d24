"""What the platform's error codes mean for us, from ``codes.yml``."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

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


class WeComVerdict(StrEnum):
    """换令牌重试, 稍后重试, 等客户来信, 查会话状态, 换人, 不带回调令牌, 联系不到, 被拒, 配置, 重新上传, 改发文字."""

    token = "token"  # noqa: S105
    try_again = "try_again"
    quota = "quota"
    state = "state"
    servicer = "servicer"
    sync_token = "sync_token"  # noqa: S105
    gone = "gone"
    refused = "refused"
    misconfigured = "misconfigured"
    media = "media"
    menu = "menu"


_ERRORS: dict[WeComVerdict, type[DeliveryError]] = {
    WeComVerdict.quota: QuotaError,
    WeComVerdict.state: QuotaError,
    WeComVerdict.gone: RecipientGoneError,
    WeComVerdict.token: MisconfiguredError,
    WeComVerdict.misconfigured: MisconfiguredError,
    WeComVerdict.try_again: TryAgainError,
}


@dataclass(frozen=True)
class Code:
    """One error code.  ``zh`` is the reason, for people; ``alarm``: somebody has to act, whatever we do."""

    code: str
    verdict: WeComVerdict
    zh: str
    after: timedelta | None = None
    alarm: bool = False
    is_known: bool = True


@lru_cache(maxsize=1)
def _file() -> dict[str, dict[str, Code]]:
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {name: {code: _code(code, row) for code, row in rows.items()} for name, rows in content.items()}


def _code(code: str, row: Mapping[str, Any]) -> Code:
    after = timedelta(seconds=row["after"]) if "after" in row else None
    return Code(code, WeComVerdict(row["do"]), row["zh"], after, bool(row.get("alarm")))


def code_of(code: str) -> Code:
    """A code nobody knows is tried again: new ones are mostly about limits and passing trouble."""
    unknown = Code(code, WeComVerdict.try_again, f"企业微信返回未知错误 {code}", is_known=False)
    return _file()["codes"].get(code) or unknown


def failure_of(fail_type: str) -> Code:
    """Why a message that was taken did not arrive after all; an unknown reason is the platform's 0."""
    known = _file()["fail_types"]
    return known.get(fail_type) or known["0"]


def as_delivery_error(code: Code) -> DeliveryError:
    """What the outgoing queue has to know."""
    kind = _ERRORS.get(code.verdict, ContentRefusedError)
    if code.alarm or kind is MisconfiguredError:
        logger.error("WeCom says %s: somebody has to act, see connectors/wecom/README.md", code.code)
    if kind is TryAgainError:
        return TryAgainError(code.zh, code=code.code, after=code.after)
    return kind(code.zh, code=code.code)


class PlatformError(TencentError):
    """An error code of the platform."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code_of(code)

    @property
    def verdict(self) -> WeComVerdict:
        return self.code.verdict

    @property
    def needs_another_token(self) -> bool:
        return self.verdict is WeComVerdict.token

    def as_delivery_error(self) -> DeliveryError:
        return as_delivery_error(self.code)
