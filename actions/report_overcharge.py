"""费用争议: how much was paid and how much it should have been."""

from actions.fields import TextField
from actions.report import Report, ReportForm
from actions.waybill_query import GATE


class ReportOverchargeForm(ReportForm):
    task = "report_overcharge"
    fields = (*GATE, TextField("description", enough=9))


class ReportOvercharge(Report):
    task = "report_overcharge"
    needs = ("description",)
    category = "overcharge"
