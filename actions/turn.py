"""The turn an action runs in: whose, in which conversation, answering which message."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rasa_sdk import Tracker

from bot.errors import BotError
from bot.tickets.service import Contact


class NoTurnError(BotError):
    """The tracker carries no turn: the message did not come through the platform."""


@dataclass(frozen=True)
class Wish:
    """What a message wanted besides the first thing, in the customer's words."""

    intent: str
    text: str


@dataclass(frozen=True)
class TurnOf:
    """Put into the message's metadata by the platform, echoed by Rasa.

    ``waybill_no`` is the waybill of the page the customer writes from, where the channel knows one.  ``also`` is a
    second wish in the same message.
    """

    id: str
    conversation_id: UUID
    customer_id: UUID
    seq: int
    channel: str
    waybill_no: str | None = None
    also: Wish | None = None

    @classmethod
    def of(cls, tracker: Tracker) -> "TurnOf":
        """Raises `NoTurnError`."""
        metadata: dict[str, Any] = tracker.latest_message.get("metadata") or {}
        try:
            return cls(
                id=metadata["turn"],
                conversation_id=UUID(metadata["conversation_id"]),
                customer_id=UUID(metadata["customer_id"]),
                seq=int(metadata["seq"]),
                channel=metadata["channel"],
                waybill_no=metadata.get("waybill_no") or None,
                also=Wish(**metadata["also"]) if metadata.get("also") else None,
            )
        except (KeyError, ValueError) as error:
            raise NoTurnError(f"the message of {tracker.sender_id} carries no turn") from error

    def contact(self, what: str) -> Contact:
        """This turn as a contact; ``what`` keeps two effects of one turn apart."""
        return Contact(self.customer_id, self.conversation_id, f"{self.id}:{what}", channel=self.channel)
