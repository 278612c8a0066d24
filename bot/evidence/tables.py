"""Tables of evidence and of the chains.  Triggers of the migration refuse to change or remove what was written."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class AttachmentRow(Base):
    """A file, once for everybody who uploaded it; its content stands in the store."""

    __tablename__ = "attachments"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    uploaded_by: Mapped[str] = mapped_column(primary_key=True)
    bytes: Mapped[int]
    media_type: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    original_name: Mapped[str]
    uploaded_at: Mapped[datetime]


class EvidenceItemRow(Base):
    """One item of evidence.  Append-only; ``turn`` makes a repeated hand-in count once."""

    __tablename__ = "evidence_items"
    __table_args__ = (UniqueConstraint("ticket_no", "turn"), Index(None, "attachment"))

    ticket_no: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    text: Mapped[str]
    attachment: Mapped[str | None]
    media_type: Mapped[str | None]
    file_name: Mapped[str | None]
    snapshot: Mapped[dict[str, Any]]
    by: Mapped[str]
    unit: Mapped[str | None]
    at: Mapped[datetime]
    turn: Mapped[str | None]
    previous_hash: Mapped[str]
    hash: Mapped[str]


class EvidenceHeadRow(Base):
    """How many items a ticket has and the hash of the last: the second place that knows where a record ends."""

    __tablename__ = "evidence_heads"

    ticket_no: Mapped[str] = mapped_column(primary_key=True)
    items: Mapped[int]
    hash: Mapped[str]
    at: Mapped[datetime]


class ChainRow(Base):
    """A walk down the track.  Until ``ended_at`` the node at ``holder`` has the ticket, till ``window_ends_at``."""

    __tablename__ = "chains"
    __table_args__ = (Index("ix_chains_running", "window_ends_at", postgresql_where=text("ended_at IS NULL")),)

    ticket_no: Mapped[str] = mapped_column(primary_key=True)
    waybill_no: Mapped[str] = mapped_column(index=True)
    window_seconds: Mapped[int]
    calendar: Mapped[str]
    opened_at: Mapped[datetime]
    holder: Mapped[int | None]
    window_ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    finding: Mapped[str | None]
    decided_at_node: Mapped[int | None]
    liable: Mapped[str | None]
    liable_unit: Mapped[str | None]
    closes: Mapped[bool | None]
    because: Mapped[list[str]]
    facts: Mapped[dict[str, Any]]


class ChainNodeRow(Base):
    """One node of a chain and what it did with its window.  ``evidence`` lists the items it rested its case on."""

    __tablename__ = "chain_nodes"
    __table_args__ = (
        Index("uq_chain_nodes_holding", "ticket_no", unique=True, postgresql_where=text("state = 'holding'")),
    )

    ticket_no: Mapped[str] = mapped_column(ForeignKey("chains.ticket_no", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    outlet_code: Mapped[str] = mapped_column(index=True)
    outlet_name: Mapped[str]
    tier: Mapped[str]
    state: Mapped[str]
    began_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    evidence: Mapped[list[int]] = mapped_column(JSONB)
