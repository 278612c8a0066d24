"""改取件时间: another time for the courier to come."""

from actions.base import TaskAction
from actions.fields import WhenField
from actions.forms import ServiceForm
from actions.own_order import OwnOrderField
from actions.talk import Talk
from bot.errors import IllegalMoveError


class ChangePickupTimeForm(ServiceForm):
    task = "change_pickup_time"
    fields = (OwnOrderField(), WhenField("pickup_when", any_time=True))
    kin = frozenset({"reschedule_delivery", "query_order"})


class ChangePickupTime(TaskAction):
    task = "change_pickup_time"
    needs = ("order_no", "pickup_when")

    async def perform(self, talk: Talk) -> None:
        order_no, when = talk.text_of("order_no"), talk.text_of("pickup_when")
        try:
            await talk.services.orders.reschedule(order_no, when, talk.turn.customer_id)
        except IllegalMoveError:
            talk.say("utter_order_picked_up", talk.buttons("request_human"), order_no=order_no)
            return
        talk.say("utter_change_pickup_time_done", order_no=order_no, when=when)
        await talk.settled(self.task, f"{order_no} {when}")
