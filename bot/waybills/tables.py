"""Tables of the PostgreSQL waybill source, and of who may see what."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Identity, Index, Integer, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class WaybillRow(Base):
    """What was agreed when a waybill was made, with its parties flattened; enums are stored by value.

    Partitioned by the month of ``shipped_at``.  ``declared_status`` counts only while there is no scan.
    """

    __tablename__ = "waybills"
    __table_args__ = {"postgresql_partition_by": "RANGE (shipped_at)"}

    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    shipped_at: Mapped[datetime] = mapped_column(primary_key=True)
    product: Mapped[str]
    declared_status: Mapped[str]
    consignor: Mapped[dict[str, Any]]
    consignee: Mapped[dict[str, Any]]
    consignor_phone: Mapped[str] = mapped_column(index=True)
    consignee_phone: Mapped[str] = mapped_column(index=True)
    goods: Mapped[str]
    weight_kg: Mapped[float]
    freight: Mapped[float]
    collect: Mapped[bool]
    insured_amount: Mapped[float]
    promised_at: Mapped[datetime]
    origin_outlet: Mapped[str]
    destination_outlet: Mapped[str]
    zone: Mapped[str]
    courier_name: Mapped[str | None]
    courier_phone: Mapped[str | None]
    pickup_place: Mapped[str | None]
    pickup_code: Mapped[str | None]
    signed_by: Mapped[str | None]


class StateRow(Base):
    """What the system judges of a waybill: facts of its track, of its people, and the condition that follows.

    Partitioned like ``waybills``.  Narrow, because every scan rewrites it.  ``because`` names the rules of the present
    condition.  ``next_check_at`` is when time alone could change it, None when it can't.  ``version`` counts the
    changes of facts, so that a sweep never writes over what it has not seen.  ``rules`` is the digest of the tables
    that judged it (`bot.waybills.judging.rules_digest`), "" before anybody did.
    """

    __tablename__ = "waybill_states"
    __table_args__ = (
        Index(
            "ix_waybill_states_due",
            "next_check_at",
            postgresql_where=text("next_check_at IS NOT NULL"),
        ),
        Index("ix_waybill_states_condition", "holding_outlet", postgresql_where=text("condition <> 'normal'")),
        {"postgresql_partition_by": "RANGE (shipped_at)"},
    )

    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    shipped_at: Mapped[datetime] = mapped_column(primary_key=True)
    product: Mapped[str]
    zone: Mapped[str]
    origin_outlet: Mapped[str]
    destination_outlet: Mapped[str]
    station_consent: Mapped[bool | None]
    declared_status: Mapped[str]
    promised_at: Mapped[datetime]
    agreed_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    open_tickets: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str]
    leg: Mapped[str]
    leg_since: Mapped[datetime]
    last_at: Mapped[datetime]
    holding_outlet: Mapped[str]
    failed_attempts: Mapped[int] = mapped_column(SmallInteger)
    loops: Mapped[int] = mapped_column(SmallInteger)
    skipped_out_for_delivery: Mapped[bool]
    station_without_consent: Mapped[bool]
    refused_then_delivered: Mapped[bool]
    heading_away: Mapped[bool]
    delivered_at: Mapped[datetime | None]
    told: Mapped[dict[str, Any]]
    condition: Mapped[str]
    because: Mapped[list[str]]
    warn_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)
    rules: Mapped[str] = mapped_column(server_default="")


class ConditionChange(Base):
    """One change of a waybill's condition: from, to, why, when.  Append-only, partitioned by month.

    ``facts`` are those the rules judged; ``trigger`` is what made the system look: scan, summary, ticket, sweep, rules.
    """

    __tablename__ = "condition_changes"
    __table_args__ = {"postgresql_partition_by": "RANGE (at)"}

    waybill_no: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True)
    before: Mapped[str]
    after: Mapped[str]
    trigger: Mapped[str]
    because: Mapped[list[str]]
    facts: Mapped[dict[str, Any]]


class CheckpointRow(Base):
    """One scan; the same scan told twice is one row.  Partitioned by month.

    ``told`` is what the scan knows of courier, pickup place and signer.  It stands in the index of the key as well, so
    that the facts of a track are read from there alone.
    """

    __tablename__ = "checkpoints"
    __table_args__ = (
        PrimaryKeyConstraint("waybill_no", "at", "kind", "outlet_code", postgresql_include=["told"]),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    waybill_no: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str]
    outlet_code: Mapped[str]
    outlet_name: Mapped[str]
    city: Mapped[str]
    text: Mapped[str]
    told: Mapped[dict[str, Any] | None]


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
    customer_id: Mapped[UUID] = mapped_column(index=True)
    conversation_id: Mapped[UUID]
    turn: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
