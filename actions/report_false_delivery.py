"""虚假签收: said to be delivered but not received; while nobody signed, the track tells where it really is."""

from actions.report import Report, ReportForm
from bot.waybills.model import WaybillStatus
from bot.waybills.progress import Progress


class ReportFalseDeliveryForm(ReportForm):
    task = "report_false_delivery"


class ReportFalseDelivery(Report):
    task = "report_false_delivery"
    category = "false_delivery"

    def unfounded(self, progress: Progress) -> str | None:
        return None if progress.waybill.status is WaybillStatus.delivered else "utter_not_signed"
