"""What Twilio's error codes mean for us."""

from bot.delivery.ports import (
    ContentRefusedError,
    DeliveryError,
    MisconfiguredError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.sms.gateway import BlockedError
from connectors.sms.twilio.account import OPTED_OUT

_KINDS: dict[type[DeliveryError], tuple[str, ...]] = {
    BlockedError: (OPTED_OUT,),
    RecipientGoneError: ("21211", "21214", "21217", "21612", "21614"),
    ContentRefusedError: ("21602", "21617", "21619"),
    MisconfiguredError: (
        "20003",  # wrong account or token
        "20404",
        "21212",  # the sender is no number of ours
        "21408",  # the country is not switched on
        "21603",
        "21606",
        "21608",  # a trial account
        "21660",
        "21701",
        "21703",
    ),
}
_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}


def error_of(code: str) -> DeliveryError:
    """An unknown code is tried again, and given up after some times."""
    return _BY_CODE.get(code, TryAgainError)(f"twilio answered {code or 'nothing'}", code=code)
