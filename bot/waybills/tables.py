"""Tables of the PostgreSQL waybill source, and of who may see what."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class WaybillRow(Base):
    """A waybill with its parties flattened; enums are stored by value."""

    __tablename__ = "waybills"

    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    product: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    condition: Mapped[str]
    consignor: Mapped[dict[str, Any]]
    consignee: Mapped[dict[str, Any]]
    consignor_phone: Mapped[str] = mapped_column(index=True)
    consignee_phone: Mapped[str] = mapped_column(index=True)
    goods: Mapped[str]
    weight_kg: Mapped[float]
    freight: Mapped[float]
    collect: Mapped[bool]
    insured_amount: Mapped[float]
    shipped_at: Mapped[datetime]
    promised_at: Mapped[datetime]
    origin_outlet: Mapped[str]
    destination_outlet: Mapped[str]
    courier_name: Mapped[str | None]
    courier_phone: Mapped[str | None]
    pickup_place: Mapped[str | None]
    pickup_code: Mapped[str | None]
    signed_by: Mapped[str | None]
    delivered_at: Mapped[datetime | None]


class CheckpointRow(Base):
    """One scan; the same scan imported twice is one row."""

    __tablename__ = "checkpoints"
    __table_args__ = (UniqueConstraint("waybill_no", "at", "kind", "outlet_code"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    waybill_no: Mapped[str] = mapped_column(ForeignKey("waybills.waybill_no", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    outlet_code: Mapped[str]
    outlet_name: Mapped[str]
    city: Mapped[str]
    text: Mapped[str]


class WaybillGrant(Base):
    """A customer has shown to be a party to a waybill."""

    __tablename__ = "waybill_grants"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str]
    proof: Mapped[str]
    granted_at: Mapped[datetime]


class PhoneTailGuess(Base):
    """A wrong phone tail, counted against the customer and against the waybill."""

    __tablename__ = "phone_tail_guesses"
    __table_args__ = (
        Index(None, "waybill_no", "at"),
        Index(None, "customer_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID]
    waybill_no: Mapped[str]
    at: Mapped[datetime]


class Instruction(Base):
    """What a party asked to be done with a waybill: who, when, why, and what exactly."""

    __tablename__ = "waybill_instructions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    waybill_no: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    details: Mapped[dict[str, Any]]
    party: Mapped[str]
    customer_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    turn: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
