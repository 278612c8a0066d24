"""What gateways push at us, whichever they are: a message that came, or what became of one that went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator

from bot.inbox.ports import Letter
from connectors.sms.names import CHANNEL
from connectors.sms.numbers import parse_number


@dataclass(frozen=True)
class Came:
    """A message.

    Parameters
    ----------
    sender: the number as the gateway writes it.
    pictures: how many came with it.
    order: an order the gateway itself has recognised and obeyed (``stop`` or ``start``).
    """

    sender: str = field(repr=False)
    text: str = field(repr=False)
    pictures: int = 0
    order: Literal["", "stop", "start"] = ""


@dataclass(frozen=True)
class Reported:
    """What became of an SMS of ours; ``blocked``: its number does not want any more."""

    number: str = field(repr=False)
    platform_id: str
    state: Literal["delivered", "failed", "read"]
    code: str
    at: datetime
    blocked: bool = False


Push: TypeAlias = Came | Reported
PushReader: TypeAlias = Callable[[Mapping[str, Any], datetime], Push]
"""From an item as it was pushed, and when it came; raises `pydantic.ValidationError` or ValueError."""

AsText = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
"""Ids come as numbers and as text."""


def letter_of(
    gateway: str, what: str, item: Mapping[str, Any], *, key: str, number: str, received_at: datetime
) -> Letter:
    """The letter for one pushed item; ``key`` is the platform's id of it."""
    known = parse_number(number)
    return Letter(
        channel=CHANNEL,
        key=storable(f"{gateway}:{what}:{key}"),
        lane=known.e164 if known else storable(number) or gateway,
        body={"gateway": gateway, "what": what, "item": storable(dict(item))},
        received_at=received_at,
    )


def storable(value: Any) -> Any:
    """Without what no PostgreSQL text can hold: zero bytes and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "")
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return value
