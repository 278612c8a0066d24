"""What Aliyun pushes: SmsUp and SmsReport.  It signs neither, repeats both, and writes ids as numbers or text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from bot.clock import CHINA
from bot.inbox.ports import Letter
from connectors.sms.aliyun.account import NAME
from connectors.sms.callbacks import digest_of
from connectors.sms.pushes import AsText, Came, Reported, letter_of

UP, REPORT = "up", "report"


class _Up(BaseModel):
    phone_number: AsText
    content: AsText = ""


class _Report(BaseModel):
    phone_number: AsText
    biz_id: AsText
    success: bool
    err_code: AsText = ""
    report_time: AsText = ""


def up_letter(item: Mapping[str, Any], at: datetime) -> Letter:
    """The id of a message is its ``sequence_id``; should it lack one, all it says."""
    number = str(item.get("phone_number", ""))
    key = str(item.get("sequence_id") or digest_of(number, item.get("content"), item.get("send_time")))
    return letter_of(NAME, UP, item, key=key, number=number, received_at=at)


def report_letter(item: Mapping[str, Any], at: datetime) -> Letter:
    number = str(item.get("phone_number", ""))
    return letter_of(NAME, REPORT, item, key=f"{item.get('biz_id')}:{number}", number=number, received_at=at)


def read_up(item: Mapping[str, Any], at: datetime) -> Came:  # noqa: ARG001
    up = _Up.model_validate(item)
    return Came(up.phone_number, up.content)


def read_report(item: Mapping[str, Any], at: datetime) -> Reported:
    report = _Report.model_validate(item)
    return Reported(
        number=report.phone_number,
        platform_id=f"{NAME}:{report.biz_id}",
        state="delivered" if report.success else "failed",
        code=report.err_code,
        at=_moment(report.report_time) or at,
    )


def _moment(written: str) -> datetime | None:
    """On the clocks of China."""
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return None
