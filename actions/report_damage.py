"""破损污染: what is broken, in the customer's words."""

from actions.fields import TextField
from actions.report import Report, ReportForm
from actions.waybill_query import GATE


class ReportDamageForm(ReportForm):
    task = "report_damage"
    fields = (*GATE, TextField("description", enough=9))


class ReportDamage(Report):
    task = "report_damage"
    needs = ("description",)
    category = "damage"
