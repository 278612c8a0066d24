"""What Tencent Cloud pushes: statuses in arrays, messages one by one.  It signs neither; messages have no id."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from bot.clock import CHINA
from bot.inbox.ports import Letter
from connectors.sms.callbacks import digest_of
from connectors.sms.pushes import AsText, Came, Reported, letter_of
from connectors.sms.tencent.account import NAME

UP, STATUS = "up", "status"


class _Up(BaseModel):
    nationcode: AsText = "86"
    mobile: AsText
    text: AsText = ""


class _Status(BaseModel):
    nationcode: AsText = "86"
    mobile: AsText
    sid: AsText
    report_status: AsText
    errmsg: AsText = ""
    user_receive_time: AsText = ""


def up_letter(item: Mapping[str, Any], at: datetime) -> Letter:
    """The same words from the same phone in the same second are the same message."""
    key = digest_of(*(item.get(name) for name in ("nationcode", "mobile", "time", "extend", "text")))
    return letter_of(NAME, UP, item, key=key, number=_number(item), received_at=at)


def status_letter(item: Mapping[str, Any], at: datetime) -> Letter:
    key = f"{item.get('sid')}:{item.get('mobile')}"
    return letter_of(NAME, STATUS, item, key=key, number=_number(item), received_at=at)


def read_up(item: Mapping[str, Any], at: datetime) -> Came:  # noqa: ARG001
    up = _Up.model_validate(item)
    return Came(_written(up.nationcode, up.mobile), up.text)


def read_status(item: Mapping[str, Any], at: datetime) -> Reported:
    status = _Status.model_validate(item)
    return Reported(
        number=_written(status.nationcode, status.mobile),
        platform_id=f"{NAME}:{status.sid}",
        state="delivered" if status.report_status.upper() == "SUCCESS" else "failed",
        code=status.errmsg,
        at=_moment(status.user_receive_time) or at,
    )


def _number(item: Mapping[str, Any]) -> str:
    return _written(str(item.get("nationcode") or "86"), str(item.get("mobile", "")))


def _written(nationcode: str, mobile: str) -> str:
    return mobile if mobile.startswith("+") else f"+{nationcode}{mobile}"


def _moment(written: str) -> datetime | None:
    """On the clocks of China."""
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
