"""Parcels of other carriers: the port that conversations ask for their tracks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from bot.waybills.model import Waybill


@dataclass(frozen=True)
class Mention:
    """A number of another carrier in a text, as that carrier writes it.

    ``carrier`` is whose it was said to be, by the code of the tracking service; empty when nothing was said.
    """

    waybill_no: str
    carrier: str = ""


class ForeignParcels(Protocol):
    """What tracking services know, for customers who can prove to be a party where the carrier wants a proof."""

    def mentions(self, text: str) -> Sequence[Mention]:
        """Every number in a text that another carrier may have given out, each once."""
        ...

    def carrier_in(self, text: str) -> str:
        """The code of the one carrier that a text names; empty when it names none, or several."""
        ...

    def choices(self, waybill_no: str) -> Sequence[str]:
        """Codes of the carriers to choose from when somebody has to say whose number it is."""
        ...

    def name_of(self, carrier: str) -> str:
        """The carrier's name as people know it."""
        ...

    async def say_carrier(self, customer_id: UUID, waybill_no: str, carrier: str) -> None:
        """The customer says whose number it is; kept for what this customer asks later."""
        ...

    async def look_up(self, customer_id: UUID, waybill_no: str, *, phone_tail: str = "") -> Waybill:
        """The track as a `Waybill` with ``carrier`` and ``as_of``; what a customer has proven need not be proven again.

        Raises `PhoneTailRequiredError` (no tail yet), `PhoneTailWrongError`, `TooManyGuessesError`,
        `CarrierUnknownError` (ask whose it is), `CarrierUnsupportedError`, `TrackNotFoundError` and the `TrackingError`
        family.  Never takes longer than a customer would wait.
        """
        ...
