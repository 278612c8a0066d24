"""What a connector puts into the inbox, and how it is asked to read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Letter:
    """Something a platform pushed, verified and not yet acted on.

    Parameters
    ----------
    channel: the connector that will read it.
    key: the platform's own id of it; the same key is the same letter.
    lane: letters of one lane are read one after the other, in the order they came (openid, phone number).
    body: the verified, decrypted content, as JSON has it.
    """

    channel: str
    key: str
    lane: str
    body: Mapping[str, Any]
    received_at: datetime


class Inbox(Protocol):
    """Where a connector's callback puts what it has verified."""

    async def put(self, letter: Letter) -> bool:
        """Store it, durably, before this returns; False when it was there already."""
        ...


class Reader(Protocol):
    """A connector's reading side.  A letter may be read twice (a killed process): reading must bear that."""

    async def read(self, letter: Letter) -> None:
        """Turn it into messages and events of ours.

        Whatever it raises has it read again later, with growing pauses; `UnreadableError` puts it aside for good.
        """
        ...
