"""申请理赔: what was lost or damaged, for a ticket of category claim."""

from actions.fields import TextField
from actions.report import Report, ReportForm
from actions.waybill_query import GATE


class ApplyClaimForm(ReportForm):
    task = "apply_claim"
    fields = (*GATE, TextField("description", enough=12))


class ApplyClaim(Report):
    task = "apply_claim"
    needs = ("description",)
    category = "claim"
