"""What tracking services are asked and what they answer, and the port they stand behind."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.waybills.model import (
    Checkpoint,
    CheckpointKind,
    Condition,
    Party,
    Product,
    Waybill,
    WaybillStatus,
)

NOBODY = Party(name="", phone="", province="", city="", district="", address="")
"""Stands for a party that no tracking service names."""


@dataclass(frozen=True)
class TrackKey:
    """One question: carrier by Kuaidi100's code, normalised number, and a party's phone tail where the carrier asks.

    ``phone_tail`` is four digits or empty; it never shows when printed.
    """

    carrier: str
    waybill_no: str
    phone_tail: str = field(default="", repr=False)


@dataclass(frozen=True)
class Meaning:
    """What a foreign code says in our words: what was scanned, and where the parcel stands after it."""

    kind: CheckpointKind
    status: WaybillStatus


@dataclass(frozen=True)
class ForeignTrack:
    """The track of a waybill that another carrier gave out.

    ``checkpoints`` is oldest first and never empty.  ``asked_at`` is when the service told it (更新于), which may be a
    while ago.  Parties, goods, weight and promise are not known.
    """

    waybill_no: str
    carrier: str
    status: WaybillStatus
    checkpoints: tuple[Checkpoint, ...]
    asked_at: datetime

    @property
    def last(self) -> Checkpoint:
        return self.checkpoints[-1]

    def to_waybill(self) -> Waybill:
        """The same as a `Waybill`, with stand-ins for what nobody told: `NOBODY`, empty words, zeros; no promise."""
        return Waybill(
            waybill_no=self.waybill_no,
            product=Product.standard,
            status=self.status,
            condition=Condition.normal,
            consignor=NOBODY,
            consignee=NOBODY,
            goods="",
            weight_kg=0,
            freight=0,
            collect=False,
            insured_amount=0,
            shipped_at=self.checkpoints[0].at,
            promised_at=None,
            origin_outlet="",
            destination_outlet="",
            delivered_at=self._delivered_at(),
            track=self.checkpoints,
            carrier=self.carrier,
            as_of=self.asked_at,
        )

    def _delivered_at(self) -> datetime | None:
        if self.status is not WaybillStatus.delivered:
            return None
        signed = [scan.at for scan in self.checkpoints if scan.kind is CheckpointKind.delivered]
        return signed[-1] if signed else self.last.at


class Tracker(Protocol):
    """A service that knows the tracks of other carriers."""

    async def track(self, key: TrackKey) -> ForeignTrack:
        """The track.

        Raises `TrackNotFoundError`, `PhoneTailRequiredError` (tail missing or wrong), `CarrierUnknownError`,
        `CarrierUnsupportedError`, `TrackingBusyError`, `TrackingTooOftenError`, `TrackingConfigError` and, for an
        answer that makes no sense, `TrackingError`.
        """
        ...


def checkpoint_of(at: datetime, kind: CheckpointKind, city: str, text: str) -> Checkpoint:
    """A scan of another carrier, whose outlets have no names or codes here."""
    return Checkpoint(at=at, kind=kind, outlet_code="", outlet_name="", city=city, text=text)
