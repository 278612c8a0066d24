"""内件短少: what is missing, in the customer's words."""

from actions.fields import TextField
from actions.report import Report, ReportForm
from actions.waybill_query import GATE


class ReportMissingItemsForm(ReportForm):
    task = "report_missing_items"
    fields = (*GATE, TextField("description", enough=9))


class ReportMissingItems(Report):
    task = "report_missing_items"
    needs = ("description",)
    category = "missing_items"
