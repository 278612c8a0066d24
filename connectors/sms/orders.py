"""What a customer orders with a single word: nothing more by SMS, or SMS again."""

import unicodedata
from enum import StrEnum


class SmsOrder(StrEnum):
    """The word was the whole message."""

    stop = "stop"
    start = "start"


STOP_WORDS = frozenset({"TD", "T", "N", "R", "退订", "拒收", "STOP", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "UNSTOP", "订阅"})


def order_in(text: str) -> SmsOrder | None:
    """The order a message is; 我要退订单 and 退货 are none."""
    word = unicodedata.normalize("NFKC", text).strip().upper()
    if word in STOP_WORDS:
        return SmsOrder.stop
    return SmsOrder.start if word in START_WORDS else None
