"""取消寄件: before the courier has been."""

from actions.base import TaskAction
from actions.fields import ConfirmField
from actions.forms import ServiceForm
from actions.own_order import OwnOrderField
from actions.talk import Talk
from bot.errors import IllegalMoveError


class CancelOrderForm(ServiceForm):
    task = "cancel_order"
    fields = (OwnOrderField(), ConfirmField({"order_no": "order_no"}))


class CancelOrder(TaskAction):
    task = "cancel_order"
    needs = ("order_no", "confirm")

    async def perform(self, talk: Talk) -> None:
        order_no = talk.text_of("order_no")
        try:
            await talk.services.orders.cancel(order_no, talk.turn.customer_id)
        except IllegalMoveError:
            talk.say("utter_order_picked_up", talk.buttons("intercept_parcel", "request_human"), order_no=order_no)
            return
        talk.say("utter_cancel_order_done", talk.buttons("place_order"), order_no=order_no)
        await talk.settled(self.task, order_no)
