"""The waybill as the core sees it, whatever source it came from.  Frozen: a source makes it, nobody changes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PHONE_TAIL = 4
"""So many digits of a party's phone prove to be that party."""


class WaybillStatus(StrEnum):
    """Where a parcel stands in its journey."""

    created = "created"
    picked_up = "picked_up"
    in_transit = "in_transit"
    in_customs = "in_customs"
    out_for_delivery = "out_for_delivery"
    delivery_failed = "delivery_failed"
    at_station = "at_station"
    delivered = "delivered"
    refused = "refused"
    returning = "returning"
    returned = "returned"


class Condition(StrEnum):
    """How the parcel is doing: on schedule, at risk, or a problem somebody must handle."""

    normal = "normal"
    at_risk = "at_risk"
    problem = "problem"


class CheckpointKind(StrEnum):
    """What a scan says happened."""

    ordered = "ordered"
    picked_up = "picked_up"
    departed = "departed"
    arrived = "arrived"
    customs_held = "customs_held"
    customs_cleared = "customs_cleared"
    out_for_delivery = "out_for_delivery"
    delivery_failed = "delivery_failed"
    at_station = "at_station"
    delivered = "delivered"
    refused = "refused"
    damaged = "damaged"
    returning = "returning"
    returned = "returned"


class Leg(StrEnum):
    """Which part of its way a parcel is on; each has a warning time of its own."""

    pickup = "pickup"
    first_mile = "first_mile"
    line_haul = "line_haul"
    sorting = "sorting"
    customs = "customs"
    last_mile = "last_mile"
    delivery = "delivery"
    retry = "retry"
    station = "station"
    returning = "returning"
    finished = "finished"


class Product(StrEnum):
    """What was bought: 特快, 标快, 经济, 大件."""

    express = "express"
    standard = "standard"
    economy = "economy"
    heavy = "heavy"


class Zone(StrEnum):
    """How far a route is, as the tariff sees it."""

    same_city = "same_city"
    same_province = "same_province"
    near = "near"
    middle = "middle"
    far = "far"
    remote = "remote"
    overseas = "overseas"


class PartyRole(StrEnum):
    """Which end of the parcel somebody is."""

    consignor = "consignor"
    consignee = "consignee"


@dataclass(frozen=True)
class Party:
    """One end of a waybill."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


@dataclass(frozen=True)
class Checkpoint:
    """One scan.  ``text`` is the scanner's own sentence, shown to parties."""

    at: datetime
    kind: CheckpointKind
    outlet_code: str
    outlet_name: str
    city: str
    text: str


@dataclass(frozen=True)
class Waybill:
    """One parcel on its way.

    Moments are aware.  ``track`` is oldest first.  ``promised_at`` is the end of the promise to the customer, None for
    a parcel of another carrier, whose promises nobody told us; ``carrier`` then says whose it is (by the code of the
    tracking service) and ``as_of`` when its track was told.  ``agreed_at`` is the end of another delivery that was
    agreed later.
    ``courier_*``, ``pickup_*`` and ``signed_by`` are filled when the journey got that far.  Money in yuan,
    weight in kg.
    """

    waybill_no: str
    product: Product
    status: WaybillStatus
    condition: Condition
    consignor: Party
    consignee: Party
    goods: str
    weight_kg: float
    freight: float
    collect: bool
    insured_amount: float
    shipped_at: datetime
    promised_at: datetime | None
    origin_outlet: str
    destination_outlet: str
    courier_name: str | None = None
    courier_phone: str | None = None
    pickup_place: str | None = None
    pickup_code: str | None = None
    signed_by: str | None = None
    delivered_at: datetime | None = None
    track: tuple[Checkpoint, ...] = ()
    carrier: str | None = None
    as_of: datetime | None = None
    agreed_at: datetime | None = None

    @property
    def due_at(self) -> datetime | None:
        """The promise that counts: another delivery that was agreed is the promise from then on."""
        return self.agreed_at or self.promised_at

    @property
    def last(self) -> Checkpoint | None:
        """The newest scan."""
        return self.track[-1] if self.track else None

    @property
    def is_finished(self) -> bool:
        return self.status in {WaybillStatus.delivered, WaybillStatus.returned}

    def party_with_phone(self, phone: str) -> PartyRole | None:
        """Which party has this whole phone number, if any."""
        if phone == self.consignee.phone:
            return PartyRole.consignee
        return PartyRole.consignor if phone == self.consignor.phone else None

    def party_with_tail(self, tail: str) -> PartyRole | None:
        """Which party's phone ends in these four digits, if any."""
        if len(tail) != PHONE_TAIL or not tail.isdigit():
            return None
        if self.consignee.phone.endswith(tail):
            return PartyRole.consignee
        return PartyRole.consignor if self.consignor.phone.endswith(tail) else None
