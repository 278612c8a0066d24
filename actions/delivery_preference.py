"""派送要求: where to leave it, to the door or not, call first."""

from actions.fields import TextField
from actions.forms import ServiceForm
from actions.instruction import Instruct
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind

_TELLING = "驿站|柜|门口|上门|电话|打给|楼|保安|物业|前台|门卫|代收|放在|放到|菜鸟|超市"


class DeliveryPreferenceForm(ServiceForm):
    task = "delivery_preference"
    fields = (
        *GATE,
        StillPossible(InstructionKind.delivery_preference, "report_not_to_door"),
        TextField("preference", telling=_TELLING),
    )


class DeliveryPreference(Instruct):
    task = "delivery_preference"
    needs = ("preference",)
    kind = InstructionKind.delivery_preference
    details = ("preference",)
    instead = ("report_not_to_door",)
