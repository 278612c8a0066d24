"""快件丢失: a ticket once it is late, quiet, or said to be delivered; before that the track shows it on its way."""

from actions.report import Report, ReportForm
from bot.waybills.progress import Progress


class ReportLostForm(ReportForm):
    task = "report_lost"


class ReportLost(Report):
    task = "report_lost"
    category = "lost"

    def unfounded(self, progress: Progress) -> str | None:
        missing = progress.is_late or progress.stalled_for is not None or progress.waybill.is_finished
        return None if missing else "utter_not_lost"
