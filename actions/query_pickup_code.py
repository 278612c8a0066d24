"""取件码: where the parcel waits and the code that opens it."""

from actions.status import StatusWords
from actions.talk import Talk
from actions.waybill_query import WaybillQuery, WaybillQueryForm
from bot.waybills.model import WaybillStatus
from bot.waybills.progress import Progress


class QueryPickupCodeForm(WaybillQueryForm):
    task = "query_pickup_code"


class QueryPickupCode(WaybillQuery):
    task = "query_pickup_code"

    def answer(self, talk: Talk, progress: Progress, words: StatusWords) -> None:
        waybill = progress.waybill
        if waybill.status is WaybillStatus.at_station and waybill.pickup_code:
            place = waybill.pickup_place or talk.wording.label("station")
            buttons = talk.buttons("report_not_to_door", "request_human")
            talk.say("utter_pickup_code", buttons, waybill_no=waybill.waybill_no, place=place, code=waybill.pickup_code)
            return
        talk.say("utter_pickup_code_none", talk.buttons(*words.steps), **words.values)
