"""拦截退回: stop a parcel on its way and send it back."""

from actions.fields import ConfirmField
from actions.forms import ServiceForm
from actions.instruction import Instruct
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind


class InterceptParcelForm(ServiceForm):
    task = "intercept_parcel"
    fields = (*GATE, StillPossible(InstructionKind.intercept), ConfirmField({"waybill_no": "waybill_no"}))


class InterceptParcel(Instruct):
    task = "intercept_parcel"
    needs = ("confirm",)
    kind = InstructionKind.intercept
