"""另约派送: another day or time of day."""

from actions.fields import WhenField
from actions.forms import ServiceForm
from actions.instruction import Instruct
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind


class RescheduleDeliveryForm(ServiceForm):
    task = "reschedule_delivery"
    fields = (*GATE, StillPossible(InstructionKind.reschedule_delivery), WhenField("delivery_when"))
    kin = frozenset({"change_pickup_time"})


class RescheduleDelivery(Instruct):
    task = "reschedule_delivery"
    kind = InstructionKind.reschedule_delivery
    details = ("delivery_when",)
