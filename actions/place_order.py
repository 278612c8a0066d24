"""下单寄件: a courier comes and picks it up."""

from actions.base import TaskAction
from actions.fields import AddressField, ConfirmField, EntityField, PhoneField, WhenField
from actions.forms import ServiceForm
from actions.talk import Talk
from bot.orders.service import NewOrder

_SLOTS = ("pickup_address", "destination", "goods", "contact_phone", "pickup_when")


class PlaceOrderForm(ServiceForm):
    task = "place_order"
    fields = (
        AddressField("pickup_address", "origin"),
        AddressField("destination", "destination", city_is_enough=True),
        EntityField("goods", "goods", free_text=True),
        PhoneField("contact_phone"),
        WhenField("pickup_when", any_time=True),
        ConfirmField({slot: slot for slot in _SLOTS}, editable=_SLOTS),
    )
    kin = frozenset({"change_pickup_time", "change_address"})


class PlaceOrder(TaskAction):
    task = "place_order"
    needs = ("pickup_address", "destination", "goods", "contact_phone", "pickup_when", "confirm")

    async def perform(self, talk: Talk) -> None:
        new = NewOrder(**{slot: talk.text_of(slot) for slot in _SLOTS})
        turn = talk.turn.contact(self.task).turn
        order = await talk.services.orders.place(new, customer_id=talk.turn.customer_id, turn=turn)
        buttons = talk.buttons("query_order", "change_pickup_time", "cancel_order")
        talk.say("utter_place_order_done", buttons, order_no=order.order_no, when=order.pickup_when)
        await talk.settled(self.task, order.order_no)
