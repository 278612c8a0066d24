"""Customers and the identities they are known by on each channel."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base

UNIONID, PHONE, ACCOUNT = "unionid", "phone", "account"
PROOFS = frozenset({UNIONID, PHONE, ACCOUNT})
"""Channels of identities that nobody writes from: what they name is proven, and the same one is the same person."""


@dataclass(frozen=True)
class Door:
    """Where somebody wrote: a channel and an address on it (visitor id, openid)."""

    channel: str
    address: str


class Customer(Base):
    """A person who writes to us.

    ``verified_phone`` is set only on proof (a code by SMS, a signed identity of the host site), never from what was
    typed; of several it is the one proven last.  ``merged_into`` is who has everything of this customer's since it was
    found that both are one.  ``is_vip``: a key account (重点客户), as people of the network have marked it.
    """

    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str | None]
    verified_phone: Mapped[str | None]
    is_vip: Mapped[bool] = mapped_column(default=False)
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    created_at: Mapped[datetime]


class Identity(Base):
    """One name of a customer on one channel (visitor id, openid), or a proof (unionid, phone, account).

    ``via_channel`` and ``via_address`` are the door that a proof came in by, where that is known.
    """

    __tablename__ = "identities"

    channel: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    via_channel: Mapped[str | None]
    via_address: Mapped[str | None]
    created_at: Mapped[datetime]

    @property
    def via(self) -> Door | None:
        return Door(self.via_channel, self.via_address) if self.via_channel and self.via_address else None


class ClosedDoor(Base):
    """An address that cannot be written to any more, and why: unsubscribed, opted out, gone."""

    __tablename__ = "closed_doors"

    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str]
    at: Mapped[datetime]


class ChannelPreference(Base):
    """By which channel a customer wants to hear from us; the newest counts, None is no wish any more."""

    __tablename__ = "channel_preferences"
    __table_args__ = (Index(None, "customer_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    channel: Mapped[str | None]
    conversation_id: Mapped[UUID | None]
    at: Mapped[datetime]


class PhoneCode(Base):
    """A code that was sent to a phone: only its HMAC is kept.

    ``tries`` counts wrong ones; ``used_at`` is set once it was right.
    """

    __tablename__ = "phone_codes"
    __table_args__ = (
        Index(None, "phone", "created_at"),
        Index(None, "customer_id", "created_at"),
        Index("ix_phone_codes_source", "source", "created_at", postgresql_where=text("source <> ''")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    phone: Mapped[str]
    source: Mapped[str]
    digest: Mapped[str]
    tries: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
