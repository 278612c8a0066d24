"""诈骗举报: a clear warning first, then on record."""

from actions.feedback import Feedback


class ReportFraud(Feedback):
    task = "report_fraud"
    category = "fraud"
