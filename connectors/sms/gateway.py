"""What a gateway must be able to do, and what it is given to send."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.delivery.ports import RecipientGoneError, Sent
from connectors.sms.numbers import Number


@dataclass(frozen=True)
class Filled:
    """An approved template with its values, in the order the platform numbers them.

    ``code`` is what the platform calls the template.
    """

    kind: str
    code: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sms:
    """One SMS.

    Parameters
    ----------
    reference: our id of it; the platform gives it back where it can.
    text: as the customer reads it, without signature.
    template: what is sent instead of the text where only approved templates are.
    is_secret: there is a code in it.
    """

    number: Number
    reference: str
    text: str
    template: Filled | None = None
    is_secret: bool = False


class Gateway(Protocol):
    """A way to send SMS."""

    name: str

    async def send(self, sms: Sms) -> Sent:
        """Hand it over once.  Raises one of the `DeliveryError`, `BlockedError` among them."""
        ...

    async def was_sent(self, sms: Sms, *, since: datetime) -> bool | None:
        """Whether it was taken although nobody saw the answer; None where the platform cannot tell.

        Of the text only the beginning is given, for there may have been a new link at its end.
        """
        ...


class BlockedError(RecipientGoneError):
    """The platform itself does not let us write to this number any more: its owner opted out there."""
