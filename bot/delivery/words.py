"""How far a message got, in the words of those who look at a conversation."""

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import yaml

from bot.delivery.model import Delivery, SendState, Trouble


class BubbleState(StrEnum):
    """What the desk shows under a bubble."""

    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    read = "read"
    held = "held"
    failed = "failed"


_LEFT_OPEN = 3
_SHOWN = {
    SendState.waiting: BubbleState.sending,
    SendState.sending: BubbleState.sending,
    SendState.sent: BubbleState.sent,
    SendState.delivered: BubbleState.delivered,
    SendState.read: BubbleState.read,
    SendState.held: BubbleState.held,
    SendState.dead: BubbleState.failed,
    SendState.dropped: BubbleState.failed,
}


def state_of(row: Delivery | None) -> BubbleState | None:
    return _SHOWN[SendState(row.state)] if row is not None else None


def why_not(row: Delivery | None) -> str | None:
    """One Chinese sentence; None while all goes well."""
    if row is None or row.trouble is None:
        return None
    return _reasons()[Trouble(row.trouble)]


@lru_cache(maxsize=1)
def _reasons() -> dict[Trouble, str]:
    text = Path(__file__).with_name("words.yml").read_text(encoding="utf-8")
    return {Trouble(name): words for name, words in yaml.safe_load(text).items()}


def masked(recipient: str) -> str:
    """Enough to tell recipients apart, too little to write to one."""
    if len(recipient) <= _LEFT_OPEN * 2:
        return "***"
    return f"{recipient[:_LEFT_OPEN]}***{recipient[-_LEFT_OPEN:]}"
