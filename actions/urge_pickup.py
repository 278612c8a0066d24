"""催取件: the courier has not come yet."""

from actions.base import TaskAction
from actions.forms import ServiceForm
from actions.own_order import OwnOrderField
from actions.records import report
from actions.talk import Talk
from bot.errors import IllegalMoveError
from bot.tickets.model import TicketKind


class UrgePickupForm(ServiceForm):
    task = "urge_pickup"
    fields = (OwnOrderField(),)
    kin = frozenset({"query_order"})


class UrgePickup(TaskAction):
    task = "urge_pickup"

    async def perform(self, talk: Talk) -> None:
        order_no = talk.text_of("order_no")
        try:
            await talk.services.orders.urge(order_no, talk.turn.customer_id)
        except IllegalMoveError:
            talk.say("utter_order_picked_up", talk.buttons("query_order", "request_human"), order_no=order_no)
            return
        talk.put("matter", f"{talk.text_of('matter')}\n{order_no}".strip())
        await report(
            talk,
            self.task,
            TicketKind.service,
            "pickup",
            waybill_no=None,
            response="utter_urge_pickup_done",
            order_no=order_no,
        )
