"""催派: hurry a parcel to the door."""

from actions.forms import ServiceForm
from actions.timely_report import TimelyReport
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind


class UrgeDeliveryForm(ServiceForm):
    task = "urge_delivery"
    fields = (*GATE, StillPossible(InstructionKind.expedite, "report_false_delivery"))


class UrgeDelivery(TimelyReport):
    task = "urge_delivery"
    category = "expedite"
