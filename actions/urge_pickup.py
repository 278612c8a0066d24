"""催取件: the courier has not come yet, for an order placed here or for a waybill that still waits to be collected."""

from actions import other_carriers
from actions.base import TaskAction
from actions.forms import ServiceForm
from actions.own_order import OwnOrderField
from actions.records import report
from actions.status import status_words
from actions.talk import Talk
from actions.waybill_gate import PhoneTailField, WaybillField
from bot.errors import IllegalMoveError
from bot.tickets.model import TicketKind
from bot.waybills.model import WaybillStatus


class PickupWaybillField(WaybillField):
    """The waybill of an order placed elsewhere: never asked for, taken when it is named or under discussion."""

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        if await super().take(talk, asked=asked):
            talk.put("order_no", talk.waybill_no)
            return True
        if talk.is_opening and await _waits(talk):
            talk.put("order_no", talk.waybill_no)
        return False

    async def is_open(self, talk: Talk) -> bool:
        if _is_by_waybill(talk) and not await other_carriers.may_go_on(talk):
            talk.put("order_no", None)
        return False


class PickupTailField(PhoneTailField):
    """Proof of being a party, where the pickup is that of a waybill."""

    async def is_open(self, talk: Talk) -> bool:
        return _is_by_waybill(talk) and await super().is_open(talk)


class UrgePickupForm(ServiceForm):
    task = "urge_pickup"
    fields = (PickupWaybillField(), OwnOrderField(), PickupTailField())
    kin = frozenset({"query_order"})


class UrgePickup(TaskAction):
    task = "urge_pickup"

    async def perform(self, talk: Talk) -> None:
        if _is_by_waybill(talk):
            await self._urge_waybill(talk, str(talk.waybill_no))
            return
        order_no = talk.text_of("order_no")
        try:
            await talk.services.orders.urge(order_no, talk.turn.customer_id)
        except IllegalMoveError:
            talk.say("utter_order_picked_up", talk.buttons("query_order", "request_human"), order_no=order_no)
            return
        talk.put("matter", f"{talk.text_of('matter')}\n{order_no}".strip())
        await self._report(talk, None, order_no)

    async def _urge_waybill(self, talk: Talk, waybill_no: str) -> None:
        """Collected already, it is told where it is instead."""
        progress = await talk.services.waybills.progress(waybill_no)
        if progress.waybill.status is WaybillStatus.created:
            await self._report(talk, waybill_no, waybill_no)
            return
        words = status_words(talk.wording, progress)
        talk.say("utter_waybill_status", talk.buttons(*words.steps), **words.values)
        await talk.settled(self.task, words.short, waybill_no=waybill_no)

    async def _report(self, talk: Talk, waybill_no: str | None, order_no: str) -> None:
        done = "utter_urge_pickup_done"
        await report(
            talk, self.task, TicketKind.service, "pickup", waybill_no=waybill_no, response=done, order_no=order_no
        )


def _is_by_waybill(talk: Talk) -> bool:
    return talk.waybill_no is not None and talk.get("order_no") == talk.waybill_no


async def _waits(talk: Talk) -> bool:
    """Whether the parcel under discussion is still to be collected."""
    if talk.waybill_no is None or not await talk.services.waybills.exists(talk.waybill_no):
        return False
    return (await talk.services.waybills.get(talk.waybill_no)).status is WaybillStatus.created
