"""未送上门: left at a station or locker without asking."""

from actions.report import Report, ReportForm


class ReportNotToDoorForm(ReportForm):
    task = "report_not_to_door"


class ReportNotToDoor(Report):
    task = "report_not_to_door"
    category = "not_to_door"
