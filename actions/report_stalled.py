"""物流停滞: the track has not moved; a ticket once it is really quiet or late."""

from actions.report import Report, ReportForm
from bot.waybills.progress import Progress


class ReportStalledForm(ReportForm):
    task = "report_stalled"


class ReportStalled(Report):
    task = "report_stalled"
    category = "stalled"

    def unfounded(self, progress: Progress) -> str | None:
        return None if progress.is_late or progress.stalled_for is not None else "utter_not_stalled"
