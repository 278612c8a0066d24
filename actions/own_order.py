"""Which of the customer's own pickup orders is meant."""

from actions.fields import ChoiceField
from actions.talk import Talk
from bot.orders.model import Order, OrderStatus

_WAITING = (OrderStatus.placed, OrderStatus.accepted)


class OwnOrderField(ChoiceField):
    """An order of this customer that has not been picked up yet."""

    def __init__(self) -> None:
        super().__init__("order_no")

    async def choices(self, talk: Talk) -> list[tuple[str, str]]:
        own = await talk.services.orders.of_customer(talk.turn.customer_id)
        return [(order.order_no, order_title(order)) for order in own if order.status in _WAITING]

    def instead(self, talk: Talk) -> list[dict[str, str]]:
        return talk.buttons("place_order", "query_waybill", "request_human")


def order_title(order: Order) -> str:
    """DD251121100001 一箱苹果."""
    return f"{order.order_no} {order.goods}"
