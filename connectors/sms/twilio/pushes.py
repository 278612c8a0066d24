"""What Twilio calls us with: forms of many fields, of which more may come; we keep those that we read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.inbox.ports import Letter
from connectors.sms.pushes import Came, Reported, letter_of
from connectors.sms.twilio.account import NAME, OPTED_OUT

UP, STATUS = "up", "status"
_STOPPED_BY_TWILIO = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_STARTED_BY_TWILIO = frozenset({"START", "UNSTOP"})
_READ = frozenset({"MessageSid", "From", "To", "Body", "NumMedia", "OptOutType", "MessageStatus", "ErrorCode"})
_STATES: dict[str, Literal["delivered", "failed", "read"]] = {
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}


class _Up(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    sender: str = Field(alias="From")
    body: str = Field(default="", alias="Body")
    pictures: int = Field(default=0, alias="NumMedia")
    opt_out: str = Field(default="", alias="OptOutType")


class _Status(BaseModel):
    to: str = Field(alias="To")
    sid: str = Field(alias="MessageSid")
    status: str = Field(alias="MessageStatus")
    error: str = Field(default="", alias="ErrorCode")


def up_letter(form: Mapping[str, str], at: datetime) -> Letter:
    item = _kept(form)
    return letter_of(NAME, UP, item, key=form.get("MessageSid", ""), number=form.get("From", ""), received_at=at)


def status_letter(form: Mapping[str, str], at: datetime) -> Letter | None:
    """None for a status on the way, which says nothing yet."""
    status = form.get("MessageStatus", "")
    if status not in _STATES:
        return None
    key = f"{form.get('MessageSid')}:{status}"
    return letter_of(NAME, STATUS, _kept(form), key=key, number=form.get("To", ""), received_at=at)


def read_up(item: Mapping[str, Any], at: datetime) -> Came:  # noqa: ARG001
    up = _Up.model_validate(item)
    return Came(up.sender, up.body, up.pictures, _order(up))


def read_status(item: Mapping[str, Any], at: datetime) -> Reported:
    status = _Status.model_validate(item)
    return Reported(
        number=status.to,
        platform_id=f"{NAME}:{status.sid}",
        state=_STATES[status.status],
        code=status.error,
        at=at,
        blocked=status.error == OPTED_OUT,
    )


def _order(up: _Up) -> Literal["", "stop", "start"]:
    """What Twilio obeys and confirms itself, by its usual words or those of the account."""
    word = up.body.strip().upper()
    if up.opt_out == "STOP" or word in _STOPPED_BY_TWILIO:
        return "stop"
    return "start" if up.opt_out == "START" or word in _STARTED_BY_TWILIO else ""


def _kept(form: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name in _READ}
