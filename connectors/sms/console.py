"""A gateway for development: it prints what would be sent, without numbers and codes."""

from collections.abc import Callable
from datetime import datetime

from bot.delivery.ports import Sent
from connectors.sms.gateway import Sms
from connectors.sms.segments import segments

NAME = "console"
_HIDDEN = "（验证码，不显示）"


class ConsoleGateway:
    """A `Gateway` to nowhere."""

    name = NAME

    def __init__(self, show: Callable[[str], None] = print) -> None:
        self._show = show

    async def send(self, sms: Sms) -> Sent:
        text = _HIDDEN if sms.is_secret else sms.text.replace("\n", " / ")
        self._show(f"SMS to {sms.number} ({segments(sms.text)}): {text}")
        return Sent(f"{NAME}:{sms.reference}")

    async def was_sent(self, sms: Sms, *, since: datetime) -> bool | None:  # noqa: ARG002
        return None
