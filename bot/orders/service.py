"""Place, find, change and cancel pickup orders."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Sequence, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock, local
from bot.db import Base, Database
from bot.errors import NotFoundError
from bot.orders.model import Order, OrderStatus

order_numbers = Sequence("order_numbers", start=100001, metadata=Base.metadata)


@dataclass(frozen=True)
class NewOrder:
    """What a customer asks for, in their words."""

    contact_phone: str
    pickup_address: str
    destination: str
    goods: str
    pickup_when: str


class OrderService:
    """The one door to orders.  Every method sees only the customer's own; anything else is `NotFoundError`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def place(self, new: NewOrder, *, customer_id: UUID, turn: str) -> Order:
        """The order, made once per ``turn``."""
        async with self._database.transaction() as session:
            made = (await session.scalars(select(Order).where(Order.turn == turn))).first()
            if made is not None:
                return made
            now = self._clock()
            serial = await session.scalar(order_numbers)
            order = Order(
                order_no=f"DD{local(now):%y%m%d}{serial % 1_000_000:06d}",
                turn=turn,
                customer_id=customer_id,
                contact_phone=new.contact_phone,
                pickup_address=new.pickup_address,
                destination=new.destination,
                goods=new.goods,
                pickup_when=new.pickup_when,
                status=OrderStatus.placed.value,
                urged=0,
                placed_at=now,
                updated_at=now,
            )
            session.add(order)
            return order

    async def of_customer(self, customer_id: UUID, *, limit: int = 5) -> list[Order]:
        """The customer's own orders, newest first."""
        query = select(Order).where(Order.customer_id == customer_id).order_by(Order.placed_at.desc()).limit(limit)
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def get_own(self, order_no: str, customer_id: UUID) -> Order:
        async with self._database.transaction() as session:
            order = await session.get(Order, order_no)
        if order is None or order.customer_id != customer_id:
            raise NotFoundError(f"order {order_no} is not known to this customer")
        return order

    async def cancel(self, order_no: str, customer_id: UUID) -> Order:
        """Raises `IllegalMoveError` once it has been picked up."""
        async with self._database.transaction() as session:
            order = await self._own(session, order_no, customer_id)
            order.cancel(at=self._clock())
            return order

    async def reschedule(self, order_no: str, pickup_when: str, customer_id: UUID) -> Order:
        async with self._database.transaction() as session:
            order = await self._own(session, order_no, customer_id)
            order.reschedule(pickup_when, at=self._clock())
            return order

    async def urge(self, order_no: str, customer_id: UUID) -> Order:
        async with self._database.transaction() as session:
            order = await self._own(session, order_no, customer_id)
            order.urge(at=self._clock())
            return order

    async def _own(self, session: AsyncSession, order_no: str, customer_id: UUID) -> Order:
        order = await session.get(Order, order_no, with_for_update=True)
        if order is None or order.customer_id != customer_id:
            raise NotFoundError(f"order {order_no} is not known to this customer")
        return order
