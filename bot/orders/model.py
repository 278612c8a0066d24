"""A pickup order, from placed to picked up or cancelled."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.errors import IllegalMoveError


class OrderStatus(StrEnum):
    """Where the order stands."""

    placed = "placed"
    accepted = "accepted"
    picked_up = "picked_up"
    cancelled = "cancelled"


class Order(Base):
    """A pickup order (寄件订单).  ``pickup_when`` is kept in the customer's words, e.g. 明天下午."""

    __tablename__ = "orders"

    order_no: Mapped[str] = mapped_column(primary_key=True)
    turn: Mapped[str | None] = mapped_column(unique=True)
    customer_id: Mapped[UUID | None] = mapped_column(index=True)
    contact_phone: Mapped[str] = mapped_column(index=True)
    pickup_address: Mapped[str]
    destination: Mapped[str]
    goods: Mapped[str]
    pickup_when: Mapped[str]
    status: Mapped[str] = mapped_column(default=OrderStatus.placed.value)
    courier_name: Mapped[str | None]
    courier_phone: Mapped[str | None]
    waybill_no: Mapped[str | None]
    urged: Mapped[int] = mapped_column(default=0)
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    def cancel(self, *, at: datetime) -> None:
        """Only before pickup; cancelling twice is cancelling once."""
        if self.status == OrderStatus.picked_up:
            raise IllegalMoveError(f"order {self.order_no} has been picked up")
        self.status = OrderStatus.cancelled.value
        self.updated_at = at

    def reschedule(self, pickup_when: str, *, at: datetime) -> None:
        self._refuse_unless_waiting()
        self.pickup_when = pickup_when
        self.updated_at = at

    def urge(self, *, at: datetime) -> None:
        self._refuse_unless_waiting()
        self.urged += 1
        self.updated_at = at

    def _refuse_unless_waiting(self) -> None:
        if self.status not in (OrderStatus.placed, OrderStatus.accepted):
            raise IllegalMoveError(f"order {self.order_no} is {self.status}")
