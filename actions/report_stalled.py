"""物流停滞: the track has not moved."""

from actions.report import ReportForm
from actions.timely_report import TimelyReport
from bot.waybills.progress import Progress


class ReportStalledForm(ReportForm):
    task = "report_stalled"


class ReportStalled(TimelyReport):
    task = "report_stalled"
    category = "stalled"

    def in_time(self, progress: Progress) -> str:
        """Whether it stands still is said as it is, although no ticket is due yet."""
        return "utter_not_stalled" if progress.stalled_for is None else super().in_time(progress)
