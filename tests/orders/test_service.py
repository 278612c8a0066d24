from uuid import uuid4

import pytest

from bot.errors import IllegalMoveError, NotFoundError
from bot.orders.model import Order, OrderStatus
from bot.orders.service import NewOrder, OrderService

NEW = NewOrder("13800138000", "杭州市西湖区文三路1号", "广州市", "衣服", "明天下午")


@pytest.fixture
def orders(database, clock) -> OrderService:
    return OrderService(database, clock)


async def test_the_same_turn_places_one_order(orders):
    customer = uuid4()
    first = await orders.place(NEW, customer_id=customer, turn="t1")
    again = await orders.place(NEW, customer_id=customer, turn="t1")

    assert first.order_no == again.order_no
    assert len(first.order_no) == 14
    assert first.order_no.startswith("DD")


async def test_an_order_can_be_put_off_and_cancelled_before_pickup(orders):
    customer = uuid4()
    order = await orders.place(NEW, customer_id=customer, turn="t1")

    assert (await orders.reschedule(order.order_no, "后天上午", customer)).pickup_when == "后天上午"
    assert (await orders.cancel(order.order_no, customer)).status == OrderStatus.cancelled


async def test_a_picked_up_order_can_be_neither_cancelled_nor_put_off(orders, database):
    customer = uuid4()
    order = await orders.place(NEW, customer_id=customer, turn="t1")
    async with database.transaction() as session:
        (await session.get(Order, order.order_no)).status = OrderStatus.picked_up

    for refused in (orders.cancel(order.order_no, customer), orders.reschedule(order.order_no, "后天", customer)):
        with pytest.raises(IllegalMoveError):
            await refused


async def test_somebody_elses_order_is_as_good_as_unknown(orders):
    order = await orders.place(NEW, customer_id=uuid4(), turn="t1")

    with pytest.raises(NotFoundError):
        await orders.cancel(order.order_no, uuid4())
