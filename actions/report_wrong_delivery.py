"""错派错发: where it should have gone and where it went."""

from actions.fields import TextField
from actions.report import Report, ReportForm
from actions.waybill_query import GATE


class ReportWrongDeliveryForm(ReportForm):
    task = "report_wrong_delivery"
    fields = (*GATE, TextField("description", enough=9))


class ReportWrongDelivery(Report):
    task = "report_wrong_delivery"
    needs = ("description",)
    category = "wrong_delivery"
