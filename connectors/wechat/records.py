"""The account's own records of customer-service messages, for what we cannot know ourselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.ports import TryAgainError
from connectors.wechat.api import WeChatApi
from connectors.wechat.codes import PlatformError

PATH = "/customservice/msgrecord/getmsglist"
_SENT_BY_US = "2002"
_AFTER = timedelta(seconds=30)
_PAGE = 10_000


class Records:
    """Asks ``getmsglist``, which not every account has."""

    def __init__(self, api: WeChatApi) -> None:
        self._api = api

    async def holds(self, openid: str, text: str, *, since: datetime, until: datetime) -> bool | None:
        """Whether a message to this follower that begins with the text is recorded; None when nobody can tell."""
        span = {
            # Nothing earlier: the same words said just before would pass for these, and these would be lost.
            "starttime": int(since.timestamp()),
            "endtime": int((until + _AFTER).timestamp()),
            "msgid": 1,
            "number": _PAGE,
        }
        try:
            answer = await self._api.call(PATH, span)
        except (PlatformError, TryAgainError):
            return None
        found = answer.get("recordlist")
        if not isinstance(found, list) or len(found) >= _PAGE:
            return None
        return any(_is_it(record, openid, text) for record in found if isinstance(record, dict))


def _is_it(record: Mapping[str, Any], openid: str, text: str) -> bool:
    is_ours = record.get("openid") == openid and str(record.get("opercode")) == _SENT_BY_US
    recorded = str(record.get("text", "")).strip()
    return is_ours and (recorded == text.strip() or recorded.startswith(f"{text.strip()}\n"))
