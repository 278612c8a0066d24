"""拒收: the consignee does not want it; it goes back."""

from actions.fields import ConfirmField
from actions.forms import ServiceForm
from actions.instruction import Instruct
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind


class RefuseParcelForm(ServiceForm):
    task = "refuse_parcel"
    fields = (*GATE, StillPossible(InstructionKind.refuse, "report_damage"), ConfirmField({"waybill_no": "waybill_no"}))


class RefuseParcel(Instruct):
    task = "refuse_parcel"
    needs = ("confirm",)
    kind = InstructionKind.refuse
    instead = ("report_damage",)
