"""快递员电话: who delivers the parcel and how to reach them, or the outlet while no courier has it."""

from actions.afterwards import is_unreachable
from actions.base import TaskAction
from actions.status import status_words
from actions.talk import Talk
from actions.waybill_query import WaybillQueryForm
from bot.errors import NotFoundError
from bot.waybills.model import Waybill


class QueryCourierForm(WaybillQueryForm):
    task = "query_courier"


class QueryCourier(TaskAction):
    task = "query_courier"

    async def perform(self, talk: Talk) -> None:
        progress = await talk.services.waybills.progress(str(talk.waybill_no))
        waybill = progress.waybill
        if is_unreachable(talk.heard) and await self._outlet_instead(talk, waybill):
            result = waybill.destination_outlet
        elif waybill.courier_phone:
            name = waybill.courier_name or talk.wording.label("courier")
            buttons = talk.buttons("delivery_preference", "complain")
            talk.say("utter_courier", buttons, waybill_no=waybill.waybill_no, courier=name, phone=waybill.courier_phone)
            result = name
        else:
            result = await self._outlet(talk, waybill, status_words(talk.wording, progress).values)
        await talk.settled(self.task, result, waybill_no=waybill.waybill_no)

    async def _outlet_instead(self, talk: Talk, waybill: Waybill) -> bool:
        """For who was told the courier's number and gets no answer there."""
        try:
            outlet = await talk.services.network.outlet(waybill.destination_outlet)
        except NotFoundError:
            return False
        buttons = talk.buttons("urge_delivery", "complain", "request_human")
        talk.say("utter_courier_unreachable", buttons, outlet=outlet.name, phone=outlet.phone)
        return True

    async def _outlet(self, talk: Talk, waybill: Waybill, values: dict[str, str]) -> str:
        buttons = talk.buttons("query_waybill", "request_human")
        try:
            outlet = await talk.services.network.outlet(waybill.destination_outlet)
        except NotFoundError:
            talk.say("utter_courier_none", buttons, **values)
            return values["status"]
        talk.say("utter_courier_outlet", buttons, outlet=outlet.name, phone=outlet.phone, **values)
        return outlet.name
