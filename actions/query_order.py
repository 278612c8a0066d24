"""查寄件订单: how the customer's own pickup orders stand."""

from actions.base import ServiceAction
from actions.own_order import order_title
from actions.talk import Talk
from bot.errors import NotFoundError
from bot.orders.model import Order, OrderStatus

_SHOWN = 3


class QueryOrder(ServiceAction):
    """The order that was named, or the newest ones."""

    action_name = "action_query_order"

    async def act(self, talk: Talk) -> None:
        named = talk.heard.first("order_no")
        try:
            found = await self._found(talk, named)
        except NotFoundError:
            talk.say("utter_unknown_order_no", number=str(named))
            return
        if not found:
            talk.say("utter_no_order_no", talk.buttons("place_order", "query_waybill", "request_human"))
            return
        lines = "\n".join(_line(talk, order) for order in found)
        waits = any(order.status in (OrderStatus.placed, OrderStatus.accepted) for order in found)
        steps = ("urge_pickup", "change_pickup_time", "cancel_order") if waits else ("place_order", "query_waybill")
        talk.say("utter_query_order_found", talk.buttons(*steps), orders=lines)
        await talk.settled("query_order", lines)

    async def _found(self, talk: Talk, order_no: str | None) -> list[Order]:
        orders, customer = talk.services.orders, talk.turn.customer_id
        if order_no is not None:
            return [await orders.get_own(order_no.upper(), customer)]
        return await orders.of_customer(customer, limit=_SHOWN)


def _line(talk: Talk, order: Order) -> str:
    courier = (
        talk.wording.part("part_order_courier", courier=order.courier_name, phone=order.courier_phone or "")
        if order.courier_name
        else ""
    )
    return talk.wording.part(
        "part_order",
        title=order_title(order),
        status=talk.wording.label(f"order_{order.status}"),
        when=order.pickup_when,
        courier=courier,
    )
