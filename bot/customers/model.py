"""Customers and the identities they are known by on each channel."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base


class Customer(Base):
    """A person who writes to us.

    ``verified_phone`` is set only on proof (a code by SMS, a signed identity of the host site), never
    from what was typed.
    """

    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str | None]
    verified_phone: Mapped[str | None]
    created_at: Mapped[datetime]


class Identity(Base):
    """One name of a customer on one channel (visitor id, openid)."""

    __tablename__ = "identities"

    channel: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[datetime]
